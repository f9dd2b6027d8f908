"""Reading what the hardware editor works on: definitions, and what the host offers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

import libvirt
from lxml import etree

from tui.hypervisor.handles import domain_of, list_handles
from tui.hypervisor.helpings import read_each
from tui.hypervisor.host import Host
from tui.hypervisor.lacks import if_supported
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord
from tui.model.capabilities import DomainCapabilities
from tui.model.cpuset import parse_cpus
from tui.model.domain import Domain
from tui.model.plan import DomainStatus
from tui.model.surroundings import HostCell, Neighbours, Pool, Surroundings
from tui.model.units import scale
from tui.model.xml import parse

T = TypeVar("T")

NEIGHBOURS = 300
"""Definitions of other machines that are looked into; more would take too long on a slow link."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """One machine's definitions."""

    stored: Domain
    """What the next boot takes, secrets included; of a transient machine what runs."""
    live: Domain | None
    """What runs; None while it is off or until it has been read."""
    status: DomainStatus


async def read_stored(host: Host, record: DomainRecord) -> Hardware:
    """The stored definition, in two calls; :func:`read_live` adds the running one.

    virDomainGetXMLDesc with INACTIVE and SECURE; a read-only connection gets no secrets. Whether
    it starts with the host stands beside it; a driver or a machine that has no such mark says none.
    Raises HypervisorError.
    """
    flags = libvirt.VIR_DOMAIN_XML_INACTIVE if record.persistent else 0
    if not host.record.readonly:
        flags |= libvirt.VIR_DOMAIN_XML_SECURE

    def read(connection: libvirt.virConnect) -> tuple[str, int | None]:
        domain = domain_of(connection, record.uuid)
        marked = _asked(domain.autostart, None) if record.persistent else None
        return domain.XMLDesc(flags), marked

    xml, marked = await host.call(read)
    stored = Domain.from_xml(xml)
    if marked is not None:
        stored.edits.beside["autostart"] = "yes" if marked else "no"
    facts = host.record.facts
    driver = facts.driver.upper() if facts is not None else ""
    return Hardware(stored, None, DomainStatus(record.state.is_active, record.persistent, driver))


async def read_live(host: Host, record: DomainRecord, known: Hardware) -> Hardware:
    """The same with the running definition, as it is at this moment. Raises HypervisorError."""
    secure = 0 if host.record.readonly else libvirt.VIR_DOMAIN_XML_SECURE

    def read(connection: libvirt.virConnect) -> tuple[str, bool]:
        domain = domain_of(connection, record.uuid)
        return domain.XMLDesc(secure), bool(domain.isPersistent())

    xml, persistent = await host.call(read)
    told = Domain.from_xml(xml)
    live = None if told.root.get("id") is None else told  # else it is what is stored
    status = DomainStatus(live is not None, persistent, known.status.driver)
    return Hardware(known.stored, live, status)


async def read_surroundings(host: Host, stored: Domain) -> Surroundings:
    """What the host offers to this machine; what its driver cannot tell is empty.

    Raises HypervisorError only where the host does not answer.
    """

    def read(work: Callable[[libvirt.virConnect], T], lane: Lane) -> Awaitable[T]:
        return host.run(work, lane=lane, what=f"Asking {host.record.name} what it offers")

    def machine(connection: libvirt.virConnect) -> Surroundings:
        capabilities = _asked(lambda: parse(connection.getCapabilities()).getroot(), None)
        return Surroundings(
            capabilities=_asked(lambda: _domain_capabilities(connection, stored), None),
            driver=connection.getType().upper(),
            cells=_cells(capabilities),
            machines=_machines(capabilities, stored),
            free_pages=_asked(lambda: _free_pages(connection, capabilities), {}),
        )

    around, pools, names, interfaces = await asyncio.gather(
        read(machine, Lane.JOB),
        read(_active_pools, Lane.JOB),
        read(lambda c: (_names(c.listAllNetworks), _names(c.listAllNWFilters)), Lane.BACKGROUND),
        read(_interfaces, Lane.JOB),
    )
    return replace(
        around,
        networks=names[0],
        filters=names[1],
        bridges=_of_kinds(interfaces, "bridge"),
        devices=_of_kinds(interfaces, "ethernet", "bond", "vlan"),
        pools=pools,
    )


async def read_pools(host: Host) -> tuple[Pool, ...]:
    """The active storage pools, as they are now. Raises HypervisorError."""
    return await host.run(
        _active_pools,
        lane=Lane.JOB,
        what=f"Reading the pools of {host.record.name}",
    )


