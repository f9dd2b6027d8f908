"""All that deciding about a machine's snapshots takes: documents, chains, who else uses what."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import dirname
from typing import Any, TypeVar

import libvirt
from lxml import etree

from tui.hypervisor.block_jobs import jobs_of
from tui.hypervisor.handles import domain_of, list_handles
from tui.hypervisor.helpings import read_each
from tui.hypervisor.host import Host
from tui.hypervisor.images import Folders, look_into, pools_of_folders
from tui.hypervisor.lanes import Lane
from tui.hypervisor.listing import dotted, read_having_snapshots
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.snapshots import snapshots_of
from tui.model import Domain
from tui.model.disk_chains import Chain, Uses
from tui.model.domain import AGENT_CHANNEL
from tui.model.snapshot_rules import Circumstances, DiskFacts
from tui.model.snapshot_situation import Situation
from tui.model.snapshots import Snapshot
from tui.model.xml import parse

T = TypeVar("T")


@dataclass(frozen=True)
class Looked:
    """One look at a machine."""

    situation: Situation
    circumstances: Circumstances
    stored: Domain
    """What the next boot takes, secrets included."""
    active: bool


@dataclass(frozen=True)
class _Definitions:
    """The machine's own."""

    stored: Domain
    live: Domain | None
    sources: Mapping[str, str]
    """Target to path of its disks."""
    jobs: Mapping[str, str]
    """Target to word of what runs on them."""

    @property
    def front(self) -> Domain:
        """What runs, else what the next boot takes."""
        return self.live or self.stored


@dataclass(frozen=True)
class _Around:
    """What does not depend on the machine."""

    driver: str
    libvirt: str
    daemon_can: bool
    pools: Mapping[str, Any]
    """libvirt's handles, by folder."""


@dataclass(frozen=True)
class _Other:
    """Another machine: its name, paths of its disks, its snapshots by path that they need."""

    name: str
    paths: frozenset[str]
    named: Mapping[str, tuple[tuple[str, str], ...]]


async def look_at(host: Host, record: DomainRecord, *, who_else: bool = False) -> Looked:
    """Read it all, side by side; with ``who_else`` other machines' disks and snapshots too.

    Takes a call or two for each volume of the pools that its disks are in and, with
    ``who_else``, for each machine. Raises HypervisorError.
    """
    readonly, uuid = host.record.readonly, record.uuid
    what = f"Looking at the disks of {record.name}"

    def read(work: Callable[[libvirt.virConnect], T], lane: Lane) -> Awaitable[T]:
        return host.run(work, lane=lane, what=what, timeout=None)

    async def read_others() -> list[_Other | None]:
        if not who_else:
            return []
        others, having = await read(lambda c: _others(c, uuid), Lane.JOB)
        return await read_each(host, others, lambda c, one: _other(c, one, having), what)

    definitions, snapshots, around, (persistent, saved), others = await asyncio.gather(
        read(lambda c: _definitions(c, record, readonly), Lane.JOB),
        read(lambda c: snapshots_of(domain_of(c, uuid), readonly), Lane.JOB),
        read(_around, Lane.BACKGROUND),
        read(lambda c: _persistence(domain_of(c, uuid)), Lane.QUICK),
        read_others(),
    )
    folders, chains, uses = Folders(), tuple[Chain, ...](), Uses()
    if around.driver == "QEMU":  # others have no images to look at
        paths = {*definitions.sources.values()}
        for one in snapshots:
            paths.update((*one.sources.values(), *one.external_disks.values(), one.memory_file))
        wanted = {dirname(path) for path in paths if path[:1] == "/"}
        folders = await look_into(host, wanted, around.pools)
        chains = tuple(_chains(definitions, folders))
        uses = _uses(record.name, definitions, snapshots, others, folders)
    situation = Situation(
        machine=record.name,
        snapshots=snapshots,
        chains=chains,
        uses=uses,
        running=definitions.live is not None,
        persistent=persistent,
        managed_save=saved,
        daemon_can=around.daemon_can,
        libvirt=around.libvirt,
        driver=around.driver,
    )
    circumstances = _circumstances(definitions, folders, situation)
    stored = definitions.stored if persistent else definitions.front
    return Looked(situation, circumstances, stored, situation.running)


