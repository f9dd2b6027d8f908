"""What deleting and going back take, on chains as they come."""

from __future__ import annotations

from dataclasses import replace

from tui.model.disk_chains import Chain, Image, Uses, leftovers, owner
from tui.model.snapshot_plans import plan_commit, plan_deletion, plan_deletions
from tui.model.snapshot_reversions import plan_reversion
from tui.model.snapshot_situation import Situation
from tui.model.snapshots import Snapshot

XML = """<domainsnapshot><name>{name}</name><state>disk-snapshot</state>{parent}
<memory snapshot='no'/><disks><disk name='vda' snapshot='external'>
<source file='{overlay}'/></disk></disks>
<domain><name>web</name><devices><disk type='file' device='disk'>
<source file='{base}'/><target dev='vda'/></disk></devices></domain></domainsnapshot>"""


def taken(name: str, base: str, overlay: str, parent: str = "", current: bool = False) -> Snapshot:
    above = f"<parent><name>{parent}</name></parent>" if parent else ""
    return Snapshot.from_xml(
        XML.format(name=name, base=base, overlay=overlay, parent=above), current
    )


def situation(*snapshots: Snapshot, layers: str = "/c /b /a", **changes: object) -> Situation:
    """A disk whose layers are these, the active one first; all images are there."""
    paths = layers.split()
    images = {
        path: Image(path, "qcow2", 100, 10, below)
        for path, below in zip(paths, [*paths[1:], ""], strict=True)
    }
    named: dict[str, tuple[tuple[str, str], ...]] = {}
    for one in snapshots:
        for path in {*one.sources.values(), *one.external_disks.values()}:
            named[path] = (*named.get(path, ()), ("web", one.name))
    uses = Uses(images, dict.fromkeys(paths, ("web",)), named)
    chain = Chain("vda", tuple(images[path] for path in paths))
    now = Situation("web", snapshots, (chain,), uses, libvirt="9.0.0")
    return replace(now, **changes)


FIRST = taken("first", "/a", "/b")
SECOND = taken("second", "/b", "/c", "first", current=True)


def test_the_one_on_top_is_merged_into_what_it_holds():
    made = plan_deletion(SECOND, situation(FIRST, SECOND))
    assert [(m.top, m.base, m.active) for m in made.merges] == [("/c", "/b", True)]
    assert made.files == ("/c",)
    assert not made.refusal


def test_the_one_below_leaves_the_active_layer_alone():
    made = plan_deletion(FIRST, situation(FIRST, SECOND))
    assert [(m.top, m.base, m.active) for m in made.merges] == [("/b", "/a", False)]
    assert made.files == ("/b",)


def test_all_of_them_are_planned_one_on_the_other():
    made = plan_deletions(["first", "second"], situation(FIRST, SECOND))
    assert [[(m.top, m.base) for m in one.merges] for one in made] == [
        [("/b", "/a")],
        [("/c", "/a")],
    ]
    assert [one.files for one in made] == [("/b",), ("/c",)]


def test_what_others_need_is_not_touched():
    now = situation(FIRST, SECOND)
    shared = replace(now.uses, machines={**now.uses.machines, "/a": ("clone", "web")})
    assert "clone uses /a" in plan_deletion(FIRST, replace(now, uses=shared)).refusal
    images = {**now.uses.images, "/x": Image("/x", "qcow2", backing="/a")}
    branched = replace(now.uses, images=images)
    assert "/x stands on /a" in plan_deletion(FIRST, replace(now, uses=branched)).refusal
    needed = replace(branched, snapshots={"/x": (("web", "first"), ("web", "other"))})
    assert "/x (snapshot other) stands" in plan_deletion(FIRST, replace(now, uses=needed)).refusal
    away = {**now.uses.images, "/a": Image("/a", missing=True)}
    chain = Chain("vda", (away["/c"], away["/b"], away["/a"]))
    gone = replace(now, uses=replace(now.uses, images=away), chains=(chain,))
    assert "missing" in plan_deletion(FIRST, gone).refusal


def test_a_saved_state_and_an_unknown_chain_refuse():
    assert "saved state" in plan_deletion(FIRST, situation(FIRST, managed_save=True)).refusal
    now = situation(FIRST, SECOND)
    unknown = replace(now, chains=(replace(now.chains[0], trouble="no pool"),))
    assert "no pool" in plan_deletion(FIRST, unknown).refusal


def test_the_way_back_by_hand():
    now = situation(FIRST, SECOND)
    made = plan_reversion(SECOND, now)
    assert made.guided
    assert len(made.steps) == 5
    assert made.discarded == ("/c",), "nothing but the present is in it"
    assert plan_reversion(FIRST, now).discarded == ("/c",)
    assert "off" in plan_reversion(FIRST, replace(now, running=True)).refusal
    more = replace(now, chains=(*now.chains, Chain("vdb", ())))
    assert "vdb came since" in plan_reversion(FIRST, more).refusal
    less = replace(now, chains=())
    assert "vda is not there any more" in plan_reversion(FIRST, less).refusal
    into = situation(FIRST, layers="/a")
    assert "writes into /a itself" in plan_reversion(FIRST, into).refusal


def test_a_layer_is_committed_only_where_nothing_is_lost():
    now = situation(layers="/c /b /a")
    merge, _ = plan_commit("vda", "/b", now)
    assert merge is not None
    assert (merge.top, merge.base, merge.active) == ("/b", "/a", False)
    assert plan_commit("vda", "/a", now)[1] == "there is nothing under it"
    assert "snapshot first" in plan_commit("vda", "/b", situation(FIRST, layers="/b /a"))[1]
    # A snapshot inside the base stays; one inside the layer above would go with it.
    inside = Snapshot.from_xml(FIRST.xml.replace("'external'", "'internal'"))
    assert plan_commit("vda", "/b", situation(inside, layers="/b /a"))[0] is not None
    assert "would be lost" in plan_commit("vda", "/a", situation(inside, layers="/a /z"))[1]
    elsewhere = replace(now, uses=replace(now.uses, snapshots={"/a": (("mail", "old"),)}))
    assert "old of mail" in plan_commit("vda", "/b", elsewhere)[1]


def test_a_layer_tells_what_it_is_to_snapshots():
    assert owner("/b", [FIRST, SECOND]) == "written since first, holds second"


def test_an_image_that_nothing_needs_is_left_over():
    now = situation(SECOND, layers="/b /a")
    images = {**now.uses.images, "/orphan": Image("/orphan", "qcow2", allocation=5, backing="/a")}
    uses = replace(now.uses, images=images)
    found = leftovers("web", now.chains, now.snapshots, uses)
    assert [(one.kind, one.name, one.size) for one in found if one.kind == "file"] == [
        ("file", "/orphan", 5)
    ]
