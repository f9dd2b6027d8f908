"""Places are written and given back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tui.model.editing import Edits, place

XML = """<domain>
  <name>a</name>
  <!-- note -->
  <devices>
    <disk type="file">
      <driver name="qemu" type="qcow2"/>
      <serial>X1</serial>
      <empty/>
      <?keep me?>
    </disk>
  </devices>
</domain>"""

PATHS = (
    ("driver/@cache", "none"),
    ("driver/@type", "raw"),
    ("serial", "Y2"),
    ("readonly", ""),
    ("boot/@order", "1"),
    ("iotune/read_bytes_sec", "5"),
    ("empty/@x", "1"),
    ("timer[@name='hpet']/@present", "no"),
    ("@type", "block"),
)


def canonical(root: etree._Element) -> bytes:
    return etree.tostring(root, method="c14n", with_comments=True)


@given(st.permutations(PATHS), st.permutations(PATHS))
def test_what_is_set_back_is_as_it_was(order, back):
    root = etree.fromstring(XML)
    disk = root.find("devices/disk")
    edits = Edits()
    before = canonical(root)
    original = {path: place(path).read(disk) for path, _ in PATHS}
    for path, value in order:
        edits.write(disk, place(path), value)
        assert place(path).read(disk) == value
    for path, _ in back:
        edits.write(disk, place(path), original[path])
    assert canonical(root) == before


@given(st.permutations(PATHS), st.permutations(PATHS))
def test_what_is_cleared_comes_back_to_where_it_stood(order, back):
    root = etree.fromstring(XML)
    disk = root.find("devices/disk")
    edits = Edits()
    before = canonical(root)
    original = {path: place(path).read(disk) for path, _ in PATHS}
    for path, _ in order:
        edits.write(disk, place(path), None)
        assert place(path).read(disk) is None
    for path, _ in back:
        edits.write(disk, place(path), original[path])
    assert canonical(root) == before


def test_only_the_place_is_touched():
    root = etree.fromstring(XML)
    edits = Edits()
    edits.write(root.find("devices/disk"), place("driver/@cache"), "none")
    assert etree.tostring(root).decode() == XML.replace(
        '<driver name="qemu" type="qcow2"/>', '<driver name="qemu" type="qcow2" cache="none"/>'
    )


def test_a_predicate_tells_elements_apart():
    root = etree.fromstring("<clock><timer name='rtc' x='1'/><timer name='pit' x='2'/></clock>")
    assert place("timer[@name='pit']/@x").read(root) == "2"
    assert place("timer[@name='hpet']/@x").read(root) is None


@pytest.mark.parametrize("path", ["a[b]", "a[@b=c]/@d"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="path"):
        place(path)