async def read_neighbours(host: Host, uuid: str) -> Neighbours:
    """Disk sources and pins of the host's other machines: one call for each of them.

    Raises HypervisorError.
    """

    what = f"Reading the machines of {host.record.name}"

    def read(connection: libvirt.virConnect, other: str) -> Domain | None:
        with contextlib.suppress(libvirt.libvirtError):  # gone meanwhile
            return Domain.from_xml(domain_of(connection, other).XMLDesc(0))
        return None

    def list_others(connection: libvirt.virConnect) -> list[str]:
        return [other for other in list_handles(connection)[:NEIGHBOURS] if other != uuid]

    others = await host.run(list_others, lane=Lane.JOB, what=what, timeout=None)
    sources: dict[str, str] = {}
    pins: dict[int, tuple[str, ...]] = {}
    for document in filter(None, await read_each(host, others, read, what)):
        name = document.name
        for disk in document.disks:
            if disk.source and not disk.readonly and not disk.shareable:
                sources[disk.source] = name
        told = [cpus for _number, cpus in document.cpu.pins]
        for cpu in frozenset().union(*map(parse_cpus, told)):
            pins[cpu] = (*pins.get(cpu, ()), name)
    return Neighbours(sources, pins)


def _asked(ask: Callable[[], T], otherwise: T) -> T:
    """What a driver may lack, and a host or an account too."""
    return if_supported(
        ask,
        otherwise,
        (
            libvirt.VIR_ERR_INTERNAL_ERROR,
            libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
            libvirt.VIR_ERR_OPERATION_DENIED,
        ),
    )


def _domain_capabilities(connection: libvirt.virConnect, stored: Domain) -> DomainCapabilities:
    general = stored.general
    return DomainCapabilities.from_xml(
        connection.getDomainCapabilities(
            general.emulator or None,
            general.arch or None,
            general.machine or None,
            stored.type or None,
            0,
        )
    )


def _names(list_all: Callable[[], Iterable[libvirt.virNetwork]]) -> tuple[str, ...]:
    return _asked(lambda: tuple(sorted(thing.name() for thing in list_all())), ())


def _interfaces(connection: libvirt.virConnect) -> tuple[tuple[str, str], ...]:
    """Name and kind of the active ones."""

    def ask() -> tuple[tuple[str, str], ...]:
        flags = libvirt.VIR_CONNECT_LIST_INTERFACES_ACTIVE
        found = [parse(i.XMLDesc(0)).getroot() for i in connection.listAllInterfaces(flags)]
        return tuple((i.get("name", ""), i.get("type", "")) for i in found)

    return _asked(ask, ())


def _of_kinds(interfaces: Iterable[tuple[str, str]], *kinds: str) -> tuple[str, ...]:
    return tuple(name for name, kind in interfaces if kind in kinds)


def _active_pools(connection: libvirt.virConnect) -> tuple[Pool, ...]:
    def ask() -> tuple[Pool, ...]:
        flags = libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE
        return tuple(
            Pool(pool.name(), parse(pool.XMLDesc(0)).getroot().get("type", ""), pool.info()[3])
            for pool in connection.listAllStoragePools(flags)
        )

    return _asked(ask, ())


def _cells(capabilities: etree._Element | None) -> tuple[HostCell, ...]:
    if capabilities is None:
        return ()
    found = []
    for cell in capabilities.iterfind("host/topology/cells/cell"):
        memory = cell.find("memory")
        size = None
        if memory is not None and (memory.text or "").strip().isdigit():
            size = int(memory.text or 0) * scale(memory.get("unit"))
        cpus = tuple(int(cpu.get("id", "0")) for cpu in cell.iterfind("cpus/cpu"))
        found.append(HostCell(int(cell.get("id", "0")), cpus, size))
    return tuple(found)


def _machines(capabilities: etree._Element | None, stored: Domain) -> tuple[str, ...]:
    if capabilities is None:
        return ()
    names: dict[str, None] = {}
    for arch in capabilities.iterfind(f"guest/arch[@name='{stored.general.arch}']"):
        for machine in arch.iter("machine"):
            names[(machine.text or "").strip()] = None
    return tuple(names)


def _free_pages(
    connection: libvirt.virConnect, capabilities: etree._Element | None
) -> dict[int, int]:
    """Free huge pages of all nodes together, by size in bytes."""
    if capabilities is None:
        return {}
    cells = _cells(capabilities)
    sizes = {
        int(page.get("size", "0")) * scale(page.get("unit"))
        for page in capabilities.iterfind("host/cpu/pages")
    }
    huge = sorted(size for size in sizes if size > 64 * 1024)
    if not huge or not cells:
        return {}
    first = min(cell.id for cell in cells)
    told = connection.getFreePages([size // 1024 for size in huge], first, len(cells), 0)
    return {
        size: sum(int(counts.get(size // 1024, 0)) for counts in told.values()) for size in huge
    }
