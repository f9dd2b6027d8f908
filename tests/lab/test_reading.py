"""What reading the rows on the screen costs: calls, counted between client and daemon."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import libvirt
import pytest

from tests.benchmarks.inventory import diskless
from tests.benchmarks.proxy import Proxy
from tests.benchmarks.rpc import GET_LIB_VERSION
from tests.lab import GuestSpec, IsolatedDaemon, Lab
from tests.waiting import until
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.records import HostState

DOMAIN_XML, LIST_ALL = 14, 273
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


@pytest.mark.parametrize("round_trip", [0.0, FAR])
async def test_a_row_costs_its_definition_and_no_more(
    daemon: IsolatedDaemon, tmp_path: Path, round_trip: float
) -> None:
    with Proxy(daemon.uri, tmp_path, round_trip) as proxy:
        fleet = Fleet()
        fleet.attach()
        fleet.be_thrifty(True)  # nothing in passing
        host = fleet.add("far", proxy.uri)
        host.open()
        await until(lambda: host.record.state is HostState.CONNECTED and host.record.facts, 30)
        await until(lambda: len(host.inventory.domains) == OFF + RUNNING)
        await until(lambda: is_quiet(proxy, 1 + 20 * round_trip))  # after what opening brings along
        begin = time.monotonic()
        fleet.show(frozenset(), [record.key for record in host.inventory.domains.values()])
        await until(lambda: all(d.details for d in host.inventory.domains.values()), 30)
        calls = Counter(call.procedure for call in proxy.calls(begin))
        del calls[GET_LIB_VERSION]
        assert calls[DOMAIN_XML] == OFF + 2 * RUNNING
        # One listing for each helping: all at once where it is near, eight first where it is far.
        assert calls[LIST_ALL] == (1 if not round_trip else calls[LIST_ALL])
        assert sum(calls.values()) <= OFF + 2 * RUNNING + (1 if not round_trip else 6)
        off = [d for d in host.inventory.domains.values() if not d.state.is_active]
        assert {(d.vcpus, d.memory) for d in off} == {(2, 16 << 20)}
        fleet.close()


async def test_a_helping_is_as_large_as_a_second_allows(
    daemon: IsolatedDaemon, tmp_path: Path
) -> None:
    with Proxy(daemon.uri, tmp_path, FAR) as proxy:
        fleet = Fleet()
        fleet.attach()
        fleet.be_thrifty(True)
        host = fleet.add("far", proxy.uri)
        host.open()
        await until(lambda: host.record.facts, 30)
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
        fleet.close()
