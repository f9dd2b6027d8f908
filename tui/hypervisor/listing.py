"""Bulk reading: what is on a host, in as few calls as there are kinds of answers.

Functions here take a connection, run in a host's threads, and raise libvirtError.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import libvirt

from tui.hypervisor.handles import keep_handles
from tui.hypervisor.lacks import LACKS, if_supported
from tui.hypervisor.records import SOME, DomainRecord, HostFacts, NamedRecord
from tui.model.states import DomainState, state_of
from tui.model.xml import parse

CHUNK = 1000
"""Domains per domainListGetStats: libvirt's protocol refuses an answer for more than 4096."""

Stats = list[tuple[libvirt.virDomain, dict[str, Any]]]


def bulk_stats(connection: libvirt.virConnect, groups: int, flags: int = 0) -> Stats:
    """virConnectGetAllDomainStats, in chunks where the host has more than its answer holds."""
    nowait = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
    try:
        stats: Stats = connection.getAllDomainStats(groups, flags | nowait)
    except libvirt.libvirtError as error:
        if error.get_error_code() in LACKS:
            stats = connection.getAllDomainStats(groups, flags)
        elif error.get_error_code() == libvirt.VIR_ERR_RPC:
            domains = connection.listAllDomains(flags)
            stats = []
            for start in range(0, len(domains), CHUNK):
                stats += connection.domainListGetStats(
                    domains[start : start + CHUNK], groups, nowait
                )
        else:
            raise
    return stats


def read_domains(connection: libvirt.virConnect, host: str) -> list[DomainRecord]:
    """Every domain's name and state: one call (drivers without statistics: two and more)."""
    stats = if_supported(lambda: bulk_stats(connection, libvirt.VIR_DOMAIN_STATS_STATE), None)
    if stats is None:
        domains = connection.listAllDomains()
        keep_handles(connection, domains)
        return [_record(host, domain, *_state(domain)) for domain in domains]
    keep_handles(connection, (domain for domain, _values in stats))
    return [
        _record(
            host,
            domain,
            state_of(values.get("state.state", 0)),
            values.get("state.reason", 0),
        )
        for domain, values in stats
    ]


def _state(domain: libvirt.virDomain) -> tuple[DomainState, int]:
    state, reason = domain.state()
    return state_of(state), reason


def _record(host: str, domain: libvirt.virDomain, state: DomainState, reason: int) -> DomainRecord:
    number = domain.ID()
    return DomainRecord(
        host=host,
        uuid=domain.UUIDString(),
        name=domain.name(),
        id=number if number >= 0 else None,
        state=state,
        reason=reason,
    )


@dataclass(frozen=True, slots=True)
class Flags:
    """UUIDs by property: one listAllDomains for each, whatever the number of domains."""

    transient: frozenset[str]
    autostart: frozenset[str]
    managed_save: frozenset[str]
    snapshots: Mapping[str, int]


def read_flags(connection: libvirt.virConnect) -> Flags:
    """The properties that virConnectListAllDomains can filter by."""

    autostart, managed_save = read_unannounced(connection)
    return Flags(
        transient=_having(connection, libvirt.VIR_CONNECT_LIST_DOMAINS_TRANSIENT),
        autostart=autostart,
        managed_save=managed_save,
        snapshots=read_having_snapshots(connection),
    )


def read_unannounced(connection: libvirt.virConnect) -> tuple[frozenset[str], frozenset[str]]:
    """UUIDs with autostart and with a managed save: libvirt has no event for either."""
    return (
        _having(connection, libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART),
        _having(connection, libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE),
    )


def _having(connection: libvirt.virConnect, flag: int) -> frozenset[str]:
    return frozenset(
        domain.UUIDString() for domain in if_supported(lambda: connection.listAllDomains(flag), ())
    )


def read_having_snapshots(connection: libvirt.virConnect, count: bool = False) -> dict[str, int]:
    """Number of snapshots by UUID, of those domains that have any; SOME unless counted.

    Polled: libvirt has no event for them. Counting takes a call for each of those domains.
    """
    flag = libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT
    return {
        domain.UUIDString(): _or_no(domain.snapshotNum) if count else SOME
        for domain in if_supported(lambda: connection.listAllDomains(flag), ())
    }


@dataclass(frozen=True, slots=True)
class DomainSize:
    """Current virtual CPUs and memory (bytes) of a domain."""

    vcpus: int | None
    memory: int | None


def read_sizes(connection: libvirt.virConnect) -> dict[str, DomainSize]:
    """Size by UUID, one bulk call; a driver whose statistics lack it is asked per domain.

    The second way is for drivers inside this process only (``test:///``).
    """
    groups = libvirt.VIR_DOMAIN_STATS_VCPU | libvirt.VIR_DOMAIN_STATS_BALLOON
    if connection.getType() == "TEST":
        return {domain.UUIDString(): info_size(domain) for domain in connection.listAllDomains()}
    none: Stats = []
    stats = if_supported(lambda: bulk_stats(connection, groups), none)
    return {domain.UUIDString(): stats_size(values) for domain, values in stats}


