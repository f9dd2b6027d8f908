"""What is asked about a disk's data: where it comes from, how large it is, when it goes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tui.hypervisor.hardware import read_pools
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.volumes import (
    NewVolume,
    disk_sizes,
    force_eject,
    force_eject_command,
    list_volumes,
    plan_volume,
    resize_disk,
)
from tui.model.changes import to_xml
from tui.model.devices import Disk
from tui.model.domain import Domain
from tui.model.surroundings import Surroundings
from tui.model.text import visible
from tui.model.units import exact_size, parse_size, size
from tui.screens.choose import OTHER, Choose, Offer
from tui.screens.dialogs import AskText
from tui.screens.program import Program


async def ask_about_data(app: Program, disk: Disk) -> bool | None:
    """Whether a removed disk's data is deleted as well; None when the person backs out."""
    chosen = await app.push_screen_wait(
        Choose(
            f"Remove {visible(disk.label)}",
            (
                Offer("keep", "Keep its data", visible(disk.source)),
                Offer("delete", "Delete its data", "after it has been removed; for good"),
            ),
            "keep",
        )
    )
    if chosen != "delete":
        return None if chosen is None else False
    name = disk.source.rpartition("/")[2]
    typed = await app.ask_text(
        f"Delete the data of {visible(disk.label)}", f"Type {visible(name)} to delete it", ""
    )
    if typed is None:
        return None
    if typed != name:
        app.say("That is not its name: nothing is deleted.", "warning")
        return None
    return True


@dataclass(frozen=True, slots=True)
class NewData:
    """Where a new disk's data is."""

    source: str
    """A path on the host, or ``pool/volume``."""
    format: str
    volume: NewVolume | None = None
    """What has to be made first."""


async def ask_for_source(app: Program, host: Host, document: Domain) -> NewData | None:
    """The data of a new disk: a new volume, one that is there, or a path."""
    offers = []
    with app.reading("the storage pools"):
        pools = await read_pools(host)
    for pool in pools:
        free = f"{size(pool.available)} free"
        offers.append(Offer(f"new {pool.name}", f"New volume in {pool.name}", free))
        offers.append(Offer(f"old {pool.name}", f"Volume of {pool.name}", "that is there"))
    none = "" if offers else "; a new volume needs a storage pool, and none is active"
    offers.append(Offer("path", "Path on the host", f"typed{none}"))
    chosen = await app.push_screen_wait(Choose("Add a disk: where is its data?", offers))
    if chosen is None:
        return None
    kind, _, pool_name = chosen.partition(" ")
    if kind == "new":
        return await _new_volume(app, host, document, pool_name)
    if kind == "old":
        return await _volume(app, host, pool_name)
    path = await app.ask_text("Add a disk", "Path on the host", "/var/lib/libvirt/images/")
    return None if path is None else NewData(path, "qcow2" if path.endswith(".qcow2") else "raw")


async def choose_medium(
    app: Program, host: Host, disk: Disk, surroundings: Surroundings
) -> tuple[str, str] | None:
    """Another source for a disk and its format; an empty source for no medium.

    The source is OTHER where the person wants to type one; None when they back out. Raises
    HypervisorError.
    """
    drive = disk.device in ("cdrom", "floppy")
    with app.reading("the volumes of all pools"):
        volumes = [
            (volume, pool.name)
            for pool in await read_pools(host)
            for volume in await list_volumes(host, pool.name)
        ]
    volumes.sort(key=lambda found: drive and not found[0].name.endswith((".iso", ".img")))
    offers = [Offer("", "no medium", "ejects it")] if drive else []
    for volume, pool in volumes:
        user = surroundings.neighbours.sources.get(volume.path, "")
        note = f"{size(volume.capacity)} {volume.format} in {pool}"
        offers.append(Offer(volume.path, volume.name, f"{user} has it, {note}" if user else note))
    offers.append(Offer(OTHER, "another…", "a path on the host, typed"))
    chosen = await app.push_screen_wait(
        Choose(f"{visible(disk.label)}: its data", offers, disk.source)
    )
    if chosen is None:
        return None
    format = next((volume.format for volume, _pool in volumes if volume.path == chosen), "")
    return chosen, format


async def _new_volume(app: Program, host: Host, document: Domain, pool: str) -> NewData | None:
    with app.reading(f"the volumes of {visible(pool)}"):
        taken = {volume.name for volume in await list_volumes(host, pool)}
    taken |= {disk.source.rpartition("/")[2] for disk in document.disks}
    machine = document.name
    number = next(n for n in range(1, len(taken) + 2) if f"{machine}-{n}.qcow2" not in taken)
    told = f"New volume in {pool}", "Name", f"{machine}-{number}.qcow2"
    name = await app.push_screen_wait(AskText(*told, lambda text: _why_no_name(text, taken)))
    if not name:
        return None
    wanted = f"New volume in {pool}", "Size; it is made when the disk is applied", "20 GiB"
    text = await app.push_screen_wait(AskText(*wanted, lambda text: _why_no_size(text, 1)))
    capacity = None if text is None else parse_size(text)
    if capacity is None:
        return None
    kind = "qcow2" if name.endswith(".qcow2") else "raw"
    with app.reading(f"the pool {visible(pool)}"):
        volume = await plan_volume(host, pool, name.strip(), capacity, kind)
    return NewData(volume.path, volume.format, volume)


def _why_no_name(text: str, taken: Collection[str]) -> str:
    name = text.strip()
    if not name or "/" in name:
        return "A name without /."
    return f"There is {visible(name)} already." if name in taken else ""


async def _volume(app: Program, host: Host, pool: str) -> NewData | None:
    with app.reading(f"the volumes of {visible(pool)}"):
        volumes = await list_volumes(host, pool)
    offers = [
        Offer(volume.path, volume.name, f"{volume.format}, {size(volume.capacity)}")
        for volume in volumes
    ]
    if not offers:
        app.say(f"There is no volume in {pool}.", "warning")
        return None
    path = await app.push_screen_wait(Choose(f"Volumes of {pool}", offers))
    found = next((volume for volume in volumes if volume.path == path), None)
    return None if found is None else NewData(found.path, found.format)


async def ask_for_size(app: Program, host: Host, record: DomainRecord, disk: Disk) -> bool:
    """Ask for a disk's new size and enlarge it at once; True when it was. HypervisorError."""
    with app.reading(f"the size of {visible(disk.label)}"):
        present, _used = await disk_sizes(host, record, disk.target)
    text = await app.push_screen_wait(
        AskText(
            f"Resize {visible(disk.label)}: it has {exact_size(present)}",
            "New size, larger than now; the guest has to grow its partitions itself",
            exact_size(present),
            lambda text: _why_no_size(text, present),
        )
    )
    wanted = None if text is None else parse_size(text)
    if wanted is None or wanted == present:
        return False
    await resize_disk(host, record, disk.target, disk.source, wanted)
    return True


def _why_no_size(text: str, least: int) -> str:
    wanted = parse_size(text)
    if wanted is None:
        return f"A size such as 20 GiB, not {text.strip()!r}."
    return f"At least {exact_size(least)}: shrinking loses data." if wanted < least else ""


async def ask_to_force_eject(app: Program, host: Host, record: DomainRecord, drive: Disk) -> None:
    """Ask, then open a running drive's tray whatever the guest does with it. HypervisorError."""
    if await app.ask(
        f"Force {visible(drive.label)} open?",
        "The guest may still be reading from it.",
        [visible(drive.source), visible(force_eject_command(record, drive.target))],
        "Force",
    ):
        await force_eject(host, record, to_xml(drive.element), drive.target)
