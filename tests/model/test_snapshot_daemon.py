"""Where libvirt deletes and reverts by itself: its own limits, and what it would destroy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.model.test_snapshot_plans import situation, taken
from tui.model.disk_chains import Image, owner
from tui.model.snapshot_plans import plan_deletion, plan_deletions
from tui.model.snapshot_reversions import plan_reversion
from tui.model.snapshot_situation import Situation
from tui.model.snapshots import Snapshot

FIRST = taken("first", "/a", "/b")
SECOND = taken("second", "/b", "/c", "first")
THIRD = taken("third", "/c", "/d", "second", current=True)


def now(*snapshots: Snapshot, layers: str = "/d /c /b /a", aside: str = "") -> Situation:
    """``aside``: images off the chain, each with what it stands on: ``/x:/a``."""
    found = situation(*snapshots, layers=layers, daemon_can=True, libvirt="11.3.0")
    more = {
        path: Image(path, "qcow2", backing=below)
        for path, below in (pair.split(":") for pair in aside.split())
    }
    return replace(found, uses=replace(found.uses, images={**found.uses.images, **more}))


def went_back(one: Snapshot, overlay: str) -> Snapshot:
    """The current one, with the overlay that libvirt notes when others are below it."""
    told = f"<revertDisks><disk name='vda' snapshot='external'><source file='{overlay}'/></disk>"
    xml = one.xml.replace("</disks>", f"</disks>{told}</revertDisks>")
    return Snapshot.from_xml(xml, current=True)


def without_current(*snapshots: Snapshot) -> list[Snapshot]:
    return [replace(one, current=False) for one in snapshots]


def test_what_is_in_the_present_chain_is_merged():
    there = now(FIRST, SECOND, THIRD)
    made = plan_deletions(["third", "second", "first"], there)
    assert all(one.by_libvirt and not one.refusal for one in made)
    assert [[(m.top, m.base, m.active) for m in one.merges] for one in made] == [
        [("/d", "/c", True)],
        [("/c", "/b", True)],
        [("/b", "/a", True)],
    ]
    middle = plan_deletion(SECOND, there)
    assert middle.lines == [
        "second: libvirt merges what was written since",
        "  vda: merge c into /b",
        "  delete /c",
    ]


def test_a_branch_goes_from_its_end_with_what_it_holds():
    back = went_back(FIRST, "/t")
    there = now(back, SECOND, *without_current(THIRD), layers="/t /a", aside="/b:/a /c:/b")
    made = plan_deletions(["third", "second", "first"], there)
    assert [one.files for one in made] == [("/c",), ("/b",), ("/t",)]
    assert [one.by_libvirt for one in made] == [True, True, True]
    assert "went back to it: second and the present" in plan_deletion(back, there).refusal
    assert "another branch" in plan_deletion(SECOND, there).refusal


def test_one_with_two_below_it_stays_until_one_is_left():
    fourth = taken("fourth", "/t", "/f", "first", current=True)
    there = now(FIRST, *without_current(SECOND), fourth, layers="/f /t /a", aside="/b:/a")
    assert "second, fourth stand on what it holds" in plan_deletion(FIRST, there).refusal
    made = plan_deletions(["second", "first"], there)
    assert not any(one.refusal for one in made)
    assert [(m.top, m.base) for m in made[1].merges] == [("/t", "/a")]


def test_libvirt_does_not_ask_who_else_needs_a_file():
    there = now(FIRST, SECOND, THIRD)
    shared = {**there.uses.machines, "/b": ("clone", "web")}
    clone = replace(there, uses=replace(there.uses, machines=shared))
    assert "clone uses /b" in plan_deletion(SECOND, clone).refusal
    # The tree says another branch, the chain says otherwise: virsh snapshot-current did that.
    moved = [replace(SECOND, current=True), *without_current(THIRD)]
    (refused,) = plan_deletions(["third"], now(FIRST, *moved))
    assert refused.refusal == "libvirt would delete /c: the machine uses it"
    assert "--metadata" in refused.advice
    none = now(*without_current(FIRST, SECOND, THIRD))
    assert "none of its snapshots" in plan_deletion(SECOND, none).refusal


def test_what_libvirt_cannot_is_done_step_by_step():
    inside = Snapshot.from_xml(FIRST.xml.replace("'external'>\n<source file='/b'/>", "'internal'>"))
    second = taken("second", "/a", "/b", "first", current=True)
    made = plan_deletion(second, now(inside, second, layers="/b /a"))
    assert not made.by_libvirt
    assert [(m.top, m.base) for m in made.merges] == [("/b", "/a")]
    (flat,) = plan_deletions(["first"], now(replace(FIRST, current=True), layers="/b"))
    assert (flat.by_libvirt, flat.merges, flat.kept) == (False, (), ("/b: the machine uses it",))


def test_going_back_gives_up_the_overlay_of_the_present_alone():
    there = now(FIRST, SECOND, THIRD)
    for one in (FIRST, SECOND, THIRD):
        made = plan_reversion(one, there)
        assert (made.refusal, made.guided, made.discarded) == ("", False, ("/d",))
    back = went_back(FIRST, "/t")
    there = now(back, SECOND, layers="/t /a", aside="/b:/a")
    assert plan_reversion(SECOND, there).discarded == ("/t",)
    assert owner("/t", [back]) == "written since first"


@pytest.mark.parametrize(
    ("there", "words"),
    [
        # Back to the first, a new one taken and deleted again: libvirt has forgotten /t.
        (
            now(replace(FIRST, current=True), SECOND, layers="/t /a", aside="/b:/a"),
            "delete /b on the way: the snapshot second is in it",
        ),
        (
            now(FIRST, replace(SECOND, current=True), layers="/x /c /b /a"),
            "delete /c on the way: /x stands on it",
        ),
        (now(FIRST, SECOND), "none of its snapshots is the current one"),
        (now(FIRST, replace(SECOND, current=True), layers="/c /b"), ""),
    ],
)
def test_going_back_destroys_nothing(there: Situation, words: str):
    made = plan_reversion(SECOND, there)
    assert words in made.refusal
    assert bool(words) == ("Take a snapshot first" in made.advice)


def test_going_back_needs_its_images_and_files():
    there = now(FIRST, SECOND, THIRD)
    away = {**there.uses.images, "/a": Image("/a", missing=True)}
    gone = replace(there, uses=replace(there.uses, images=away))
    assert "/a is missing" in plan_reversion(SECOND, gone).refusal
    del away["/a"]
    assert "/a is missing" in plan_reversion(SECOND, gone).refusal, "its folder was looked into"
    elsewhere = {**away, "/b": replace(away["/b"], backing="/not/seen")}
    seen = replace(there, uses=replace(there.uses, images=elsewhere))
    assert plan_reversion(SECOND, seen).refusal == "", "what is not known forbids nothing"
    block = Snapshot.from_xml(THIRD.xml.replace("type='file'", "type='block'"), current=True)
    assert "vda was none" in plan_reversion(block, now(FIRST, SECOND, block)).refusal
