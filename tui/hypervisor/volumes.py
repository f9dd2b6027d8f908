"""Storage volumes as far as a machine's disks need them: made, found, enlarged, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import libvirt
from lxml import etree

from tui.hypervisor.change import change, change_domain, virsh
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.handles import domain_of
from tui.hypervisor.helpings import read_each
from tui.hypervisor.host import Host
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord
from tui.model.units import exact_size, scale, size
from tui.model.xml import parse

T = TypeVar("T")

WHOLE = ("logical", "disk")
"""Pools whose volumes are whole devices, without a format."""
NAMED_BY_FOLDER = ("dir", "fs", "netfs", "logical")
"""Pools in which a volume's path is the pool's and its name."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume of a pool."""

    name: str
    path: str
    format: str
    capacity: int
    """Bytes that the guest sees."""
    allocation: int
    """Bytes that it takes on the host."""


@dataclass(frozen=True, slots=True)
class NewVolume:
    """A volume that is still to be made."""

    pool: str
    name: str
    capacity: int
    """Bytes that the guest will see."""
    format: str
    path: str
    """Where a disk will find it: its path, or ``pool/name`` where only the pool can tell."""

    @property
    def command(self) -> str:
        """What virsh would make it by."""
        size, kind = str(self.capacity), self.format
        return virsh("vol-create-as", self.pool, self.name, size, "--format", kind)


async def list_volumes(host: Host, pool: str) -> list[Volume]:
    """The volumes of an active pool by name: a call for each. Raises HypervisorError.

    Those that go meanwhile are left out.
    """
    what = f"Reading the pool {pool}"
    listed = await host.run(
        lambda connection: connection.storagePoolLookupByName(pool).listAllVolumes(),
        lane=Lane.JOB,
        what=what,
    )
    found = await read_each(host, listed, lambda _c, one: if_there(lambda: _volume(one)), what)
    return sorted((one for one in found if one is not None), key=lambda volume: volume.name)


def if_there(read: Callable[[], T]) -> T | None:
    """None of a volume that went since it was listed, or whose file did and its pool has not seen.

    What else libvirt says is raised as it is.
    """
    try:
        return read()
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_NO_STORAGE_VOL:
            raise
        return None


def _volume(volume: libvirt.virStorageVol) -> Volume:
    """All of it from its XML: path and sizes would be a call each."""
    root = parse(volume.XMLDesc(0)).getroot()
    found = root.find("target/format")
    kind = "raw" if found is None else found.get("type", "raw")
    path = root.findtext("target/path") or root.findtext("key") or ""
    return Volume(volume.name(), path, kind, _bytes(root, "capacity"), _bytes(root, "allocation"))


def _bytes(root: etree._Element, name: str) -> int:
    told = root.find(name)
    return 0 if told is None else int(told.text or 0) * scale(told.get("unit", "bytes"))


async def plan_volume(host: Host, pool: str, name: str, capacity: int, kind: str) -> NewVolume:
    """A volume of ``capacity`` bytes as it would be made: thin for qcow2, all of it for raw.

    Nothing is made. Raises HypervisorError, also where the pool has no room for it.
    """

    def plan(connection: libvirt.virConnect) -> NewVolume:
        place = connection.storagePoolLookupByName(pool)
        root = parse(place.XMLDesc(0)).getroot()
        whole = root.get("type") in WHOLE
        _check_room(place, capacity, "raw" if whole else kind)
        folder = root.findtext("target/path", "").rstrip("/")
        told = folder and root.get("type") in NAMED_BY_FOLDER
        path = f"{folder}/{name}" if told else f"{pool}/{name}"
        return NewVolume(pool, name, capacity, "raw" if whole else kind, path)

    return await host.run(plan, lane=Lane.JOB, what=f"Reading the pool {pool}")


async def create_volume(host: Host, new: NewVolume) -> Volume:
    """Make a volume. virStorageVolCreateXML.

    Raises HypervisorError, before anything is made where a raw one would not fit.
    """
    xml = etree.Element("volume")
    etree.SubElement(xml, "name").text = new.name
    etree.SubElement(xml, "capacity", unit="bytes").text = str(new.capacity)

    def create(connection: libvirt.virConnect) -> Volume:
        place = connection.storagePoolLookupByName(new.pool)
        if parse(place.XMLDesc(0)).getroot().get("type") not in WHOLE:
            target = etree.SubElement(xml, "target")
            etree.SubElement(target, "format", type=new.format)
        _check_room(place, new.capacity, new.format)
        return _volume(place.createXML(etree.tostring(xml, encoding="unicode"), 0))

    return await change(host, f"{new.pool}/{new.name}", "create volume", new.command, create)


def _check_room(place: libvirt.virStoragePool, capacity: int, kind: str) -> None:
    available = place.info()[3]
    if kind == "raw" and capacity > available:
        raise NoSpaceError(place.name(), capacity, available)