def stats_size(values: Mapping[str, Any]) -> DomainSize:
    """Size out of the VCPU and BALLOON groups (``balloon.current`` is in KiB)."""
    memory = values.get("balloon.current")
    return DomainSize(values.get("vcpu.current"), None if memory is None else memory * 1024)


def info_size(domain: libvirt.virDomain) -> DomainSize:
    """Size by virDomainGetInfo (memory in KiB)."""
    _state, _maximum, memory, vcpus, _time = domain.info()
    return DomainSize(vcpus, memory * 1024)


def read_domain(connection: libvirt.virConnect, host: str, uuid: str) -> DomainRecord | None:
    """One domain afresh, with its flags; None when it is gone."""
    try:
        domain = connection.lookupByUUIDString(uuid)
        state, reason = domain.state()
        size = info_size(domain)
        number = domain.ID()
        persistent = bool(domain.isPersistent())
        return DomainRecord(
            host=host,
            uuid=uuid,
            name=domain.name(),
            id=number if number >= 0 else None,
            state=state_of(state),
            reason=reason,
            vcpus=size.vcpus,
            memory=size.memory,
            persistent=persistent,
            autostart=bool(persistent and _or_no(domain.autostart)),
            managed_save=bool(persistent and _or_no(domain.hasManagedSaveImage)),
            snapshots=_or_no(domain.snapshotNum),
        )
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
            return None
        raise


def _or_no(question: Callable[[], int]) -> int:
    """What a driver may lack; of a domain that has vanished meanwhile there is none either."""
    return if_supported(question, 0, (libvirt.VIR_ERR_NO_DOMAIN,))


def read_named(connection: libvirt.virConnect, host: str) -> dict[str, list[NamedRecord]]:
    """Networks, pools and node devices, by kind; a kind that the driver lacks is empty."""
    none: list[NamedRecord] = []
    networks = partial(
        _named,
        host,
        connection.listAllNetworks,
        libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE,
        libvirt.VIR_CONNECT_LIST_NETWORKS_PERSISTENT,
        libvirt.VIR_CONNECT_LIST_NETWORKS_AUTOSTART,
    )
    pools = partial(
        _named,
        host,
        connection.listAllStoragePools,
        libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE,
        libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT,
        libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART,
    )

    def node_devices() -> list[NamedRecord]:
        names = [device.name() for device in connection.listAllDevices(0)]
        return [NamedRecord(host, name, name) for name in names]

    return {
        "network": if_supported(networks, none),
        "pool": if_supported(pools, none),
        "node-device": if_supported(node_devices, none),
    }


def _named(
    host: str, list_all: Callable[[int], list[Any]], active: int, persistent: int, autostart: int
) -> list[NamedRecord]:
    """Networks or pools: one call for all of them, and one for each flag."""
    things = list_all(0)
    having = {
        flag: {thing.UUIDString() for thing in list_all(flag)}
        for flag in (active, persistent, autostart)
    }
    return [
        NamedRecord(
            host,
            uuid,
            thing.name(),
            active=uuid in having[active],
            persistent=uuid in having[persistent],
            autostart=uuid in having[autostart],
        )
        for thing in things
        for uuid in (thing.UUIDString(),)
    ]


def read_round_trip(connection: libvirt.virConnect) -> float:
    """Seconds that a trivial call takes."""
    begin = time.monotonic()
    connection.getLibVersion()
    return time.monotonic() - begin


def read_facts(connection: libvirt.virConnect, is_local: bool) -> HostFacts:
    """Versions and size of the host (virConnectGetLibVersion, …Version, …Hostname, NodeInfo)."""
    model, memory_mib, cpus, *_rest = connection.getInfo()
    try:
        hypervisor = dotted(connection.getVersion())
    except libvirt.libvirtError:  # optional for a driver, and QEMU may be missing
        hypervisor = ""
    return HostFacts(
        hostname=connection.getHostname(),
        driver=connection.getType(),
        libvirt_version=dotted(connection.getLibVersion()),
        hypervisor_version=hypervisor,
        cpu_model=model,
        cpus=cpus,
        memory=memory_mib * 1024 * 1024,
        is_local=is_local,
    )


def read_host_uuid(connection: libvirt.virConnect) -> str:
    """The host's UUID; empty where the driver tells none. Ten kilobytes and more are read."""
    try:
        return parse(connection.getCapabilities()).getroot().findtext("host/uuid") or ""
    except libvirt.libvirtError:  # optional for a driver
        return ""


def dotted(version: int) -> str:
    """``9000000`` as ``9.0.0`` (libvirt's version numbers)."""
    return f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}"
