"""Several real libvirtds, each at its own cable, which is cut and narrowed while in use."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.lab import Guest, GuestSpec, IsolatedDaemon, Lab
from tests.lab.far import connecting, far_socket
from tests.lab.sshd import Account, SshServer
from tests.lab.wire import Wire, listen_on_tcp
from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor import definition, lifecycle, pulse, ssh
from tui.hypervisor.errors import HypervisorError, NotConnectedError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.journal import Outcome
from tui.hypervisor.records import DomainRecord, HostState
from tui.model.states import DomainState
from tui.screens.dialogs import Results
from tui.screens.machine.console_session import ConsoleSession
from tui.settings import Settings

Site = tuple[IsolatedDaemon, Wire]
BULK = 5
"""Machines acted on at once: more than there are threads for it."""


@pytest.fixture(scope="module")
def sites(lab: Lab, ssh_account: Account) -> Iterator[list[Site]]:
    """Two libvirtds with paused guests, each behind a cable of its own."""
    found: list[Site] = []
    for _ in range(2):
        daemon = lab.isolated_daemon()
        listen_on_tcp(daemon)
        daemon.guests(
            *(
                GuestSpec(name=f"bulk-{n}", state="paused", kernel=False, memory_mib=16)
                for n in range(BULK)
            )
        )
        found.append((daemon, Wire(daemon)))
    ssh_account.may_reach(far_socket(found[0][0]))
    yield found
    for _daemon, wire in found:
        wire.close()


@pytest.fixture
def far(sites: list[Site]) -> Iterator[Site]:
    """The one whose cable a test harms; whole again afterwards."""
    for daemon, _wire in sites:  # what an earlier test sent may have arrived after it
        for machine in daemon.virsh("list", "--state-running", "--name").split():
            daemon.virsh("suspend", machine)
    yield sites[0]
    sites[0][1].mend()


@contextlib.asynccontextmanager
async def opened(*sites: Site) -> AsyncIterator[tuple[Fleet, list[Host]]]:
    fleet = Fleet()
    fleet.attach()
    hosts = [
        fleet.add(f"site-{n}", f"qemu+tcp://{wire.far}/system")
        for n, (_daemon, wire) in enumerate(sites)
    ]
    for host in hosts:
        host.open()
    try:
        yield fleet, hosts
    finally:
        fleet.close()


async def test_a_link_cut_in_a_call_and_a_bulk_action(
    sites: list[Site], far: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "GIVE_UP", pulse.HEARTBEAT + 3)
    async with opened(*sites) as (fleet, (cut, well)):
        await until(lambda: cut.record.facts and well.record.facts, 20)
        machines = list(cut.inventory.domains.values())
        far[1].cut()
        began = [
            asyncio.create_task(definition.read_xml(cut, machines[0], inactive=False)),
            *(asyncio.create_task(lifecycle.resume(cut, machine)) for machine in machines),
        ]
        await until(lambda: all(d.transition for d in cut.inventory.domains.values()))
        begin = time.monotonic()
        await definition.read_xml(well, next(iter(well.inventory.domains.values())), inactive=True)
        assert time.monotonic() - begin < 1
        ended = await asyncio.wait_for(asyncio.gather(*began, return_exceptions=True), 15)
        for error in ended:
            assert isinstance(error, HypervisorError)
            if not isinstance(error, NotConnectedError):  # its turn had come
                assert "whether this took effect will show" in error.advice
        assert sum(not isinstance(error, NotConnectedError) for error in ended) > 1
        failed = [e for e in fleet.journal.entries if e.outcome is Outcome.FAILED]
        assert {entry.subject for entry in failed} - {""} == {machine.name for machine in machines}
        assert not fleet.journal.running
        await until(lambda: cut.record.state is not HostState.CONNECTED)
        assert all(d.stale and not d.transition for d in cut.inventory.domains.values())
        assert cut.record.last_seen is not None
        far[1].mend()
        await until(lambda: cut.record.state is HostState.CONNECTED, 45)
        assert {d.state for d in cut.inventory.domains.values()} == {DomainState.PAUSED}
        assert not any(d.stale for d in cut.inventory.domains.values())
        assert well.record.state is HostState.CONNECTED


async def test_what_a_person_sees_of_a_bulk_action_that_was_cut(
    sites: list[Site], far: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "GIVE_UP", pulse.HEARTBEAT + 3)
    fleet = Fleet()
    fleet.add("cut", f"qemu+tcp://{far[1].far}/system").open()
    fleet.add("well", f"qemu+tcp://{sites[1][1].far}/system").open()
    app = VirttyApp(fleet, Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        hosts = fleet.hosts.values()
        await until(lambda: all(host.record.facts for host in hosts), 20)
        await until(lambda: len(list(fleet.domains())) == 2 * BULK)
        await pilot.press("slash", *"state:paused", "enter", "asterisk")
        await until(lambda: len(app.subjects()) == 2 * BULK)
        far[1].cut()
        await pilot.press("p")
        await until(lambda: isinstance(app.screen, Results), 20)
        assert isinstance(app.screen, Results)
        assert f"{BULK} of {2 * BULK} machines done" in app.screen.heading
        text = "\n".join(str(line) for line in app.screen.results)
        assert text.count("✓") == BULK
        assert text.count("! ") == BULK
        assert "whether this took effect will show" in text
        assert not fleet.journal.running
    fleet.close()


async def test_a_link_cut_under_a_console(
    far: Site, ssh_server: Callable[..., SshServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "ALIVE_EVERY", 1)
    monkeypatch.setattr(ssh, "ALIVE_MISSED", 2)
    monkeypatch.setattr(ssh, "CONNECT_TIMEOUT", 3)
    daemon, wire = far
    guest: Guest = daemon.guest(GuestSpec(name="talker"))
    sshd = ssh_server(publickey=True, inside=daemon.pid, address=wire.far)
    sshd.know()
    try:
        async with connecting(sshd.uri(far_socket(daemon), keyfile=sshd.key())) as host:
            await until(lambda: host.record.facts, 30)
            fleet = host_fleet(host)
            session = ConsoleSession(fleet, (host.record.key, guest.uuid), columns=80, rows=24)
            await session.attach()
            await answers(session, 40)
            wire.cut()
            session.write(b"lost words\r")
            await until(lambda: host.record.state is not HostState.CONNECTED, 20)
            await until(lambda: session.status.startswith("detached: "), 5)
            assert not session.attached
            wire.mend()
            await until(lambda: session.attached, 60)
            await answers(session, 60)
            session.close()
            assert host.question is None
        assert sshd.sign_ins == 2
    finally:
        guest.remove()


def host_fleet(host: Host) -> Fleet:
    """The fleet that a host of :func:`connecting` is in."""
    from tests.lab.far import FLEETS

    assert host in FLEETS[-1].hosts.values()
    return FLEETS[-1]


async def answers(session: ConsoleSession, number: int) -> None:
    """Wait until the guest's shell answers."""
    heard = bytearray()
    assert session.console is not None
    plain = session.console._on_data

    def listen(data: bytes) -> None:
        heard.extend(data)
        plain(data)

    session.console._on_data = listen

    def said() -> bool:
        if b"lab:/#" in heard[-40:] or not heard:
            session.write(f"\recho $(({number} + 2))\r".encode())
        return str(number + 2).encode() in heard

    end = time.monotonic() + 60
    while not said():
        assert time.monotonic() < end, heard
        await asyncio.sleep(0.5)


