"""Usage of running machines: one bulk call per host and sample, spaced by what it costs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import libvirt

from tui.hypervisor.listing import bulk_stats
from tui.hypervisor.records import Usage

BASE_INTERVAL = 2.0
"""Seconds between two samples of a host that answers quickly."""
WALL_SHARE = 20
"""A sample is followed by a rest of at least so many times the time that it took."""
CPU_SHARE = 150
"""The same for our own processor time in reading the answer."""
LONGEST_INTERVAL = 30.0
"""Seconds of rest at most: also after an answer for which a stopped daemon took an hour."""
NOTHING_INTERVAL = 30.0
"""Seconds before a driver that told nothing (``test:///``) is asked again."""

GROUPS = {
    "cpu": libvirt.VIR_DOMAIN_STATS_CPU_TOTAL | libvirt.VIR_DOMAIN_STATS_STATE,
    "memory": libvirt.VIR_DOMAIN_STATS_BALLOON,
    "disk": libvirt.VIR_DOMAIN_STATS_BLOCK,
    "net": libvirt.VIR_DOMAIN_STATS_INTERFACE,
}
"""Kinds of figures, as the columns on the screen name them, by statistics group."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Absolute figures of one domain at one moment; rates are made of two of them."""

    at: float
    cpu_ns: int | None
    disk_read: int | None
    disk_write: int | None
    net_receive: int | None
    net_send: int | None


NOTHING = Usage()


class Sampler:
    """Takes samples of one connection; runs in a background thread, one sample at a time."""

    def __init__(self) -> None:
        self._last: dict[str, Counters] = {}

    def sample(
        self, connection: libvirt.virConnect, kinds: frozenset[str], vcpus: Mapping[str, int | None]
    ) -> tuple[dict[str, Usage], float]:
        """Usage by UUID of the running domains, and seconds to rest before the next sample.

        ``vcpus`` gives the number of virtual CPUs by UUID. Raises libvirtError.
        """
        groups = 0
        for kind in kinds:
            groups |= GROUPS[kind]
        begin, cpu = time.monotonic(), time.thread_time()
        stats = bulk_stats(connection, groups, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING)
        now = time.monotonic()
        last_known = bool(self._last)
        usage = {}
        last = {}
        for domain, values in stats:
            uuid = domain.UUIDString()
            counters = read_counters(now, values)
            last[uuid] = counters
            usage[uuid] = usage_between(self._last.get(uuid), counters, values, vcpus.get(uuid))
        self._last = last
        if usage and all(figures == NOTHING for figures in usage.values()) and last_known:
            return usage, NOTHING_INTERVAL
        rest = max(
            BASE_INTERVAL,
            WALL_SHARE * (now - begin),
            CPU_SHARE * (time.thread_time() - cpu),
        )
        return usage, min(rest, LONGEST_INTERVAL)


def read_counters(at: float, values: Mapping[str, Any]) -> Counters:
    """The counters in one domain's typed parameters (virConnectGetAllDomainStats)."""

    def total(group: str, count: str, field: str) -> int | None:
        if count not in values:
            return None
        return sum(int(values.get(f"{group}.{i}.{field}", 0)) for i in range(values[count]))

    return Counters(
        at,
        values.get("cpu.time"),
        total("block", "block.count", "rd.bytes"),
        total("block", "block.count", "wr.bytes"),
        total("net", "net.count", "rx.bytes"),
        total("net", "net.count", "tx.bytes"),
    )


def usage_between(
    before: Counters | None, now: Counters, values: Mapping[str, Any], vcpus: int | None
) -> Usage:
    """Rates between two samples; a counter that went back (a restart) gives no rate."""
    seconds = now.at - before.at if before else 0.0

    def rate(old: int | None, new: int | None) -> float | None:
        if old is None or new is None or new < old or seconds <= 0:
            return None
        return (new - old) / seconds

    cpu = rate(before.cpu_ns, now.cpu_ns) if before else None
    memory, is_guest = read_memory(values)
    return Usage(
        cpu=None if cpu is None else min(1.0, cpu / 1e9 / max(1, vcpus or 1)),
        memory=memory,
        memory_is_guest=is_guest,
        disk_read=rate(before.disk_read, now.disk_read) if before else None,
        disk_write=rate(before.disk_write, now.disk_write) if before else None,
        net_receive=rate(before.net_receive, now.net_receive) if before else None,
        net_send=rate(before.net_send, now.net_send) if before else None,
    )


def read_memory(values: Mapping[str, Any]) -> tuple[int | None, bool]:
    """Bytes in use, and whether the guest itself said so.

    The guest's figures (``balloon.available`` less ``usable`` or ``unused``) exist once its
    balloon driver reports; else what the host keeps resident for it (``balloon.rss``).
    """
    available = values.get("balloon.available")
    free = values.get("balloon.usable", values.get("balloon.unused"))
    if available is not None and free is not None:
        return max(0, available - free) * 1024, True
    resident = values.get("balloon.rss")
    return (None if resident is None else resident * 1024), False
