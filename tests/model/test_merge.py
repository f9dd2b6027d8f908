"""Two people's edits of one definition: both survive, or they are told apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.model.definitions import Q35
from tui.model import Domain
from tui.model.changes import ChangeSet
from tui.model.merge import ClashError, merge
from tui.model.xml import parse

Edit = Callable[[Domain], object]


def cache(document: Domain) -> None:
    document.disks[0].cache = "none"


def other_cache(document: Domain) -> None:
    document.disks[0].cache = "unsafe"


def bus(document: Domain) -> None:
    document.disks[0].bus = "sata"


def drive(document: Domain) -> None:
    document.disks[1].source = ""


def without_disk(document: Domain) -> None:
    document.remove_device(document.disks[0])


def strange_driver(document: Domain) -> None:
    """What no field tells, in a device."""
    document.disks[0].element.find("driver").set("strange", "yes")


def no_acpi(document: Domain) -> None:
    document.general.acpi = False


def strange_feature(document: Domain) -> None:
    """What no field tells, in the machine itself."""
    document.root.find("features").append(parse("<strange/>").getroot())


def reordered(document: Domain) -> None:
    """What only the document as a whole tells."""
    devices = document.root.find("devices")
    first, second = document.disks[0].element, document.disks[1].element
    devices.insert(devices.index(first), second)


def no_limit(document: Domain) -> None:
    document.disks[0].total_iops = None


def nic(mac: str) -> Edit:
    return lambda document: document.add_device(
        f"<interface type='network'><mac address='{mac}'/><source network='lan'/></interface>"
    )


def name(document: Domain) -> None:
    document.general.name = "other"


def edited(edit: Edit) -> Domain:
    document = Domain.from_xml(Q35)
    edit(document)
    return document


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (cache, drive),
        (cache, name),
        (cache, bus),
        (bus, cache),
        (strange_driver, cache),
        (cache, strange_driver),
        (strange_feature, no_acpi),
        (no_acpi, strange_feature),
        (strange_driver, strange_feature),
        (nic("52:54:00:00:00:0a"), nic("52:54:00:00:00:0b")),
        (nic("52:54:00:00:00:0a"), without_disk),
        (cache, cache),
        (without_disk, without_disk),
    ],
)
def test_edits_that_do_not_touch_both_survive(ours: Edit, theirs: Edit):
    base = Domain.from_xml(Q35)
    merged = ChangeSet(base, merge(base, edited(ours), edited(theirs)))
    wanted = ChangeSet(base, edited(ours)).changes + ChangeSet(base, edited(theirs)).changes
    told = {change.id: change.new for change in merged.changes}
    assert told == {change.id: change.new for change in wanted}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (cache, other_cache),
        (without_disk, cache),
        (cache, without_disk),
        (without_disk, strange_driver),
        (without_disk, no_limit),
        (no_limit, without_disk),
        (reordered, cache),
        (cache, reordered),
    ],
)
def test_an_edit_that_covers_another_is_a_clash(ours: Edit, theirs: Edit):
    base, mine, other = Domain.from_xml(Q35), edited(ours), edited(theirs)
    with pytest.raises(ClashError):
        merge(base, mine, other)
    assert base.to_xml() == Domain.from_xml(Q35).to_xml()
    assert other.to_xml() == edited(theirs).to_xml()
