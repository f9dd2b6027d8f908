"""What only somebody who sees several hosts can know: the same machine, disk or address twice.

Pure functions over records. Two connections to one daemon are one host: the same machine
there has the same runtime number, and the host the same name and UUID: that is no alarm.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tui.hypervisor.records import DomainKey, DomainRecord, HostRecord

HARMLESS_MACS = frozenset(("", "00:00:00:00:00:00"))


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is on two hosts at once and should not be."""

    kind: str
    """``machine`` (one UUID), ``disk``, ``name`` or ``MAC address``."""
    what: str
    """The name, the disk or the address."""
    machines: tuple[DomainRecord, ...]

    @property
    def is_severe(self) -> bool:
        """Data are in danger: two guests write what only one may."""
        return self.kind in ("machine", "disk")

    @property
    def words(self) -> str:
        """What is so, with machine and host of each."""
        where = ", ".join(f"{record.name} on {record.host}" for record in self.machines)
        state = "is in use twice" if self.kind in ("disk", "MAC address") else "is active twice"
        return f"{self.kind} {self.what} {state}: {where}"

    def words_for(self, record: DomainRecord) -> str:
        """The same, said of one of its machines: ``active on west too``."""
        others = [other for other in self.machines if other.key != record.key]
        if self.kind == "machine":
            return f"active on {', '.join(other.host for other in others)} too"
        where = ", ".join(f"{other.name} on {other.host}" for other in others)
        thing = "its name" if self.kind == "name" else f"{self.kind} {self.what}"
        return f"{thing} is that of {where} too"


def alarms(domains: Iterable[DomainRecord], hosts: Mapping[str, HostRecord]) -> list[Alarm]:
    """Every alarm among the active machines of current hosts, the severe ones first."""
    active = [d for d in domains if d.state.is_active and not d.stale]
    found: list[Alarm] = []
    told: set[frozenset[DomainKey]] = set()
    for kind, marks in KINDS:
        times = Counter(mark for domain in active for mark in marks(domain))
        groups: dict[str, list[DomainRecord]] = {mark: [] for mark in times if times[mark] > 1}
        for domain in active if groups else ():
            for mark in marks(domain):
                if mark in groups:
                    groups[mark].append(domain)
        for mark, group in groups.items():
            several = _on_several_hosts(group, hosts, across_only=kind != "MAC address")
            keys = frozenset(record.key for record in several)
            # One machine on two hosts has its name, disks and addresses there too.
            if len(several) > 1 and keys not in told:
                told.add(keys)
                what = several[0].name if kind == "machine" else mark
                found.append(Alarm(kind, what, tuple(several)))
    return found


def against_start(
    domain: DomainRecord, domains: Iterable[DomainRecord], hosts: Mapping[str, HostRecord]
) -> str:
    """Why a machine had better not be started: it, or its disk, is active elsewhere.

    Empty when nothing speaks against it.
    """
    others = [
        other
        for other in domains
        if other.key != domain.key
        and other.state.is_active
        and not other.stale
        and not _same_daemon(domain, other, hosts)
    ]
    for other in others:
        if other.uuid == domain.uuid and other.host != domain.host:
            return f"It is active on {other.host} already: two of it would ruin its disks."
    disks = set(_disks(domain))
    for other in others:
        if shared := disks & set(_disks(other)):
            where = f"{other.name} on {other.host}"
            return f"Its disk {min(shared)} is in use by {where}: both would write to it."
    for other in others:
        if other.name == domain.name and other.host != domain.host:
            return f"A machine of the same name is active on {other.host}."
    return ""


def _disks(domain: DomainRecord) -> tuple[str, ...]:
    return domain.details.shared_disks if domain.details else ()


def _macs(domain: DomainRecord) -> tuple[str, ...]:
    return tuple(set(domain.details.macs) - HARMLESS_MACS) if domain.details else ()


KINDS: tuple[tuple[str, Callable[[DomainRecord], tuple[str, ...]]], ...] = (
    ("machine", lambda domain: (domain.uuid,)),
    ("disk", _disks),
    ("name", lambda domain: (domain.name,)),
    ("MAC address", _macs),
)


def _on_several_hosts(
    group: list[DomainRecord], hosts: Mapping[str, HostRecord], *, across_only: bool
) -> list[DomainRecord]:
    kept: list[DomainRecord] = []
    for record in group:
        if across_only and any(other.host == record.host for other in kept):
            continue
        if not any(_same_daemon(record, other, hosts) for other in kept):
            kept.append(record)
    return kept


def _same_daemon(one: DomainRecord, other: DomainRecord, hosts: Mapping[str, HostRecord]) -> bool:
    """Whether these are one machine, seen through two connections."""
    if one.host == other.host or one.uuid != other.uuid:
        return False
    first, second = (hosts[r.host].facts if r.host in hosts else None for r in (one, other))
    if first is None or second is None or one.id != other.id:
        return False
    # Hosts are called alike ("localhost") more often than their UUIDs are, where these are known.
    return first.hostname == second.hostname and len({first.uuid, second.uuid} - {""}) < 2


def versions_differ(hosts: Iterable[HostRecord]) -> list[str]:
    """The libvirt and hypervisor versions in use, where current hosts of a driver differ."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for host in hosts:
        if host.facts is not None and host.is_current:
            facts = host.facts
            seen[f"libvirt ({facts.driver})"].add(facts.libvirt_version)
            seen[facts.driver].add(facts.hypervisor_version)
    return [f"{name} {', '.join(sorted(found))}" for name, found in seen.items() if len(found) > 1]
