"""What the Overview says of a machine does not contradict itself."""

from __future__ import annotations

import time

import pytest

from tui.hypervisor.definition import Address
from tui.hypervisor.records import DomainRecord
from tui.model import Domain
from tui.model.states import DomainState
from tui.screens.machine.facts import blocks, lines

XML = """<domain type='qemu'><name>web</name><devices><channel type='unix'>
<target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices></domain>"""


def shown(state: DomainState, *addresses: Address, started: float | None = None) -> str:
    record = DomainRecord("box", "5f0b", "web", state=state, started=started)
    told = blocks(record, Domain.from_xml(XML), addresses)
    return "\n".join(line.plain for line in lines(told, 80))


@pytest.mark.parametrize(
    ("state", "source", "agent"),
    [
        (DomainState.RUNNING, "agent", "connected"),
        (DomainState.RUNNING, "lease", "channel there, not connected"),
        (DomainState.SHUTOFF, "", "channel there"),
    ],
)
def test_an_agent_that_tells_addresses_is_connected(state, source, agent):
    addresses = [Address("eth0", "52:54:00:00:00:01", "10.0.0.1/24", source)] if source else []
    line = next(line for line in shown(state, *addresses).split("\n") if "Guest agent" in line)
    assert line.split("Guest agent")[1].strip() == agent


@pytest.mark.parametrize(("seconds", "words"), [(30, "0m"), (2430, "40m"), (7300, "2h 1m")])
def test_how_long_it_runs_is_no_time_of_day(seconds, words):
    assert f"Running for       {words}\n" in shown(
        DomainState.RUNNING, started=time.time() - seconds
    )


def test_what_is_not_told_leaves_no_comma_and_no_gap():
    """The test driver names no type of machine, a NIC of a host's card has no model."""
    domain = Domain.from_xml(
        "<domain type='test'><name>web</name><os><type arch='i686'>hvm</type></os><devices>"
        "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='lan'/>"
        "</interface></devices></domain>"
    )
    record = DomainRecord("box", "5f0b", "web", state=DomainState.SHUTOFF)
    told = [line.plain for line in lines(blocks(record, domain, ()), 80)]
    assert "  Machine type      i686, test" in told
    assert "  52:54:00:00:00:01 network lan" in told
