"""What is asked about a disk's data: where it comes from, how large it is, when it goes."""

from __future__ import annotations

from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.volumes import (
    create_volume,
    disk_sizes,
    force_eject,
    list_volumes,
    resize_disk,
)
from tui.model.changes import to_xml
from tui.model.devices import Disk
from tui.model.surroundings import Surroundings
from tui.model.text import visible
from tui.model.units import exact_size, parse_size, size
from tui.screens.choose import Choose, Offer
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


async def ask_for_source(
    app: Program, host: Host, machine: str, surroundings: Surroundings
) -> tuple[str, str] | None:
    """Source and format of a new disk: a new volume, one that is there, or a path."""
    offers = []
    for pool in surroundings.pools:
        free = f"{size(pool.available)} free"
        offers.append(Offer(f"new {pool.name}", f"New volume in {pool.name}", free))
        offers.append(Offer(f"old {pool.name}", f"Volume of {pool.name}", "that is there"))
    offers.append(Offer("path", "Path on the host", "typed"))
    chosen = await app.push_screen_wait(Choose("Add a disk: where is its data?", offers))
    if chosen is None:
        return None
    kind, _, pool_name = chosen.partition(" ")
    if kind == "new":
        return await _new_volume(app, host, machine, pool_name)
    if kind == "old":
        return await _volume(app, host, pool_name)
    path = await app.ask_text("Add a disk", "Path on the host", "/var/lib/libvirt/images/")
    return None if path is None else (path, "qcow2" if path.endswith(".qcow2") else "raw")


async def _new_volume(app: Program, host: Host, machine: str, pool: str) -> tuple[str, str] | None:
    taken = {volume.name for volume in await list_volumes(host, pool)}
    number = next(n for n in range(1, len(taken) + 2) if f"{machine}-{n}.qcow2" not in taken)
    name = await app.ask_text(f"New volume in {pool}", "Name", f"{machine}-{number}.qcow2")
    if not name:
        return None
    text = await app.ask_text(f"New volume in {pool}", "Size; it is made now", "20 GiB")
    capacity = None if text is None else parse_size(text)
    if text is None:
        return None
    if not capacity:
        app.say("A size such as 20 GiB.", "error")
        return None
    kind = "qcow2" if name.endswith(".qcow2") else "raw"
    volume = await create_volume(host, pool, name, capacity, kind)
    return volume.path, volume.format


async def _volume(app: Program, host: Host, pool: str) -> tuple[str, str] | None:
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
    return None if found is None else (found.path, found.format)


async def ask_for_size(app: Program, host: Host, record: DomainRecord, disk: Disk) -> bool:
    """Ask for a disk's new size and enlarge it at once; True when it was. HypervisorError."""
    present, _used = await disk_sizes(host, record, disk.target)
    text = await app.ask_text(
        f"Resize {visible(disk.label)}: it has {exact_size(present)}",
        "New size, larger than now; the guest has to grow its partitions itself",
        exact_size(present),
    )
    wanted = None if text is None else parse_size(text)
    if text is None or wanted == present:
        return False
    if wanted is None or wanted < present:
        app.say("A size such as 40 GiB, larger than now: shrinking loses data.", "error")
        return False
    await resize_disk(host, record, disk.target, disk.source, wanted)
    return True


async def ask_to_force_eject(app: Program, host: Host, record: DomainRecord, drive: Disk) -> None:
    """Ask, then open a running drive's tray whatever the guest does with it. HypervisorError."""
    if await app.ask(
        f"Force {visible(drive.label)} open?",
        "The guest may still be reading from it.",
        [visible(drive.source)],
        "Force",
    ):
        await force_eject(host, record, to_xml(drive.element), drive.target)
