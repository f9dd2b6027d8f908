"""All hosts of this run, side by side, and who wants to know of their changes."""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tui.hypervisor.alarms import Alarm, against_start, alarms
from tui.hypervisor.demo import drivers
from tui.hypervisor.demo import prepare as demo_prepare
from tui.hypervisor.host import Host
from tui.hypervisor.journal import Journal
from tui.hypervisor.mailbox import Mailbox
from tui.hypervisor.monitor import Monitor
from tui.hypervisor.records import DomainKey, DomainRecord, HostChange, HostRecord, Usage
from tui.hypervisor.simulation import simulated_usage
from tui.hypervisor.ssh import SignIns
from tui.hypervisor.subscribers import Subscribers

if TYPE_CHECKING:
    from tui.hypervisor.node_devices import NodeDevices

WATCH_EVERY = 1.0
"""Seconds between two looks of the watchdog at every host."""
SLEPT = 5.0
"""Seconds by which the wall clock may run ahead of ours between two looks: more, and this
machine has slept, or its clock was set."""


class Fleet:
    """Hosts by key. Made before there is a loop; :meth:`attach` brings it to life."""

    def __init__(self, audit_path: Path | None = None) -> None:
        self.mailbox = Mailbox()
        self.journal = Journal(audit_path)
        self.sign_ins = SignIns()
        self.hosts: dict[str, Host] = {}
        self._monitors: dict[str, Monitor] = {}
        self._node_devices: dict[str, NodeDevices] = {}
        self._demos: set[str] = set()
        self._subscribers = Subscribers[HostChange]()
        self._watch: asyncio.TimerHandle | None = None
        self._clocks = (0.0, 0.0)
        """Wall clock and monotonic clock at the last look."""
        self.since_input: Callable[[], float] = lambda: math.inf
        """Seconds since the person's last key; the program says how to know."""
        self.is_thrifty = False
        """Low-bandwidth mode: see :meth:`be_thrifty`."""
        self._shown: tuple[frozenset[str], dict[str, tuple[str, ...]]] = (frozenset(), {})

    def add(
        self,
        name: str,
        uri: str,
        *,
        readonly: bool = False,
        demo: bool = False,
    ) -> Host:
        """Take a host in; :meth:`Host.open` connects it. The key is its name, made unique.

        A ``demo`` host's machines get made-up usage: its driver has none.
        """
        key, number = name, 2
        while key in self.hosts:
            key, number = f"{name} ({number})", number + 1
        host = Host(
            key,
            key,
            uri,
            readonly=readonly,
            mailbox=self.mailbox,
            journal=self.journal,
            publish=self._publish,
            prepare=demo_prepare if demo else None,
            sign_ins=self.sign_ins,
        )
        self.hosts[key] = host
        if demo:
            self._demos.add(key)
        if self._watch is not None:
            self._start_monitor(host)
        return host

    def remove(self, key: str) -> None:
        """Disconnect a host and forget it."""
        host = self.hosts.pop(key)
        host.close()
        if monitor := self._monitors.pop(key, None):
            monitor.close()
        if devices := self._node_devices.pop(key, None):
            devices.close()
        self._publish(HostChange(key, host_changed=True))

    def attach(self) -> None:
        """Begin to deliver, on the running loop, what the hosts' threads report."""
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(WATCH_EVERY, self._look)
        self._clocks = (time.time(), time.monotonic())
        for host in self.hosts.values():
            self._start_monitor(host)
        self.mailbox.attach(loop)

    def close(self) -> None:
        """Stop listening and let go of every connection; does not wait for any of them."""
        if self._watch is not None:
            self._watch.cancel()
        for monitor in self._monitors.values():
            monitor.close()
        for devices in self._node_devices.values():
            devices.close()
        self.end_telling()
        for host in self.hosts.values():
            host.abandon()
        self.sign_ins.close()
        self.mailbox.detach()

    def subscribe(self, subscriber: Callable[[HostChange], None]) -> Callable[[], None]:
        """Call with every change, on the loop; returns the way to stop that."""
        return self._subscribers.add(subscriber)

    def end_telling(self) -> None:
        """Nobody is told of changes and entries any more: what shows them is taken apart."""
        self._subscribers.clear()
        self.journal.subscribers.clear()

    def domains(self) -> Iterable[DomainRecord]:
        """Every machine of every host."""
        for host in self.hosts.values():
            yield from host.inventory.domains.values()

    def macs(self, but: DomainKey | None = None) -> dict[str, str]:
        """Names of machines by MAC address in lower case, of those read; ``but`` one of them."""
        return {
            mac.lower(): record.name
            for record in self.domains()
            if record.key != but and record.details is not None
            for mac in record.details.macs
        }

    def domain(self, key: DomainKey) -> DomainRecord | None:
        """One machine by :attr:`DomainRecord.key`; None when it is gone."""
        host = self.hosts.get(key[0])
        return host.inventory.domains.get(key[1]) if host else None

    def alarms(self) -> list[Alarm]:
        """What is active on two hosts at once; worth a look at every change of the list."""
        if len(self.hosts) < 2:
            return []
        return alarms(self.domains(), self._records())

    def against_start(self, domain: DomainRecord) -> str:
        """Why a machine had better not be started; empty when nothing speaks against it."""
        return against_start(domain, self.domains(), self._records())

    def _records(self) -> dict[str, HostRecord]:
        return {key: host.record for key, host in self.hosts.items()}

    def trial(self, uri: str, readonly: bool, told: Callable[[Host], None]) -> Host:
        """A host outside the fleet, to see whether it can be reached; close it afterwards.

        ``told`` is called with it at every change.
        """

        def publish(change: HostChange) -> None:
            if change.host_changed:
                told(host)

        host = Host(
            f"trial of {uri}",
            "the host",
            uri,
            readonly=readonly,
            mailbox=self.mailbox,
            journal=Journal(None),
            publish=publish,
            sign_ins=self.sign_ins,
        )
        return host

    def devices_of(self, host: str) -> NodeDevices:
        """The reader of a host's devices, by the host's key; it reads when it is wanted."""
        found = self._node_devices.get(host)
        if found is None:
            from tui.hypervisor.node_devices import NodeDevices  # brings lxml

            known = {}
            if host in self._demos:
                known = drivers(self.hosts[host].record.uri)
            found = NodeDevices(self.hosts[host], self._publish, known)
            self._node_devices[host] = found
        return found

    def device_warnings(self, domain: DomainRecord) -> tuple[str, ...]:
        """What of the host's devices speaks against a machine's start, as far as it is known."""
        reader = self._node_devices.get(domain.host)
        if reader is None or not reader.is_read or domain.details is None:
            return ()
        if domain.state.is_active or not domain.details.claims:
            return ()
        return tuple(reader.devices.against_start(domain.uuid, domain.details.claims))

    def why_not_migratable(self, domain: DomainRecord) -> str:
        """Which of the host's devices keep a machine here; empty where none is known to."""
        reader = self._node_devices.get(domain.host)
        if reader is None or not reader.is_read or domain.details is None:
            return ""
        return reader.devices.why_not_migratable(domain.details.claims)

    def _watch_devices(self, change: HostChange) -> None:
        """Where machines have devices of the host, these are followed."""
        reader = self._node_devices.get(change.host)
        if reader is not None:
            reader.apply(change)
            return
        host = self.hosts.get(change.host)
        records = {} if host is None else host.inventory.domains
        for record in (records.get(uuid) for uuid in change.domains):
            claims = record.details.claims if record is not None and record.details else ()
            if not self.is_thrifty and any(claim.kind != "pool" for claim in claims):
                self.devices_of(change.host).want()
                return

    def usage(self, key: DomainKey) -> Usage | None:
        """The last sample of a running machine."""
        host = self.hosts.get(key[0])
        return host.inventory.usage.get(key[1]) if host else None

    def show(self, kinds: frozenset[str], keys: Iterable[DomainKey]) -> None:
        """Say what is on the screen: kinds of usage, and machines by key, top first."""
        visible: defaultdict[str, list[str]] = defaultdict(list)
        for host, uuid in keys:
            visible[host].append(uuid)
        self._shown = (kinds, {host: tuple(uuids) for host, uuids in visible.items()})
        for key in self._monitors:
            self._show(key)

    def be_thrifty(self, on: bool) -> None:
        """Low-bandwidth mode: no live figures, definitions of the visible rows only."""
        self.is_thrifty = on
        for key in self._monitors:
            self._show(key)

    def _show(self, key: str) -> None:
        kinds, visible = self._shown
        self._monitors[key].is_thrifty = self.is_thrifty
        if self.is_thrifty:
            kinds = frozenset()
        self._monitors[key].show(kinds, visible.get(key, ()))

    def _start_monitor(self, host: Host) -> None:
        key = host.record.key
        simulate = simulated_usage if key in self._demos else None
        self._monitors[key] = Monitor(host, simulate, lambda: self.since_input())
        self._show(key)

    def _publish(self, change: HostChange) -> None:
        if (change.domains or change.host_changed) and change.host in self._monitors:
            self._monitors[change.host].wake()
            self._watch_devices(change)
        self._subscribers.tell(change)

    def _look(self) -> None:
        self._watch = self.mailbox.loop.call_later(WATCH_EVERY, self._look)
        woken = self._has_slept()
        if woken:
            self.journal.event("", "", "this machine has slept: every host is asked anew")
        for host in self.hosts.values():
            if woken:
                host.probe()
            host.look()

    def _has_slept(self) -> bool:
        """Whether the wall clock has run ahead: ours stands still while a laptop sleeps."""
        (wall, own), self._clocks = self._clocks, (time.time(), time.monotonic())
        return self._clocks[0] - wall - (self._clocks[1] - own) > SLEPT
