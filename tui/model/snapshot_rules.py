"""What speaks for and against a snapshot before it is taken: each remark with why and what to do.

Pure: the host's part is gathered into :class:`Circumstances`.
"""

from __future__ import annotations

import enum
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field

from tui.model.snapshot_request import SnapshotRequest
from tui.model.snapshots import Kind, Snapshot
from tui.model.text import UNSTORABLE, is_storable
from tui.model.units import duration, size

DEEP = 3
"""Overlays above a base from which a chain is worth a word."""
MANY = 10
"""Snapshots of one machine from which it is worth a word."""
OLD = 14 * 86400.0
"""Seconds after which a snapshot is worth a word."""
OVERLAY_LEAST = 16 * 1024**2
"""Bytes without which an overlay is not worth beginning."""


class Level(enum.Enum):
    """How much a remark weighs; the value is its mark."""

    ERROR = "!"
    """It would fail, or destroy something."""
    WARNING = "▲"
    NOTE = "·"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know before."""

    level: Level
    what: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """A disk of the machine, as far as a snapshot of it is concerned."""

    target: str
    source: str = ""
    device: str = "disk"
    kind: str = "file"
    """``file``, ``block``, ``network``, ``volume``, …"""
    format: str = "raw"
    readonly: bool = False
    shareable: bool = False
    capacity: int | None = None
    free: int | None = None
    """Bytes free where an overlay beside it would go; None: not known."""
    depth: int = 0
    missing: tuple[str, ...] = ()
    """Layers of its chain that are not there."""
    job: str = ""
    """The block job that runs on it; empty without one."""

    @property
    def takes_part(self) -> bool:
        """Whether a snapshot has anything to do with it: neither empty nor read-only media."""
        return bool(self.source) and self.device in ("disk", "lun") and not self.readonly

    @property
    def label(self) -> str:
        """As the hardware list calls it."""
        return f"Disk {self.target}"


@dataclass(frozen=True)
class Circumstances:
    """The machine and its host at this moment."""

    running: bool = False
    persistent: bool = True
    managed_save: bool = False
    driver: str = "QEMU"
    libvirt: str = ""
    """Version."""
    reverts_external: bool = False
    """The daemon deletes external snapshots and reverts to them."""
    takes_external: bool = True
    """The driver has external snapshots at all."""
    disks: tuple[DiskFacts, ...] = ()
    hostdevs: tuple[str, ...] = ()
    nvram: str = ""
    """Its UEFI variables; empty without."""
    nvram_format: str = "raw"
    """Of that file: from libvirt 10.10 on, an internal snapshot holds what is in a qcow2 one."""
    agent: str = ""
    """Empty: no channel; ``disconnected``, ``connected``."""
    memory: int = 0
    """Bytes that a snapshot with memory may take."""
    memory_free: int | None = None
    """Bytes free where external memory goes."""
    existing: tuple[Snapshot, ...] = ()
    present_files: frozenset[str] = field(default_factory=frozenset)
    """Files that are known to be there already."""
    now: float = 0.0

    @property
    def taking_part(self) -> tuple[DiskFacts, ...]:
        """The disks that a snapshot has to do with."""
        return tuple(disk for disk in self.disks if disk.takes_part)

    @property
    def not_files(self) -> tuple[str, ...]:
        """Disks and drives that are devices, volumes, or on a network."""
        return tuple(disk.label for disk in self.disks if disk.kind != "file")


def remarks(wanted: SnapshotRequest, now: Circumstances) -> list[Remark]:
    """All that is to be said, what forbids it first."""
    found = [
        *_texts(wanted, now),
        *_kind(wanted, now),
        *_memory(wanted, now),
        *_quiesce(wanted, now),
        *(one for disk in now.disks for one in _disk(wanted, now, disk)),
        *_space(wanted, now),
        *_firmware(wanted, now),
        *_amount(wanted, now),
    ]
    order = list(Level)
    return sorted(found, key=lambda one: order.index(one.level))


def forbidden(found: list[Remark]) -> bool:
    """Whether one of them forbids it."""
    return any(one.level is Level.ERROR for one in found)


def name_fault(name: str) -> Remark | None:
    """Why no snapshot can be called that, whatever machine it is of."""
    if not name.strip():
        return Remark(Level.ERROR, "It has no name.", "Type one.")
    if "/" in name or name.startswith("."):
        return Remark(
            Level.ERROR, "A name cannot hold / or begin with a dot.", "libvirt makes it a file."
        )
    return None if is_storable(name) else _UNSTORABLE


_UNSTORABLE = Remark(Level.ERROR, UNSTORABLE, "Type it without.")


def _texts(wanted: SnapshotRequest, now: Circumstances) -> Iterator[Remark]:
    fault = name_fault(wanted.name)
    if fault is not None:
        yield fault
    elif any(one.name == wanted.name for one in now.existing):
        yield Remark(Level.ERROR, "There is one of that name.", "Choose another name.")
    files = (wish.file for wish in wanted.disks.values())
    if not all(map(is_storable, (wanted.description, wanted.memory_file, *files))):
        yield _UNSTORABLE


def _kind(wanted: SnapshotRequest, now: Circumstances) -> Iterator[Remark]:
    if wanted.external and not now.takes_external:
        yield Remark(
            Level.ERROR, "This host's driver has no external snapshots.", "Take an internal one."
        )
        return
    if wanted.external and not now.reverts_external:
        yield Remark(
            Level.WARNING,
            f"libvirt {now.libvirt} neither reverts to external snapshots nor merges all of them.",
            "virtty does both step by step: merging at any time, reverting while it is off.",
        )
    if wanted.external and now.reverts_external and now.not_files:
        yield Remark(
            Level.WARNING,
            f"libvirt {now.libvirt} reverts to external snapshots only where all disks are files: "
            f"{', '.join(now.not_files)} is none.",
            "It can be taken and deleted; going back is then by hand.",
        )
    kinds = {one.kind for one in now.existing}
    if wanted.external and Kind.INTERNAL in kinds:
        yield Remark(
            Level.WARNING,
            "Internal snapshots are there: from under a new overlay they can be neither reverted "
            "to nor deleted until the overlay is merged.",
            "Keep to one kind: take an internal one, or delete those first.",
        )
    if not wanted.external and kinds & {Kind.EXTERNAL, Kind.MIXED}:
        yield Remark(
            Level.WARNING,
            "External snapshots are there: an internal one lives in the present overlay and is "
            "lost when that is merged; deleting an older one stops being possible.",
            "Keep to one kind: take an external one.",
        )
    taking = [disk for disk in now.taking_part if _mode(wanted, disk) != "no"]
    if not taking and not (wanted.memory and wanted.external and now.running):
        advice = "Choose at least one."
        if not now.taking_part:
            advice = "Its memory alone can be kept: external, with memory." if now.running else ""
        yield Remark(Level.ERROR, "No disk takes part.", advice)
    if not now.persistent:
        yield Remark(
            Level.WARNING,
            "It is transient: libvirt forgets its snapshots when it stops, overlays stay behind.",
            "Delete this one before, or define the machine (virsh define).",
        )


def _memory(wanted: SnapshotRequest, now: Circumstances) -> Iterator[Remark]:
    if wanted.memory and not now.running:
        yield Remark(Level.ERROR, "It is off: there is no memory to save.", "Take it without.")
        return
    saves = now.running and (wanted.memory or not wanted.external)
    if saves and now.hostdevs:
        yield Remark(
            Level.ERROR,
            f"{', '.join(now.hostdevs)} of the host is attached: its state cannot be saved.",
            "Take an external one without memory, or shut the machine down first.",
        )
    if saves and not wanted.external:
        yield Remark(
            Level.NOTE,
            f"The machine stands still while up to {size(now.memory)} of memory is written.",
        )
    elif saves:
        yield Remark(
            Level.NOTE,
            f"The machine goes on while up to {size(now.memory)} of memory is written, "
            "and stops for a moment at its end.",
        )
    elif now.running:
        yield Remark(
            Level.NOTE,
            "The machine stops for a moment only. Reverting gives the disks as after a power cut"
            + ("." if not wanted.quiesce else ", with the file systems at rest."),
        )
    if now.managed_save:
        yield Remark(
            Level.ERROR,
            "It has a saved state, which would not fit the disks of a snapshot.",
            "Start it, or discard the saved state, first.",
        )


def _quiesce(wanted: SnapshotRequest, now: Circumstances) -> Iterator[Remark]:
    if not wanted.quiesce:
        if wanted.disk_only and now.running and now.agent == "connected":
            yield Remark(Level.NOTE, "The guest agent answers: it can hold the file systems still.")
        return
    if not now.running:
        yield Remark(Level.ERROR, "It is off: nothing has to be held still.", "Take it without.")
    elif not wanted.disk_only:
        yield Remark(
            Level.ERROR,
            "Holding the file systems still is for external snapshots without memory.",
            "With memory the guest's caches are saved too: take it without.",
        )
    elif not now.agent:
        yield Remark(
            Level.ERROR,
            "The machine has no channel for a guest agent.",
            "Add org.qemu.guest_agent.0 in Hardware, or take it without.",
        )
    elif now.agent != "connected":
        yield Remark(
            Level.ERROR,
            "The guest agent does not answer.",
            "Start qemu-guest-agent in the guest, or take it without.",
        )


def _mode(wanted: SnapshotRequest, disk: DiskFacts) -> str:
    wish = wanted.disks.get(disk.target)
    if wish is not None:
        return wish.mode
    return "external" if wanted.external else "internal"


def _disk(wanted: SnapshotRequest, now: Circumstances, disk: DiskFacts) -> Iterator[Remark]:
    if not disk.takes_part:
        if disk.source:
            word = "a read-only disk" if disk.device == "disk" else f"a {disk.device} drive"
            yield Remark(
                Level.NOTE,
                f"{disk.label} is {word}: it is left out, and must be there when reverting.",
            )
        return
    yield from _chain(disk)
    mode = _mode(wanted, disk)
    if mode == "no":
        # libvirt's way back puts an overlay on every disk, and the next one deletes it.
        overlaid = wanted.external and now.reverts_external
        then = "; reverting once more gives up what was written to it in between"
        yield Remark(
            Level.WARNING,
            f"{disk.label} is left out: reverting leaves it as it is then{then * overlaid}.",
            "Let it take part where that matters." * overlaid,
        )
    elif mode == "external":
        wish = wanted.disks.get(disk.target)
        yield from _overlay(disk, wish.file if wish is not None else "", now.present_files)
    elif disk.format != "qcow2":
        yield Remark(
            Level.ERROR,
            f"{disk.label} is {disk.format}: only qcow2 holds a snapshot inside.",
            "Take an external one.",
        )


def _chain(disk: DiskFacts) -> Iterator[Remark]:
    """What is wrong with a disk's images, whatever is wanted of it."""
    if disk.job:
        yield Remark(
            Level.ERROR, f"{disk.label}: a block {disk.job} is running.", "Wait for it, or stop it."
        )
    if disk.missing:
        yield Remark(
            Level.ERROR,
            f"{disk.label}: {disk.missing[0]}"
            + (" is missing." if disk.missing[0] == disk.source else " of its chain is missing."),
            "Bring the file back; the disk chains show which.",
        )


