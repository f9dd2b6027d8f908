"""What a new snapshot is like before anybody has said anything."""

from __future__ import annotations

from dataclasses import replace

from tests.model.test_snapshot_rules import DISK, RUNS, external
from tui.model.snapshot_defaults import default_external, first_request, with_files
from tui.model.snapshot_request import DiskWish

BY_DAEMON = replace(RUNS, libvirt="11.3.0", reverts_external=True)


def test_the_default_kind_is_what_the_host_can_do_most_with():
    assert default_external(RUNS)[0] is False
    assert default_external(replace(RUNS, reverts_external=True))[0] is True
    assert default_external(replace(RUNS, existing=(external("x"),)))[0] is True
    assert default_external(replace(RUNS, disks=(replace(DISK, format="raw"),)))[0] is True
    assert default_external(replace(RUNS, takes_external=False))[0] is False


def test_of_a_running_machine_an_internal_one_holds_memory_an_external_one_holds_still():
    internal, external_one = first_request("web", RUNS), first_request("web", BY_DAEMON)
    assert (internal.external, internal.memory, internal.quiesce) == (False, True, False)
    assert (external_one.external, external_one.memory, external_one.quiesce) == (True, False, True)
    deaf = replace(BY_DAEMON, agent="disconnected")
    assert not first_request("web", deaf).quiesce
    off = first_request("web", replace(RUNS, running=False))
    assert (off.memory, off.quiesce) == (False, False)


def test_files_are_named_after_the_snapshot_and_none_is_taken_that_is_there():
    wanted = replace(first_request("web", BY_DAEMON), name="before")
    (disk,) = with_files("web", wanted, BY_DAEMON).disks.values()
    assert disk == DiskWish("external", "/i/web.before.qcow2")
    taken = replace(BY_DAEMON, present_files=frozenset([disk.file]))
    assert with_files("web", wanted, taken).disks["vda"].file not in ("", disk.file)


def test_only_what_is_external_has_a_file():
    block = replace(DISK, target="vdb", source="/dev/vg/data", kind="block")
    now = replace(BY_DAEMON, disks=(DISK, block))
    disks = {"vda": DiskWish("no")}
    wanted = replace(first_request("web", now), external=True, memory=False, disks=disks)
    made = with_files("web", wanted, now)
    assert made.disks == {"vda": DiskWish("no"), "vdb": DiskWish("external")}
    assert made.memory_file == ""
    assert with_files("web", replace(wanted, memory=True), now).memory_file.startswith("/i/")


def test_drivers_that_take_no_disks_are_asked_for_none():
    assert first_request("web", replace(RUNS, driver="TEST")).disks == {}
