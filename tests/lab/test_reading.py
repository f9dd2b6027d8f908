"""What reading the rows on the screen costs: calls, counted between client and daemon."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path
from typing import TypeVar

import libvirt
import pytest

from tests.benchmarks.inventory import diskless
from tests.benchmarks.proxy import Proxy
from tests.benchmarks.remote import round_trips
from tests.benchmarks.rpc import GET_LIB_VERSION
from tests.lab import GuestSpec, IsolatedDaemon, Lab
from tests.waiting import until
from tui.hypervisor.definition import read_addresses
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.hardware import read_live, read_stored, read_surroundings
from tui.hypervisor.host import Host
from tui.hypervisor.records import HostState
from tui.hypervisor.snapshot_situation import look_at

T = TypeVar("T")

DOMAIN_XML = 14
OFF, RUNNING = 30, 2
FAR = 0.1


@pytest.fixture(scope="module")
def daemon(lab: Lab) -> Iterator[IsolatedDaemon]:
    """A libvirtd with machines that are off and a few that run, paused."""
    with lab.isolated_daemon() as daemon:
        connection = libvirt.open(daemon.uri)
        for number in range(OFF):
            connection.defineXML(diskless(number).replace("<vcpu>1<", "<vcpu current='2'>4<"))
        connection.close()
        for number in range(RUNNING):
            daemon.guest(
                GuestSpec(name=f"on-{number}", state="paused", kernel=False, memory_mib=16)
            )
        yield daemon


def is_quiet(proxy: Proxy, seconds: float) -> bool:
    """Whether nothing but looks at whether the host answers was asked for so long."""
    calls = proxy.calls(time.monotonic() - seconds)
    return {call.procedure for call in calls} <= {GET_LIB_VERSION}


@contextlib.asynccontextmanager
async def behind_proxy(
    daemon: IsolatedDaemon, tmp_path: Path, round_trip: float = FAR
) -> AsyncIterator[tuple[Proxy, Fleet, Host]]:
    """The daemon so far away, connected; nothing is read of it in passing."""
    with Proxy(daemon.uri, tmp_path, round_trip) as proxy:
        fleet = Fleet()
        fleet.attach()
        fleet.be_thrifty(True)
        host = fleet.add("far", proxy.uri)
        host.open()
        await until(lambda: host.record.state is HostState.CONNECTED and host.record.facts, 30)
        yield proxy, fleet, host
        fleet.close()


@pytest.mark.parametrize("round_trip", [0.0, FAR])
async def test_a_row_costs_its_definition_and_no_more(
    daemon: IsolatedDaemon, tmp_path: Path, round_trip: float
) -> None:
    async with behind_proxy(daemon, tmp_path, round_trip) as (proxy, fleet, host):
        await until(lambda: len(host.inventory.domains) == OFF + RUNNING)
        await until(lambda: is_quiet(proxy, 1 + 20 * round_trip))  # after what opening brings along
        begin = time.monotonic()
        fleet.show(frozenset(), [record.key for record in host.inventory.domains.values()])
        await until(lambda: all(d.details for d in host.inventory.domains.values()), 30)
        calls = Counter(call.procedure for call in proxy.calls(begin))
        del calls[GET_LIB_VERSION]
        assert calls[DOMAIN_XML] == OFF + 2 * RUNNING
        assert sum(calls.values()) == OFF + 2 * RUNNING
        off = [d for d in host.inventory.domains.values() if not d.state.is_active]
        assert {(d.vcpus, d.memory) for d in off} == {(2, 16 << 20)}


async def test_a_helping_is_as_large_as_a_second_allows(
    daemon: IsolatedDaemon, tmp_path: Path
) -> None:
    async with behind_proxy(daemon, tmp_path) as (_proxy, fleet, host):
        records = list(host.inventory.domains.values())
        fleet.show(frozenset(), [record.key for record in records])
        await until(lambda: sum(bool(d.details) for d in host.inventory.domains.values()) >= 8, 10)
        # Whoever turns the page waits for the helping under way and no longer.
        wanted = records[-3:]
        begin = time.monotonic()
        fleet.show(frozenset(), [record.key for record in wanted])
        await until(
            lambda: all(host.inventory.domains[record.uuid].details for record in wanted), 10
        )
        assert time.monotonic() - begin < 3


async def test_what_a_machine_is_looked_at_for_is_asked_side_by_side(
    daemon: IsolatedDaemon, tmp_path: Path
) -> None:
    async with behind_proxy(daemon, tmp_path) as (proxy, _fleet, host):
        await until(lambda: is_quiet(proxy, 3))
        record = next(d for d in host.inventory.domains.values() if d.state.is_active)
        begin = time.monotonic()
        looked = await look_at(host, record)
        assert looked.active
        calls = [c for c in proxy.calls(begin) if c.procedure != GET_LIB_VERSION]
        assert len(calls) >= 7
        assert round_trips(calls) <= 4
        begin = time.monotonic()
        looked = await look_at(host, record, who_else=True)
        calls = [c for c in proxy.calls(begin) if c.procedure == DOMAIN_XML]
        assert len(calls) == OFF + 2 * RUNNING
        assert round_trips(calls) <= 0.7 * len(calls)

        async def trips(reading: Awaitable[T]) -> tuple[int, int, T]:
            begin = time.monotonic()
            read = await reading
            calls = [c for c in proxy.calls(begin) if c.procedure != GET_LIB_VERSION]
            return len(calls), round_trips(calls), read

        count, one_after_the_other, _ = await trips(read_addresses(host, record))
        assert one_after_the_other < count == 3
        count, _, known = await trips(read_stored(host, record))
        assert count == 2
        count, _, known = await trips(read_live(host, record, known))
        assert count == 2
        assert known.live is not None
        count, one_after_the_other, _ = await trips(read_surroundings(host, known.stored))
        assert one_after_the_other <= 2 + count / 3