def _overlay(disk: DiskFacts, file: str, present: Container[str]) -> Iterator[Remark]:
    """What speaks against an overlay on a disk; ``file`` is empty where libvirt names it."""
    if disk.shareable:
        yield Remark(
            Level.ERROR,
            f"{disk.label} is shared with other machines: an overlay would part them.",
            "Leave it out.",
        )
    if disk.device == "lun":
        yield Remark(
            Level.ERROR, f"{disk.label} is a LUN, which takes no overlay.", "Leave it out."
        )
    if disk.kind not in ("file", "volume") and not file:
        yield Remark(
            Level.ERROR,
            f"{disk.label} is no file: libvirt cannot name its overlay.",
            "Name the overlay's file, on a storage that has the room.",
        )
    if disk.format == "raw":
        yield Remark(
            Level.NOTE, f"{disk.label} is raw: from now on it writes into a qcow2 overlay."
        )
    if file in present:
        yield Remark(Level.ERROR, f"{file} is there already.", "Choose another file.")


def _space(wanted: SnapshotRequest, now: Circumstances) -> Iterator[Remark]:
    for disk in now.taking_part:
        mode = _mode(wanted, disk)
        if mode == "no" or disk.free is None:
            continue
        if mode == "internal":
            if disk.free < OVERLAY_LEAST:
                yield Remark(
                    Level.WARNING,
                    f"{disk.label}: {size(disk.free)} free, and what is written from now on "
                    "takes new room. A full storage pauses the machine.",
                    "Make room first.",
                )
        elif disk.free < OVERLAY_LEAST:
            yield Remark(
                Level.ERROR,
                f"{disk.label}: {size(disk.free)} free, an overlay needs more at once.",
                "Free space, or put the overlay elsewhere.",
            )
        elif disk.capacity is not None and disk.free < disk.capacity:
            yield Remark(
                Level.WARNING,
                f"{disk.label}: the overlay may grow to {size(disk.capacity)}, "
                f"{size(disk.free)} are free. A full storage pauses the machine.",
                "Delete the snapshot soon, or make room.",
            )
    if not now.running or not (wanted.memory or not wanted.external) or not now.memory:
        return
    inside = [disk.free for disk in now.taking_part if disk.free is not None]
    free = now.memory_free if wanted.external else min(inside, default=None)
    if free is not None and free < now.memory:
        level = Level.ERROR if free < OVERLAY_LEAST else Level.WARNING
        yield Remark(
            level,
            f"Memory may take {size(now.memory)}, {size(free)} are free.",
            "Free space, or take it without memory.",
        )


