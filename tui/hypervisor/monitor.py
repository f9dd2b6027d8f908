"""What is read of a host again and again while somebody looks: usage, details, snapshots."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import libvirt

from tui.hypervisor.ages import start_times
from tui.hypervisor.details import Read, interface_addresses, read_details, read_leases
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.found_jobs import FoundJobs
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.lanes import Lane
from tui.hypervisor.listing import read_having_snapshots
from tui.hypervisor.records import DomainDetails, DomainRecord, Usage
from tui.hypervisor.sampler import BASE_INTERVAL, Sampler
from tui.hypervisor.tasks import cancel_all
from tui.model.states import DomainState

log = logging.getLogger(__name__)

BATCH, FIRST_FAR_BATCH = 50, 8
"""Domains read in one helping at most, and in the first one of a host that is not near."""
HELPING = 1.0
"""Seconds that a helping may take: what comes onto the screen meanwhile waits so long."""
REST_VISIBLE, REST_OTHERS = 0.15, 1.0
"""Seconds without a key before definitions are read, of rows on the screen and of others: reading
takes the interpreter from what answers keys."""
NEAR = 0.02
"""Round trip in seconds below which the others are read as well."""
SLOW_EVERY = 30.0
"""Seconds between two looks for what libvirt has no event for: snapshots,
autostart, saved states, leases."""

Simulate = Callable[[DomainRecord, float], Usage]
"""Makes up the usage of a machine at a wall clock time."""


class Monitor:
    """The readers of one host. Belongs to the loop's thread."""

    def __init__(
        self,
        host: Host,
        simulate: Simulate | None = None,
        since_input: Callable[[], float] = lambda: math.inf,
    ) -> None:
        self.host = host
        self._simulate = simulate
        self._since_input = since_input
        self._sampler = Sampler()
        self._found_jobs = FoundJobs(host)
        self.is_thrifty = False
        """The link is slow: what nobody looks at is not read, the rest half as often."""
        self._kinds: frozenset[str] = frozenset()
        self._visible: tuple[str, ...] = ()
        self._batch: int | None = None
        """Domains that a helping takes, once one has been measured."""
        self._leases: dict[str, tuple[str, ...]] = {}
        self._undated: frozenset[str] = frozenset()
        """Machines of which nobody knows since when they run, though this host was asked."""
        self._wake_sampler = asyncio.Event()
        self._wake_reader = asyncio.Event()
        self._wake_look = asyncio.Event()
        self._was_connected = False
        self._tasks = [
            asyncio.create_task(work)
            for work in (
                self._forever(self._sample, self._wake_sampler),
                self._forever(self._read, self._wake_reader),
                self._forever(self._look_around, self._wake_look),
            )
        ]

    def show(self, kinds: frozenset[str], visible: tuple[str, ...]) -> None:
        """Say what the screen shows: kinds of usage (sampler.GROUPS), UUIDs of the rows."""
        if kinds != self._kinds:
            self._kinds = kinds
            self._wake_sampler.set()
        self._visible = visible
        self.wake()

    def wake(self) -> None:
        """The host may be another now, its definitions unread, its machines the first to run."""
        if self.host.is_connected != self._was_connected:
            self._was_connected = self.host.is_connected
            self._found_jobs.forget()
            self._undated = frozenset()
            # What is on the screen comes first.
            asyncio.get_running_loop().call_later(BASE_INTERVAL, self._wake_look.set)
        if self.host.inventory.unread:
            self._wake_reader.set()
        if self._kinds and not self.host.inventory.usage and self.host.is_connected:
            self._wake_sampler.set()

    def close(self) -> None:
        """Stop reading."""
        self._found_jobs.forget()
        cancel_all(self._tasks)

    async def _forever(
        self, work: Callable[[], Coroutine[Any, Any, float | None]], wake: asyncio.Event
    ) -> None:
        """Do ``work`` again after the seconds it returns (None: when woken), or when woken."""
        while True:
            rest: float | None
            if self.host.is_connected:
                try:
                    rest = await work()
                except HypervisorError as error:
                    log.warning("%s: %s", self.host.record.name, error)
                    rest = BASE_INTERVAL
                except Exception:  # what one host tells must not end the watch over it
                    log.exception("%s: reading it failed", self.host.record.name)
                    rest = SLOW_EVERY
            else:
                rest = None
            try:
                async with asyncio.timeout(rest):
                    await wake.wait()
            except TimeoutError:
                pass
            wake.clear()

    # -- usage ---------------------------------------------------------------------------

    async def _sample(self) -> float | None:
        inventory = self.host.inventory
        running = [d for d in inventory.domains.values() if d.state is DomainState.RUNNING]
        if not running or not self._kinds:
            if inventory.usage:
                inventory.load_usage({})
            return None
        if self._simulate is not None:
            now = time.time()
            inventory.load_usage({d.uuid: self._simulate(d, now) for d in running})
            return BASE_INTERVAL
        kinds, vcpus = self._kinds, {d.uuid: d.vcpus for d in running}
        usage, rest = await self.host.run(
            lambda connection: self._sampler.sample(connection, kinds, vcpus),
            lane=Lane.BACKGROUND,
            what="Reading usage",
            timeout=None,
        )
        if self.host.is_connected:
            inventory.load_usage(usage)
        return rest

    # -- details -------------------------------------------------------------------------

    async def _read(self) -> float | None:
        inventory, record = self.host.inventory, self.host.record
        unread = inventory.unread
        near = (record.round_trip or 1.0) < NEAR
        most = self._batch or (BATCH if near else FIRST_FAR_BATCH)
        batch = [uuid for uuid in self._visible if uuid in unread][:most]
        seen = bool(batch)
        wait = (REST_VISIBLE if batch else REST_OTHERS) - self._since_input()
        if wait > 0 and unread:
            return wait
        if not batch and not self.is_thrifty and near:
            batch = [uuid for uuid, _ in zip(unread, range(most), strict=False)]
        if not batch:
            return None
        begin = time.monotonic()
        unread.difference_update(batch)
        wanted = {
            uuid: inventory.domains[uuid].persistent for uuid in batch if uuid in inventory.domains
        }
        leases = self._leases
        try:
            found = await self.host.read(
                lambda connection: read_details(connection, wanted, leases), Lane.BACKGROUND
            )
        except HypervisorError:
            unread.update(uuid for uuid in batch if uuid in inventory.domains)
            raise
        each = (time.monotonic() - begin) / len(batch)
        self._batch = max(1, min(BATCH, int(HELPING / max(each, 1e-6))))
        self._take(found)
        for uuid in batch:
            shown = uuid in self._visible and not self.is_thrifty
            if shown and uuid in found and found[uuid].details.agent:
                await self._ask_agent(uuid)
        took = time.monotonic() - begin
        return 0.0 if seen else max(0.02, 3 * took)

    def _take(self, found: dict[str, Read]) -> None:
        inventory = self.host.inventory
        inventory.load_sizes({uuid: read.size for uuid, read in found.items()})
        details = {}
        for uuid, read in found.items():
            known = inventory.domains.get(uuid)
            fresh = read.details
            if known is not None and known.details is not None and fresh.agent:
                # What the agent said last stands until it is asked again.
                fresh = replace(fresh, addresses=fresh.addresses or known.details.addresses)
            details[uuid] = fresh
        inventory.load_details(details)
        self._found_jobs.tell_held_open(found)

    async def _ask_agent(self, uuid: str) -> None:
        def ask(connection: libvirt.virConnect) -> tuple[str, ...]:
            return interface_addresses(
                domain_of(connection, uuid),
                libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
            )

        try:
            addresses = await self.host.run(ask, lane=Lane.JOB, what="Asking the guest agent")
        except HypervisorError as error:  # one agent that hangs keeps nobody from asking the next
            log.info("%s", error)
            return
        known = self.host.inventory.domains.get(uuid)
        if addresses and known is not None and known.details is not None:
            details: DomainDetails = replace(known.details, addresses=addresses)
            self.host.inventory.load_details({uuid: details})

    async def _look_around(self) -> float | None:
        inventory = self.host.inventory
        near = not self.is_thrifty and (self.host.record.round_trip or 1.0) < NEAR
        inventory.load_snapshots(
            await self.host.run(
                lambda connection: read_having_snapshots(connection, near),
                lane=Lane.BACKGROUND,
                what="Looking for snapshots",
            )
        )
        if near:
            await self._found_jobs.look()
        if not self.is_thrifty:
            await self.host.reread_unannounced()
            await self._date()
        leases = await self.host.run(read_leases, lane=Lane.BACKGROUND, what="Reading DHCP leases")
        if leases != self._leases:
            self._leases = leases
            inventory.unread.update(
                uuid
                for uuid, record in inventory.domains.items()
                if record.state.is_active and record.details
            )
            self.wake()
        return SLOW_EVERY * (2 if self.is_thrifty else 1)

    async def _date(self) -> None:
        """Since when those run whose start nobody has seen; asked once of each."""
        inventory = self.host.inventory
        undated = frozenset(
            uuid for uuid, d in inventory.domains.items() if d.state.is_active and d.started is None
        )
        if undated <= self._undated:
            return
        self._undated = undated
        for uuid, started in (await start_times(self.host)).items():
            if uuid in undated:
                inventory.set_started(uuid, started)