def _definitions(
    connection: libvirt.virConnect, record: DomainRecord, readonly: bool
) -> _Definitions:
    domain = domain_of(connection, record.uuid)
    secure = 0 if readonly else libvirt.VIR_DOMAIN_XML_SECURE
    live = None
    if record.state.is_active or domain.isActive():
        told = Domain.from_xml(domain.XMLDesc(secure))
        live = told if _is_live(told.root) else None
    stored = Domain.from_xml(domain.XMLDesc(secure | libvirt.VIR_DOMAIN_XML_INACTIVE))
    targets = [] if live is None else [disk.target for disk in live.disks]
    return _Definitions(
        stored,
        live,
        dict(_sources(connection, (live or stored).root)),
        {job.target: job.word for job in jobs_of(domain, targets)},
    )


def _is_live(root: etree._Element) -> bool:
    """Whether it is the definition of something that runs."""
    return root.get("id") is not None


def _persistence(domain: libvirt.virDomain) -> tuple[bool, bool]:
    """Whether it is defined, whether it has a saved state."""
    persistent = bool(domain.isPersistent())
    return persistent, persistent and bool(domain.hasManagedSaveImage())


def _around(connection: libvirt.virConnect) -> _Around:
    driver = connection.getType().upper()
    return _Around(
        driver=driver,
        libvirt=dotted(connection.getLibVersion()),
        daemon_can=_daemon_can(connection),
        pools=pools_of_folders(connection) if driver == "QEMU" else {},
    )


def _others(connection: libvirt.virConnect, uuid: str) -> tuple[list[str], frozenset[str]]:
    """UUIDs of the other machines, and of those that have snapshots."""
    others = [other for other in list_handles(connection) if other != uuid]
    return others, frozenset(read_having_snapshots(connection))


def _other(connection: libvirt.virConnect, uuid: str, having: Collection[str]) -> _Other | None:
    """None for one that has gone meanwhile."""
    with contextlib.suppress(libvirt.libvirtError):
        domain = domain_of(connection, uuid)
        name, paths = domain.name(), _all_sources(connection, domain)
        told = snapshots_of(domain, True) if uuid in having else ()
        return _Other(name, paths, _named(name, told))
    return None


def _daemon_can(connection: libvirt.virConnect) -> bool:
    """``<externalSnapshot/>``: libvirt 9.9 and newer revert to external ones, and delete all."""
    root = parse(connection.getCapabilities()).getroot()
    return root.find("guest/features/externalSnapshot") is not None


def _sources(connection: libvirt.virConnect, root: etree._Element) -> Iterable[tuple[str, str]]:
    """Target and path of each disk; a volume's path is asked of its pool."""
    for disk in root.iterfind("devices/disk"):
        target, source = disk.find("target"), disk.find("source")
        if target is None or source is None:
            continue
        if disk.get("device", "disk") not in ("disk", "lun"):
            continue
        path = source.get("file") or source.get("dev") or ""
        if not path and source.get("volume"):
            with contextlib.suppress(libvirt.libvirtError):  # not there: nothing to follow
                pool = connection.storagePoolLookupByName(source.get("pool", ""))
                path = pool.storageVolLookupByName(source.get("volume", "")).path()
        if path:
            yield target.get("dev", ""), path


def _all_sources(connection: libvirt.virConnect, domain: libvirt.virDomain) -> frozenset[str]:
    """Every path that a machine's disks name, running and stored, chains included."""
    roots = [parse(domain.XMLDesc(0)).getroot()]
    if _is_live(roots[0]):
        roots.append(parse(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)).getroot())
    found: set[str] = set()
    for root in roots:
        found.update(path for _target, path in _sources(connection, root))
        for source in root.iterfind("devices/disk//source"):
            found.update(filter(None, (source.get("file"), source.get("dev"))))
    return frozenset(found)