def _firmware(wanted: SnapshotRequest, now: Circumstances) -> Iterator[Remark]:
    if not now.nvram:
        return
    old = _before(now.libvirt, (10, 10))
    held = not wanted.external and now.nvram_format == "qcow2" and not old
    if held:
        return
    if not wanted.external and now.running:
        yield Remark(
            Level.ERROR,
            "It boots by UEFI: libvirt takes no internal snapshot of such a running machine "
            + ("before 10.10." if old else "while its variables are not in a qcow2 file."),
            "Take an external one, or shut it down first.",
        )
        return
    yield Remark(
        Level.WARNING,
        f"The UEFI variables ({now.nvram}) are not part of it: reverting leaves them as they are.",
        "Copy that file as well, where a change of boot entries or keys has to be undone.",
    )


def _before(version: str, wanted: tuple[int, ...]) -> bool:
    parts = tuple(int(part) for part in version.split(".") if part.isdigit())
    return parts < wanted


def _amount(wanted: SnapshotRequest, now: Circumstances) -> Iterator[Remark]:
    deepest = max((disk.depth for disk in now.taking_part), default=0)
    if wanted.external and deepest + 1 > DEEP:
        yield Remark(
            Level.WARNING,
            f"The chain will be {deepest + 1} overlays deep: every one makes reading slower.",
            "Delete those that are not needed; their data is merged.",
        )
    if len(now.existing) >= MANY:
        yield Remark(
            Level.WARNING,
            f"There are {len(now.existing)} snapshots.",
            "They are no backup: delete those that are not needed.",
        )
    for text in aged(now.existing, now.now):
        yield Remark(Level.WARNING, f"{text}.", "Delete what is not needed any more.")


def aged(existing: tuple[Snapshot, ...], now: float) -> list[str]:
    """A word about the oldest snapshot, when it is old."""
    dated = [one for one in existing if one.created]
    oldest = min(dated, key=lambda one: one.created, default=None)
    if oldest is None or now - oldest.created < OLD:
        return []
    return [f"{oldest.name} is {duration(now - oldest.created)} old"]


def advice(existing: tuple[Snapshot, ...], depths: Mapping[str, int], now: float) -> list[str]:
    """The soft limits on depth and age, in words; empty when all is well."""
    told = aged(existing, now)
    for target, depth in depths.items():
        if depth > DEEP:
            told.append(f"{target} stands on {depth} layers")
    return told