class NoSpaceError(HypervisorError):
    """A pool has not the space that a volume takes at once."""

    def __init__(self, pool: str, wanted: int, available: int) -> None:
        super().__init__(
            f"Create a volume in {pool}",
            words=f"it takes {exact_size(wanted)}, the pool has {size(available)} free",
            advice="Make it smaller, take qcow2, or another pool.",
        )


async def delete_volume(host: Host, path: str) -> None:
    """Delete a volume and its data, by its path or ``pool/name``. Raises HypervisorError.

    InUseError, before anything is done, while a machine has it, running or stored, as a disk
    or below one.
    """

    def delete(connection: libvirt.virConnect) -> None:
        volume = find_volume(connection, path)
        users = volume_users(connection, volume)
        if users:
            raise InUseError(path, users)
        volume.delete(0)

    await change(host, path, "delete volume", virsh("vol-delete", path), delete)


class InUseError(HypervisorError):
    """A volume that machines still have."""

    def __init__(self, path: str, users: Sequence[str]) -> None:
        super().__init__(
            f"Delete {path}",
            words=f"it is still in use by {', '.join(users)}",
            advice="Remove it there first; a running machine may keep it until it is off.",
        )


def volume_users(connection: libvirt.virConnect, volume: libvirt.virStorageVol) -> list[str]:
    """Names of the machines that have a volume, and of volumes of its pool that stand on it.

    One or two calls for each machine, one for each volume of the pool.
    """
    path, name = volume.path(), volume.name()
    pool = volume.storagePoolLookupByVolume()
    found: dict[str, None] = {}
    for domain in connection.listAllDomains():
        try:
            texts = [domain.XMLDesc(0)]
            if domain.isActive() and domain.isPersistent():
                texts.append(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
            for source in (s for text in texts for s in parse(text).getroot().iter("source")):
                volume_of = (source.get("pool"), source.get("volume"))
                if path in (source.get("file"), source.get("dev")) or volume_of == (
                    pool.name(),
                    name,
                ):
                    found[domain.name()] = None
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:
                raise
    for other in pool.listAllVolumes():
        text = if_there(other.XMLDesc)
        if text and parse(text).getroot().findtext("backingStore/path") == path:
            found[other.name()] = None
    return list(found)


async def resize_disk(
    host: Host, record: DomainRecord, target: str, source: str, capacity: int
) -> None:
    """Enlarge a disk to ``capacity`` bytes: while it runs, or its volume while it is off.

    virDomainBlockResize, virStorageVolResize. Raises HypervisorError.
    """
    command = virsh("blockresize", record.name, target, f"{capacity}B")
    if not record.state.is_active:
        command = virsh("vol-resize", source, f"{capacity}B")

    def resize(domain: libvirt.virDomain) -> None:
        if domain.isActive():
            domain.blockResize(target, capacity, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
        else:
            find_volume(domain.connect(), source).resize(capacity, 0)

    await change_domain(
        host, record, f"resize {target} to {exact_size(capacity)} of", command, resize
    )


async def disk_sizes(host: Host, record: DomainRecord, target: str) -> tuple[int, int]:
    """Capacity and allocation of a disk in bytes (virDomainGetBlockInfo). HypervisorError."""

    def read(connection: libvirt.virConnect) -> tuple[int, int]:
        capacity, allocation, _physical = domain_of(connection, record.uuid).blockInfo(target)
        return capacity, allocation

    return await host.call(read)


async def force_eject(host: Host, record: DomainRecord, xml: str, target: str) -> None:
    """Take a medium out though the guest has locked the tray; ``xml``: the running drive.

    virDomainUpdateDeviceFlags with FORCE. Raises HypervisorError.
    """
    drive = parse(xml).getroot()
    for source in drive.findall("source"):
        drive.remove(source)
    text = etree.tostring(drive, encoding="unicode")
    flags = libvirt.VIR_DOMAIN_DEVICE_MODIFY_LIVE | libvirt.VIR_DOMAIN_DEVICE_MODIFY_FORCE
    await change_domain(
        host,
        record,
        f"force the tray of {target} open on",
        force_eject_command(record, target),
        lambda domain: domain.updateDeviceFlags(text, flags),
    )


def force_eject_command(record: DomainRecord, target: str) -> str:
    """What virsh would be told for :func:`force_eject`."""
    return virsh("change-media", record.name, target, "--eject", "--live", "--force")


def find_volume(connection: libvirt.virConnect, source: str) -> libvirt.virStorageVol:
    """The volume of a path or of ``pool/name``; libvirtError where there is none."""
    if source.startswith("/"):
        return connection.storageVolLookupByPath(source)
    pool, _, name = source.partition("/")
    return connection.storagePoolLookupByName(pool).storageVolLookupByName(name)
