"""All that deciding about a machine's snapshots takes: documents, chains, who else uses what."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from posixpath import dirname

import libvirt
from lxml import etree

from tui.hypervisor.block_jobs import jobs_of
from tui.hypervisor.host import Host
from tui.hypervisor.images import Folders, look_into
from tui.hypervisor.lanes import Lane
from tui.hypervisor.listing import dotted
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.snapshots import snapshots_of
from tui.model import Domain
from tui.model.disk_chains import Chain, Uses
from tui.model.domain import AGENT_CHANNEL
from tui.model.snapshot_rules import Circumstances, DiskFacts
from tui.model.snapshot_situation import Situation
from tui.model.snapshots import Snapshot
from tui.model.xml import parse


@dataclass(frozen=True)
class Looked:
    """One look at a machine."""

    situation: Situation
    circumstances: Circumstances
    stored: Domain
    """What the next boot takes, secrets included."""
    active: bool


@dataclass(frozen=True)
class _Documents:
    """What one helping of calls gave."""

    driver: str
    libvirt: str
    stored: Domain
    live: Domain | None
    snapshots: tuple[Snapshot, ...]
    sources: Mapping[str, str]
    """Target to path of the machine's own disks."""
    others: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Machine to paths of its disks."""
    named: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Path to (machine, snapshot) of all machines."""
    daemon_can: bool = False
    managed_save: bool = False
    persistent: bool = True
    jobs: Mapping[str, str] = field(default_factory=dict)


async def look_at(host: Host, record: DomainRecord, *, who_else: bool = False) -> Looked:
    """Read it all; with ``who_else`` other machines' disks and snapshots too, a call or two each.

    Raises HypervisorError.
    """
    readonly = host.record.readonly
    read = await host.run(
        lambda connection: _read(connection, record, readonly, who_else),
        lane=Lane.JOB,
        what=f"Looking at the disks of {record.name}",
        timeout=None,
    )
    folders, chains, uses = Folders(), tuple[Chain, ...](), Uses()
    if read.driver == "QEMU":  # others have no images to look at
        paths = {*read.sources.values()}
        for one in read.snapshots:
            paths.update((*one.sources.values(), *one.external_disks.values(), one.memory_file))
        folders = await look_into(host, {dirname(path) for path in paths if path[:1] == "/"})
        chains, uses = tuple(_chains(read, folders)), _uses(record.name, read, folders)
    situation = Situation(
        machine=record.name,
        snapshots=read.snapshots,
        chains=chains,
        uses=uses,
        running=read.live is not None,
        persistent=read.persistent,
        managed_save=read.managed_save,
        daemon_can=read.daemon_can,
        libvirt=read.libvirt,
        driver=read.driver,
    )
    circumstances = _circumstances(read, folders, situation)
    return Looked(situation, circumstances, read.stored, read.live is not None)


def _read(
    connection: libvirt.virConnect, record: DomainRecord, readonly: bool, who_else: bool
) -> _Documents:
    domain = connection.lookupByUUIDString(record.uuid)
    secure = 0 if readonly else libvirt.VIR_DOMAIN_XML_SECURE
    live = Domain.from_xml(domain.XMLDesc(secure)) if domain.isActive() else None
    persistent = bool(domain.isPersistent())
    stored = live
    if persistent or live is None:
        stored = Domain.from_xml(domain.XMLDesc(secure | libvirt.VIR_DOMAIN_XML_INACTIVE))
    assert stored is not None
    snapshots = snapshots_of(domain, readonly)
    others: dict[str, frozenset[str]] = {}
    named = _named(record.name, snapshots)
    if who_else:
        for other in connection.listAllDomains():
            if other.UUIDString() == record.uuid:
                continue
            with contextlib.suppress(libvirt.libvirtError):  # gone meanwhile
                others[other.name()] = _all_sources(connection, other)
                if other.snapshotNum():
                    for path, owners in _named(other.name(), snapshots_of(other, True)).items():
                        named[path] = (*named.get(path, ()), *owners)
    targets = [] if live is None else [disk.target for disk in live.disks]
    return _Documents(
        driver=connection.getType().upper(),
        libvirt=dotted(connection.getLibVersion()),
        stored=stored,
        live=live,
        snapshots=snapshots,
        sources=dict(_sources(connection, (live or stored).root)),
        others=others,
        named=named,
        daemon_can=_daemon_can(connection),
        managed_save=persistent and bool(domain.hasManagedSaveImage()),
        persistent=persistent,
        jobs={job.target: job.word for job in jobs_of(domain, targets)},
    )


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
    texts = [domain.XMLDesc(0)]
    if domain.isActive() and domain.isPersistent():
        texts.append(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    found: set[str] = set()
    for root in (parse(text).getroot() for text in texts):
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


def _chains(read: _Documents, folders: Folders) -> Iterable[Chain]:
    formats = {disk.target: disk.format or "" for disk in (read.live or read.stored).disks}
    for target, path in read.sources.items():
        layers, trouble = folders.follow(path, formats.get(target, ""))
        yield Chain(target, layers, trouble)


def _uses(machine: str, read: _Documents, folders: Folders) -> Uses:
    """Who has which image: a machine has all that its disks stand on."""
    images = dict(folders.images)
    machines: dict[str, set[str]] = {}
    for name, paths in ((machine, frozenset(read.sources.values())), *read.others.items()):
        for path in paths:
            layers, _trouble = folders.follow(path)
            for layer in {path, *(layer.path for layer in layers)}:
                machines.setdefault(layer, set()).add(name)
    for one in read.snapshots:
        for path in (*one.sources.values(), *one.external_disks.values()):
            if path not in images and dirname(path) not in folders.unseen:
                layers, _trouble = folders.follow(path)
                images.update((layer.path, layer) for layer in layers if layer.missing)
    unseen = tuple(f"{folder}: {why}" for folder, why in folders.unseen.items())
    told = {path: tuple(sorted(names)) for path, names in machines.items()}
    return Uses(images, told, read.named, unseen)


def _circumstances(read: _Documents, folders: Folders, situation: Situation) -> Circumstances:
    front = read.live or read.stored
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
