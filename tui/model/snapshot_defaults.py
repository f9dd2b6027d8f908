"""What a new snapshot is like unless somebody says otherwise: kind, memory, files. Pure."""

from __future__ import annotations

from dataclasses import replace

from tui.model.snapshot_request import (
    DiskWish,
    SnapshotRequest,
    default_name,
    memory_path,
    overlay_path,
)
from tui.model.snapshot_rules import Circumstances
from tui.model.snapshots import Kind


def default_external(now: Circumstances) -> tuple[bool, str]:
    """Whether a new snapshot had better be external, and why.

    External where the host can do everything with them; else what the machine has already;
    else internal where every disk can; else external all the same.
    """
    if not now.takes_external:
        return False, "this driver has internal ones only"
    other = next((disk for disk in now.taking_part if disk.format != "qcow2"), None)
    if now.reverts_external and not now.not_files:
        return True, "disks are not stopped, and this host can delete and revert them"
    if any(one.kind in (Kind.EXTERNAL, Kind.MIXED) for one in now.existing):
        return True, "as those there are: the two kinds do not mix"
    if other is not None:
        return True, f"{other.label} is {other.format}, which cannot hold one inside"
    if now.running and now.nvram:
        return True, "UEFI: this libvirt takes no internal one while it runs"
    if now.running and now.hostdevs:
        return True, "memory cannot be saved with a host's device attached"
    return False, f"libvirt {now.libvirt} cannot revert to external ones"


def first_request(machine: str, now: Circumstances) -> SnapshotRequest:
    """What a person would most likely want; ``machine`` is its name."""
    external, _why = default_external(now)
    name = default_name({one.name for one in now.existing}, now.now)
    wanted = SnapshotRequest(
        name,
        external=external,
        memory=now.running and not external,
        quiesce=external and now.running and now.agent == "connected",
    )
    return with_files(machine, wanted, now)


def with_files(machine: str, wanted: SnapshotRequest, now: Circumstances) -> SnapshotRequest:
    """The same with a file for everything external, named after the snapshot."""
    disks = {}
    for disk in now.taking_part:
        known = wanted.disks.get(disk.target)
        mode = known.mode if known is not None else "external" if wanted.external else "internal"
        file = ""
        if mode == "external" and disk.kind in ("file", "volume") and disk.source[:1] == "/":
            file = overlay_path(disk.source, wanted.name, now.present_files)
        disks[disk.target] = DiskWish(mode, file)
    if now.driver != "QEMU":
        disks = {}
    memory = ""
    if wanted.external and wanted.memory:
        first = next((disk.source for disk in now.taking_part), "")
        memory = memory_path(first, machine, wanted.name)
    return replace(wanted, disks=disks, memory_file=memory)
