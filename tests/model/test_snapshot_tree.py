"""Snapshots as documents, and the tree that they form."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.model.snapshots import (
    Kind,
    Snapshot,
    descendants,
    matches,
    tree_rows,
    with_description,
    with_sources,
)

EXTERNAL = """
<domainsnapshot>
  <name>before &lt;b&gt;</name>
  <description>two
lines</description>
  <state>disk-snapshot</state>
  <parent><name>older</name></parent>
  <creationTime>1700000000</creationTime>
  <memory snapshot="no"/>
  <disks>
    <disk name="vda" snapshot="external" type="file">
      <driver type="qcow2"/><source file="/i/web.before.qcow2"/>
    </disk>
    <disk name="vdb" snapshot="no"/>
  </disks>
  <domain type="kvm"><name>web</name><devices>
    <disk type="file" device="disk"><source file="/i/web.qcow2"/><target dev="vda"/></disk>
    <disk type="file" device="cdrom"><source file="/i/cd.iso"/><target dev="sda"/></disk>
  </devices></domain>
  <inactiveDomain type="kvm"><name>web</name><devices>
    <graphics type="vnc" passwd="s3cret"/>
  </devices></inactiveDomain>
</domainsnapshot>"""


def snapshot(name: str, parent: str = "", created: float = 0.0) -> Snapshot:
    return Snapshot(name, created=created, parent=parent)


def test_everything_is_read():
    one = Snapshot.from_xml(EXTERNAL, current=True)
    assert (one.name, one.parent, one.created) == ("before <b>", "older", 1700000000.0)
    assert one.kind is Kind.EXTERNAL
    assert one.state_word == "running"
    assert one.external_disks == {"vda": "/i/web.before.qcow2"}
    assert one.sources == {"vda": "/i/web.qcow2"}
    assert one.domain_xml is not None
    assert one.domain_xml.startswith("<domain ")
    assert "s3cret" in one.domain_xml, "what the next boot took, not what ran"


def test_the_kind_is_told_by_memory_and_disks():
    def kind(memory: str, *modes: str) -> Kind:
        disks = "".join(f"<disk name='vd{n}' snapshot='{m}'/>" for n, m in enumerate(modes))
        return Snapshot.from_xml(
            f"<domainsnapshot><name>x</name><memory snapshot='{memory}'/>"
            f"<disks>{disks}</disks></domainsnapshot>"
        ).kind

    assert kind("internal", "internal") is Kind.INTERNAL
    assert kind("external", "external", "no") is Kind.EXTERNAL
    assert kind("internal", "external") is Kind.MIXED
    assert kind("no", "no") is Kind.EMPTY
    assert kind("no") is Kind.INTERNAL


def test_only_what_was_meant_is_written():
    described = with_description(EXTERNAL, "a & b")
    assert "<description>a &amp; b</description>" in described
    assert described.replace("a &amp; b", "two\nlines").split() == EXTERNAL.split()
    assert "<description>" not in with_description(EXTERNAL, "")
    moved = with_sources(EXTERNAL, {"/i/web.qcow2": "/i/base.qcow2"})
    assert moved == EXTERNAL.strip().replace("/i/web.qcow2", "/i/base.qcow2")


def test_the_tree_is_drawn():
    rows = tree_rows(
        [
            snapshot("b", "a", 3), snapshot("a", "", 1), snapshot("c", "a", 2),
            snapshot("d", "b", 4), snapshot("lost", "nowhere", 9),
        ]
    )  # fmt: skip
    assert [row.branch + row.snapshot.name for row in rows] == [
        "a",
        "├─ c",
        "└─ b",
        "   └─ d",
        "lost",
    ]
    known = [row.snapshot for row in rows]
    assert [one.name for one in descendants(known, "a")] == ["d", "b", "c"]
    by_name = tree_rows(known, "name", descending=True)
    assert [row.snapshot.name for row in by_name] == ["lost", "a", "c", "b", "d"]


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"), max_size=8))
def test_every_one_is_in_the_tree_once_even_in_a_ring(parents: dict[str, str]):
    known = [snapshot(name, parent) for name, parent in parents.items()]
    rows = tree_rows(known)
    assert sorted(row.snapshot.name for row in rows) == sorted(parents)
    for one in known:
        below = [other.name for other in descendants(known, one.name)]
        assert one.name not in below
        assert len(set(below)) == len(below)


def test_words_find_a_snapshot_by_any_of_its_texts():
    one = Snapshot.from_xml(EXTERNAL)
    assert matches(one, ["before", "lines", "external"])
    assert not matches(one, ["internal"])
