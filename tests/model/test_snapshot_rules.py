"""The pre-check: each remark, and that a healthy machine has none that forbids."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.model.snapshot_defaults import default_external
from tui.model.snapshot_request import (
    DiskWish,
    SnapshotRequest,
    default_name,
    memory_path,
    overlay_path,
)
from tui.model.snapshot_rules import (
    Circumstances,
    DiskFacts,
    Level,
    advice,
    forbidden,
    remarks,
)
from tui.model.snapshots import Snapshot
from tui.model.text import UNSTORABLE

GIB = 1024**3
DISK = DiskFacts("vda", "/i/web.qcow2", format="qcow2", capacity=10 * GIB, free=100 * GIB)
RUNS = Circumstances(
    running=True, libvirt="9.0.0", disks=(DISK,), agent="connected", memory=GIB,
    memory_free=100 * GIB, now=1e9,
)  # fmt: skip
OUT = SnapshotRequest("new", external=True, disks={"vda": DiskWish("external", "/i/web.new.qcow2")})
IN = SnapshotRequest("new", memory=True)


def texts(wanted: SnapshotRequest, now: Circumstances, level: Level) -> str:
    return "\n".join(f"{one.what} {one.advice}" for one in remarks(wanted, now)
                     if one.level is level)  # fmt: skip


def external(name: str, created: float = 1e9) -> Snapshot:
    return Snapshot.from_xml(
        f"<domainsnapshot><name>{name}</name><creationTime>{created:.0f}</creationTime>"
        "<disks><disk name='vda' snapshot='external'/></disks></domainsnapshot>"
    )


def test_nothing_forbids_a_snapshot_of_a_healthy_machine():
    assert not forbidden(remarks(OUT, RUNS))
    assert not forbidden(remarks(IN, RUNS))
    assert not forbidden(remarks(replace(OUT, quiesce=True), RUNS))


@pytest.mark.parametrize(
    ("wanted", "changes", "words"),
    [
        (replace(OUT, name=" "), {}, "no name"),
        (replace(OUT, name="a/b"), {}, "cannot hold /"),
        (OUT, {"existing": (external("new"),)}, "one of that name"),
        (OUT, {"takes_external": False}, "no external"),
        (IN, {"disks": (replace(DISK, format="raw"),)}, "only qcow2"),
        (IN, {"hostdevs": ("PCI 0000:01:00.0",)}, "cannot be saved"),
        (IN, {"nvram": "/n"}, "before 10.10"),
        (IN, {"nvram": "/n", "nvram_format": "qcow2"}, "before 10.10"),
        (IN, {"nvram": "/n", "libvirt": "10.10.0"}, "not in a qcow2 file"),
        (IN, {"running": False}, "no memory to save"),
        (OUT, {"managed_save": True}, "saved state"),
        (replace(OUT, quiesce=True), {"agent": ""}, "no channel"),
        (replace(OUT, quiesce=True), {"agent": "disconnected"}, "does not answer"),
        (replace(OUT, quiesce=True), {"running": False}, "is off"),
        (OUT, {"disks": (replace(DISK, job="commit"),)}, "block commit is running"),
        (OUT, {"disks": (replace(DISK, missing=("/b",)),)}, "/b of its chain is missing"),
        (OUT, {"disks": (replace(DISK, missing=(DISK.source,)),)}, "/i/web.qcow2 is missing"),
        (OUT, {"disks": (replace(DISK, shareable=True),)}, "shared"),
        (OUT, {"disks": (replace(DISK, device="lun"),)}, "LUN"),
        (OUT, {"disks": (replace(DISK, free=1024),)}, "1.0 KiB free"),
        (OUT, {"present_files": frozenset(("/i/web.new.qcow2",))}, "is there already"),
        (OUT, {"disks": ()}, "No disk takes part"),
    ],
)
def test_what_would_fail_or_destroy_forbids(
    wanted: SnapshotRequest, changes: dict[str, object], words: str
):
    now = replace(RUNS, **changes)
    assert forbidden(remarks(wanted, now))
    assert words in texts(wanted, now, Level.ERROR)


@pytest.mark.parametrize(
    ("wanted", "changes", "words"),
    [
        (OUT, {}, "neither reverts"),
        (OUT, {"nvram": "/n"}, "not part of it"),
        (OUT, {"disks": (replace(DISK, free=GIB),)}, "may grow to 10 GiB"),
        (OUT, {"disks": (replace(DISK, depth=3),)}, "4 overlays deep"),
        (IN, {"existing": (external("x"),)}, "External snapshots are there"),
        (IN, {"memory_free": GIB // 2, "disks": (replace(DISK, free=GIB // 2),)}, "Memory may"),
        (OUT, {"existing": tuple(external(f"s{n}") for n in range(10))}, "10 snapshots"),
        (OUT, {"existing": (external("x", 1e9 - 20 * 86400),)}, "20d"),
        (
            replace(OUT, disks={"vda": DiskWish("no")}),
            {"disks": (DISK, replace(DISK, target="vdb"))},
            "vda is left out",
        ),
        (OUT, {"persistent": False}, "It is transient"),
        (
            replace(IN, memory=False),
            {"running": False, "disks": (replace(DISK, free=1024),)},
            "takes new room",
        ),
    ],
)
def test_what_may_go_wrong_later_warns(
    wanted: SnapshotRequest, changes: dict[str, object], words: str
):
    now = replace(RUNS, **changes)
    assert words in texts(wanted, now, Level.WARNING)
    assert not forbidden(remarks(wanted, now))


def test_a_machine_without_disks_can_have_its_memory_alone():
    now = replace(RUNS, disks=())
    assert "memory alone" in next(one.advice for one in remarks(IN, now))
    assert not forbidden(remarks(replace(OUT, memory=True), now))


def test_from_libvirt_10_10_on_an_internal_one_holds_variables_in_a_qcow2_file():
    now = replace(RUNS, nvram="/n", nvram_format="qcow2", libvirt="10.10.0")
    assert not any("UEFI" in remark.what for remark in remarks(IN, now))
    assert "not part of it" in texts(OUT, now, Level.WARNING)


def test_media_are_noted_and_left_out():
    cd = DiskFacts("sda", "/i/cd.iso", device="cdrom", readonly=True)
    now = replace(RUNS, disks=(DISK, cd))
    assert "left out" in texts(OUT, now, Level.NOTE)
    assert now.taking_part == (DISK,)


def test_a_daemon_that_reverts_wants_files_and_overlays_every_disk():
    now = replace(RUNS, libvirt="11.3.0", reverts_external=True)
    assert texts(OUT, now, Level.WARNING) == ""
    data = DiskFacts("vdb", "/dev/vg/data", kind="block", free=None)
    both, wanted = replace(now, disks=(DISK, data)), replace(OUT, disks={"vdb": DiskWish("no")})
    told = texts(wanted, both, Level.WARNING)
    assert "only where all disks are files: Disk vdb is none" in told
    assert "gives up what was written to it in between" in told
    assert default_external(both) == (True, "Disk vdb is raw, which cannot hold one inside")
    by_hand = texts(wanted, replace(both, reverts_external=False), Level.WARNING)
    assert "vdb is left out: reverting leaves it as it is then." in by_hand


@pytest.mark.parametrize(
    "wanted",
    [
        replace(OUT, name="a\x07"),
        replace(OUT, description="\ufffe"),
        replace(OUT, disks={"vda": DiskWish("external", "/i/\x1b")}),
    ],
)
def test_what_no_xml_may_hold_is_refused_before_libvirt_is_asked(wanted):
    assert UNSTORABLE in texts(wanted, RUNS, Level.ERROR)


def test_depth_and_age_are_told_beyond_their_limits():
    assert advice((), {}, 0) == []
    assert advice((external("old", 1e9),), {"vda": 4}, 1e9 + 30 * 86400) == [
        "old is 30d 0h old",
        "vda stands on 4 layers",
    ]


def test_libvirt_and_virsh_are_told_the_same():
    wanted = replace(OUT, description="a <b>", quiesce=True)
    xml = wanted.to_xml(running=True)
    assert "<description>a &lt;b&gt;</description>" in xml
    assert 'snapshot="external"' in xml
    assert wanted.virsh("web").split()[:4] == ["virsh", "snapshot-create-as", "web", "new"]
    assert "--disk-only --quiesce" in wanted.virsh("web")
    whole = replace(OUT, memory=True, memory_file="/i/m")
    assert '<memory snapshot="external" file="/i/m"/>' in whole.to_xml(running=True)
    assert "<memory" not in whole.to_xml(running=False)


def test_files_are_named_after_the_snapshot_beside_the_image():
    first = default_name((), 0)
    assert default_name({first}, 0) == f"{first}-2"
    assert overlay_path("/i/web.qcow2", "a b/c") == "/i/web.a_b_c.qcow2"
    assert overlay_path("/i/web.old.qcow2", "new") == "/i/web.new.qcow2"
    assert overlay_path("/i/web.raw", "n", {"/i/web.n.qcow2"}) == "/i/web.n-2.qcow2"
    assert memory_path("/i/web.qcow2", "web", "n") == "/i/web.n.memory"