async def test_a_host_that_answers_at_300_bytes_a_second(sites: list[Site], far: Site) -> None:
    far[1].narrow(300)
    words: set[str] = set()
    async with opened(*sites) as (fleet, (slow, well)):
        fleet.be_thrifty(True)
        await until(lambda: well.record.facts, 20)
        await until(lambda: slow.record.state is HostState.CONNECTED, 60)
        assert len(slow.inventory.domains) == BULK
        await until(lambda: slow.record.is_slow, 60)
        machine = next(iter(slow.inventory.domains.values()))
        fleet.subscribe(lambda change: words.add(slow.record.word))
        begin = time.monotonic()
        xml = await definition.read_xml(slow, machine, inactive=False)
        took = time.monotonic() - begin
        assert machine.name in xml
        assert took > 2 * pulse.ANSWER_WITHIN
        await lifecycle.resume(slow, machine)
        await until(lambda: slow.inventory.domains[machine.uuid].state is DomainState.RUNNING, 20)
        assert words <= {"slow link", "connected"}
        assert well.record.word == "connected"


async def test_a_link_that_loses_every_sixth_packet(sites: list[Site], far: Site) -> None:
    words: set[str] = set()
    async with opened(*sites) as (fleet, (lossy, well)):
        await until(lambda: lossy.record.facts and well.record.facts, 20)
        fleet.subscribe(lambda change: words.add(lossy.record.word))
        far[1].lose(6)
        machines = list(lossy.inventory.domains.values())

        async def there_and_back(machine: DomainRecord) -> None:
            def state() -> DomainState:
                return lossy.inventory.domains[machine.uuid].state

            await lifecycle.resume(lossy, machine)
            await until(lambda: state() is DomainState.RUNNING, 20)
            assert machine.name in await definition.read_xml(lossy, machine, inactive=False)
            await lifecycle.pause(lossy, machine)
            await until(lambda: state() is DomainState.PAUSED, 20)

        await asyncio.gather(*map(there_and_back, machines))
        assert words <= {"connected", "slow link"}
        lossy.close()
        lossy.open()
        await until(lambda: len(lossy.inventory.domains) == BULK, 30)
        assert far[1].lost > BULK
        assert not [e for e in fleet.journal.entries if e.outcome is Outcome.FAILED]
        assert not any(d.transition or d.stale for d in lossy.inventory.domains.values())
        assert well.record.word == "connected"