def _named(machine: str, snapshots: Iterable[Snapshot]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Path to the snapshots that need it: the images they hold, and the overlays on top."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for one in snapshots:
        paths = {*one.sources.values(), *one.external_disks.values()}
        for path in filter(None, paths):
            found[path] = (*found.get(path, ()), (machine, one.name))
    return found


def _chains(read: _Definitions, folders: Folders) -> Iterable[Chain]:
    formats = {disk.target: disk.format or "" for disk in read.front.disks}
    for target, path in read.sources.items():
        layers, trouble = folders.follow(path, formats.get(target, ""))
        yield Chain(target, layers, trouble)


def _uses(
    machine: str,
    read: _Definitions,
    snapshots: Sequence[Snapshot],
    others: Iterable[_Other | None],
    folders: Folders,
) -> Uses:
    """Who has which image: a machine has all that its disks stand on."""
    images = dict(folders.images)
    machines: dict[str, set[str]] = {}
    having, named = {machine: frozenset(read.sources.values())}, _named(machine, snapshots)
    for other in filter(None, others):
        having[other.name] = other.paths
        for path, owners in other.named.items():
            named[path] = (*named.get(path, ()), *owners)
    for name, paths in having.items():
        for path in paths:
            layers, _trouble = folders.follow(path)
            for layer in {path, *(layer.path for layer in layers)}:
                machines.setdefault(layer, set()).add(name)
    for one in snapshots:
        for path in (*one.sources.values(), *one.external_disks.values()):
            if path not in images and dirname(path) not in folders.unseen:
                layers, _trouble = folders.follow(path)
                images.update((layer.path, layer) for layer in layers if layer.missing)
    unseen = tuple(f"{folder}: {why}" for folder, why in folders.unseen.items())
    told = {path: tuple(sorted(names)) for path, names in machines.items()}
    return Uses(images, told, named, unseen)


def _circumstances(read: _Definitions, folders: Folders, situation: Situation) -> Circumstances:
    front = read.front
    disks = []
    for disk in front.disks:
        chain = situation.chain(disk.target)
        active = chain.layers[0] if chain is not None and chain.layers else None
        source = read.sources.get(disk.target, disk.source)
        disks.append(
            DiskFacts(
                target=disk.target,
                source=source,
                device=disk.device or "disk",
                kind=disk.type or "file",
                format=disk.format or (active.format if active is not None else "") or "raw",
                readonly=bool(disk.readonly),
                shareable=bool(disk.shareable),
                capacity=None if active is None else active.capacity,
                free=folders.free.get(dirname(source)),
                depth=0 if chain is None else chain.depth,
                missing=() if chain is None else chain.missing,
                job=read.jobs.get(disk.target, ""),
            )
        )
    memory = front.memory.current or front.memory.maximum or 0
    first = next((disk for disk in disks if disk.takes_part), None)
    return Circumstances(
        running=situation.running,
        persistent=situation.persistent,
        managed_save=situation.managed_save,
        driver=situation.driver,
        libvirt=situation.libvirt,
        reverts_external=situation.daemon_can,
        takes_external=situation.driver == "QEMU",
        disks=tuple(disks),
        hostdevs=(
            *(device.label for device in front.hostdevs),
            *(nic.label for nic in front.interfaces if nic.type == "hostdev"),
        ),
        nvram=front.root.findtext("os/nvram") or "",
        nvram_format=_nvram_format(front.root),
        agent=_agent(front.root),
        memory=memory,
        memory_free=None if first is None else first.free,
        existing=situation.snapshots,
        present_files=frozenset(
            path for path, image in folders.images.items() if not image.missing
        ),
        now=time.time(),
    )


def _nvram_format(root: etree._Element) -> str:
    nvram = root.find("os/nvram")
    return "raw" if nvram is None else nvram.get("format", "raw")


def _agent(root: etree._Element) -> str:
    """State of the guest agent's channel; empty without one."""
    target = root.find(f"devices/channel/target[@name='{AGENT_CHANNEL}']")
    return "" if target is None else target.get("state", "disconnected")
