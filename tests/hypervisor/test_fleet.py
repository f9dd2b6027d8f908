"""Hosts side by side, on libvirt's test driver and on sockets that refuse or keep silent."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import libvirt
import pytest

from tests.waiting import until
from tui.demo import demo_uri
from tui.hypervisor import host as host_module
from tui.hypervisor import lifecycle, listing, monitor
from tui.hypervisor.errors import GoneError, HypervisorError, NotConnectedError
from tui.hypervisor.events import Event
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.journal import Outcome
from tui.hypervisor.opening import Opened
from tui.hypervisor.records import DomainDetails, DomainRecord, HostState
from tui.model.states import DomainState

ANSWER = 1.0
"""Seconds within which what waits for nobody is done on a machine that also runs other tests."""


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[[str], str]:
    """URIs of hosts with one running machine, always the same one.

    ``test:///default`` will not do: it is one host for the whole process.
    """

    def make(name: str = "tiny") -> str:
        file = tmp_path / f"{name}.xml"
        file.write_text(
            "<node><domain type='test'><name>test</name><memory>1024</memory><vcpu>2</vcpu>"
            "<uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid><os><type>hvm</type></os></domain>"
            "<network><name>default</name></network></node>"
        )
        return f"test://{file}"

    return make


@contextlib.asynccontextmanager
async def running(*uris: str, readonly: bool = False) -> AsyncIterator[tuple[Fleet, list[Host]]]:
    fleet = Fleet()
    fleet.attach()
    hosts = [fleet.add(f"h{n}", uri, readonly=readonly) for n, uri in enumerate(uris)]
    for host in hosts:
        host.open()
    try:
        yield fleet, hosts
    finally:
        fleet.close()


async def connected(host: Host) -> DomainRecord:
    await until(lambda: host.record.state is HostState.CONNECTED and host.inventory.domains)
    await until(lambda: host.record.facts is not None)
    return next(iter(host.inventory.domains.values()))


def now(host: Host, domain: DomainRecord) -> DomainRecord:
    return host.inventory.domains[domain.uuid]


def is_in(host: Host, domain: DomainRecord, state: DomainState) -> bool:
    return now(host, domain).state is state


async def told(host: Host, domain: DomainRecord) -> int:
    """The state as libvirt itself tells it."""
    return (await host.call(lambda c: c.lookupByUUIDString(domain.uuid).state()))[0]


async def test_the_first_list_and_what_comes_after(tiny):
    async with running(tiny()) as (_fleet, (host,)):
        domain = await connected(host)
        assert domain.name == "test"
        assert domain.state is DomainState.RUNNING
        await until(lambda: now(host, domain).vcpus == 2)
        assert host.record.facts is not None
        assert host.record.facts.driver == "TEST"
        await until(lambda: host.inventory.named["network"])
        assert "lifecycle" not in host.event_kinds
        assert "network" in host.event_kinds


async def test_every_verb_does_what_it_says_and_is_journaled(tiny):
    async with running(tiny()) as (fleet, (host,)):
        domain = await connected(host)
        steps = (
            (lifecycle.pause, DomainState.PAUSED),
            (lifecycle.resume, DomainState.RUNNING),
            (lifecycle.save, DomainState.SHUTOFF),
            (lifecycle.start, DomainState.RUNNING),
            (lifecycle.force_off, DomainState.SHUTOFF),
            (lifecycle.start, DomainState.RUNNING),
            (lifecycle.shut_down, DomainState.SHUTOFF),
        )
        for verb, after in steps:
            await verb(host, now(host, domain))
            assert await told(host, domain) == after
            await until(partial(is_in, host, domain, after))
            await until(lambda: now(host, domain).transition is None)
        await lifecycle.set_autostart(host, now(host, domain), True)
        await until(lambda: now(host, domain).autostart)
        await lifecycle.rename(host, now(host, domain), "other")
        await until(lambda: now(host, domain).name == "other")
        done = [entry for entry in fleet.journal.entries if entry.outcome is Outcome.DONE]
        assert len(done) == len(steps) + 2
        assert done[0].virsh == "virsh suspend test"


async def test_what_another_client_sets_without_an_event_shows_by_itself(tiny, monkeypatch):
    monkeypatch.setattr(monitor, "BASE_INTERVAL", 0.05)
    monkeypatch.setattr(monitor, "SLOW_EVERY", 0.05)
    async with running(tiny()) as (fleet, (host,)):
        domain = await connected(host)
        fleet.show(frozenset(), ())
        await host.call(lambda c: c.lookupByUUIDString(domain.uuid).setAutostart(True))
        await until(lambda: now(host, domain).autostart)
        await host.call(lambda c: c.lookupByUUIDString(domain.uuid).setAutostart(False))
        await until(lambda: not now(host, domain).autostart)


async def test_a_transient_machine_cannot_be_restarted(tiny):
    async with running(tiny()) as (_fleet, (host,)):
        domain = await connected(host)
        await host.call(lambda connection: connection.lookupByUUIDString(domain.uuid).undefine())
        await until(lambda: not now(host, domain).persistent)
        with pytest.raises(GoneError, match="not defined"):
            await lifecycle.restart(host, domain)


async def test_a_machine_that_went_off_while_the_host_was_away_is_started_again(tiny, monkeypatch):
    asked: list[str] = []

    async def shut_down(_host: Host, _domain: DomainRecord) -> None:
        asked.append("shut down")

    async def start(_host: Host, domain: DomainRecord) -> None:
        asked.append(f"start, {domain.state.word}")

    monkeypatch.setattr(lifecycle, "shut_down", shut_down)
    monkeypatch.setattr(lifecycle, "start", start)
    async with running(tiny()) as (_fleet, (host,)):
        domain = await connected(host)
        restarting = asyncio.create_task(lifecycle.restart(host, domain))
        await until(lambda: asked)
        off = replace(now(host, domain), state=DomainState.SHUTOFF, id=None)
        host.inventory.load([off])  # as the first list after a reconnect tells it
        async with asyncio.timeout(5):
            await restarting
    assert asked == ["shut down", "start, off"]


@pytest.mark.parametrize(("away", "started"), [(60.0, 1000.0), (0.0, None)])
async def test_since_when_a_machine_runs_is_known_no_more_after_the_host_was_away_for_long(
    tiny, monkeypatch, away: float, started: float | None
):
    monkeypatch.setattr(host_module, "AWAY", away)
    async with running(tiny()) as (_fleet, (host,)):
        domain = await connected(host)
        host.inventory.set_started(domain.uuid, 1000.0)
        host._lose(HypervisorError("Connection", words="cut"))
        await until(lambda: host.record.state is HostState.CONNECTED)
        assert now(host, domain).id == domain.id  # it tells nothing: they count from 1 again
        assert now(host, domain).started == started


async def test_what_nobody_foresaw_ends_the_attempt_to_connect_too(tiny, monkeypatch):
    def fail(*_arguments: object) -> None:
        raise ValueError("embedded null byte")

    monkeypatch.setattr(host_module, "open_connection", fail)
    async with running(tiny()) as (_fleet, (host,)):
        await until(lambda: host.record.state is HostState.FAILED)
        assert host.record.error is not None
        assert host.record.error.words == "embedded null byte"


async def test_a_refused_change_says_so_in_libvirts_words(tiny):
    async with running(tiny()) as (fleet, (host,)):
        domain = await connected(host)
        with pytest.raises(HypervisorError) as raised:
            await lifecycle.rename(host, domain, "other")
        assert raised.value.words
        assert now(host, domain).transition is None
        assert fleet.journal.entries[-1].outcome is Outcome.FAILED


async def test_a_machine_that_has_vanished(tiny):
    async with running(tiny()) as (_fleet, (host,)):
        domain = await connected(host)
        gone = DomainRecord(host.record.key, "00000000-0000-4000-8000-00000000dead", "gone")
        with pytest.raises(GoneError):
            await lifecycle.start(host, gone)
        await lifecycle.force_off(host, domain)
        await host.call(lambda c: c.lookupByUUIDString(domain.uuid).undefine())
        await until(lambda: not host.inventory.domains)


async def test_a_read_only_connection_changes_nothing(tiny):
    async with running(tiny(), readonly=True) as (_fleet, (host,)):
        domain = await connected(host)
        with pytest.raises(HypervisorError):
            await lifecycle.pause(host, domain)


async def test_a_refused_socket_is_tried_again(tmp_path: Path):
    async with running(f"qemu+unix:///system?socket={tmp_path}/none") as (_fleet, (host,)):
        await until(lambda: host.record.state is HostState.LOST)
        assert host.record.error is not None
        assert host.record.error.advice
        first = host.record.retry_at
        await until(lambda: host.record.retry_at not in (None, first))
        with pytest.raises(NotConnectedError):
            await host.call(lambda connection: None)


async def test_a_silent_host_holds_nobody_up(tmp_path: Path, tiny):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "silent"))
        listener.listen()
        silent = f"qemu+unix:///system?socket={tmp_path}/silent"
        async with running(silent, tiny()) as (_fleet, (dead, well)):
            domain = await connected(well)
            begin = time.monotonic()
            assert await told(well, domain) == DomainState.RUNNING
            assert time.monotonic() - begin < ANSWER
            await until(lambda: not dead.record.responding, seconds=8)
            assert dead.record.word == "not responding"
            begin = time.monotonic()
        assert time.monotonic() - begin < ANSWER


async def test_the_same_uuid_on_two_hosts(tiny):
    async with running(tiny("one"), tiny("two")) as (fleet, (one, two)):
        first, second = await connected(one), await connected(two)
        assert first.uuid == second.uuid
        assert len({record.key for record in fleet.domains()}) == 2
        await lifecycle.pause(one, first)
        await until(lambda: now(one, first).state is DomainState.PAUSED)


async def test_closing_and_opening_again():
    async with running(demo_uri()) as (_fleet, (host,)):
        await connected(host)
        host.close()
        assert host.record.state is HostState.CLOSED
        assert not host.inventory.domains
        host.open()
        await connected(host)


async def test_details_come_for_what_is_shown():
    async with running(demo_uri()) as (fleet, (host,)):
        await connected(host)
        web = next(r for r in host.inventory.domains.values() if r.name == "web-01")
        fleet.show(frozenset(), [web.key])
        await until(lambda: now(host, web).details is not None)
        details = now(host, web).details
        assert details is not None
        assert "web" in details.tags
        assert details.macs


async def test_definitions_are_read_again_after_a_reconnect(tiny):
    """What was defined while nobody listened has no event."""
    async with running(tiny()) as (fleet, [host]):
        domain = await connected(host)
        fleet.show(frozenset(), [domain.key])
        await until(lambda: now(host, domain).details is not None)
        host.inventory.load_details({domain.uuid: DomainDetails(title="of yesterday")})
        host._lose(HypervisorError("Connection", words="cut"))
        host.retry()
        await until(lambda: now(host, domain).details == DomainDetails())


async def test_a_refresh_reads_no_definition(tiny):
    """Of a thousand machines it would be a thousand calls, and events tell of each."""
    async with running(tiny()) as (fleet, [host]):
        domain = await connected(host)
        fleet.show(frozenset(), [domain.key])
        await until(lambda: not host.inventory.unread)
        await host.refresh()
        assert not host.inventory.unread


async def test_an_event_before_the_first_list_is_not_lost(tiny, monkeypatch: pytest.MonkeyPatch):
    """The list may have been read before it, and come to the loop behind it."""
    async with running(tiny()) as (_fleet, [host]):
        domain = await connected(host)
        host.close()
        listed = Host._on_opened

        def late(self: Host, generation: int, opened: Opened) -> None:
            self._on_event(generation, Event("lifecycle", domain.uuid, domain.name, (4, 0)))
            before = [replace(d, state=DomainState.PAUSED) for d in opened.domains]
            listed(self, generation, replace(opened, domains=before))

        monkeypatch.setattr(Host, "_on_opened", late)
        host.open()
        await until(lambda: domain.uuid in host.inventory.domains)
        assert is_in(host, domain, DomainState.PAUSED)
        await until(lambda: is_in(host, domain, DomainState.RUNNING), 5)


def test_the_end_comes_though_a_host_began_something_while_the_loop_was_ending(tiny):
    fleet = Fleet()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)  # that task is destroyed while it is pending
        fleet.attach()
        host = fleet.add("h", tiny())
        host.open()
        await connected(host)
        task = loop.create_task(last_words(host))
        await asyncio.sleep(0)
        assert not task.done()

    async def last_words(host: Host) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            host.spawn(asyncio.sleep(60))

    asyncio.run(main())
    fleet.close()
    assert not fleet.hosts["h"].is_connected


async def test_what_a_host_cannot_tell_is_no_reason_for_the_rest(
    tiny, monkeypatch: pytest.MonkeyPatch
):
    def broken(connection: libvirt.virConnect) -> None:
        connection.lookupByName("nobody")

    monkeypatch.setattr(listing, "read_sizes", broken)
    async with running(tiny()) as (_fleet, [host]):
        await connected(host)
        await until(lambda: host.inventory.named["network"])
