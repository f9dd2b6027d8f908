"""What hangs for long, a daemon or a guest, and goes on: nobody else hangs with it."""

from __future__ import annotations

import asyncio

import pytest

from tests.lab import GuestSpec, IsolatedDaemon
from tests.waiting import until
from tui.hypervisor import console, definition, lifecycle, opening, pulse
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.records import HostState
from tui.model.states import DomainState

LONG = 7.0
"""Seconds: more than libvirt's own patience of three keepalive messages would be."""


async def test_what_waits_for_a_hung_daemon_is_answered_in_the_end(
    isolated_daemon: IsolatedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "KEEPALIVE", (1, opening.KEEPALIVE[1]))
    monkeypatch.setattr(pulse, "HEARTBEAT", 1.0)
    monkeypatch.setattr(pulse, "STALE_AFTER", 5.0)
    for number in range(3):
        isolated_daemon.guest(
            GuestSpec(name=f"g-{number}", state="paused", kernel=False, memory_mib=16)
        )
    fleet = Fleet()
    fleet.attach()
    host = fleet.add("hung", isolated_daemon.uri)
    host.open()
    await until(lambda: host.record.facts is not None, 15)
    machines = list(host.inventory.domains.values())
    isolated_daemon.stop_signal()
    waiting = [
        asyncio.create_task(definition.read_xml(host, machines[0], inactive=True)),
        *(asyncio.create_task(lifecycle.resume(host, machine)) for machine in machines),
    ]
    await until(lambda: host.record.word == "not responding", 10)
    assert not any(d.stale for d in host.inventory.domains.values())
    await until(lambda: all(d.stale for d in host.inventory.domains.values()), LONG)
    await asyncio.sleep(LONG - 5)
    assert host.record.state is HostState.CONNECTED
    assert not any(task.done() for task in waiting)
    isolated_daemon.continue_signal()
    xml, *_nothing = await asyncio.wait_for(asyncio.gather(*waiting), 20)
    assert isinstance(xml, str)
    await until(lambda: not any(d.stale for d in host.inventory.domains.values()), 5)
    await until(
        lambda: {d.state for d in host.inventory.domains.values()} == {DomainState.RUNNING}, 10
    )
    await until(lambda: host.record.word == "connected", 5)
    fleet.close()


async def test_a_guest_that_reads_nothing_holds_up_its_own_console_only(
    isolated_daemon: IsolatedDaemon,
) -> None:
    guest = isolated_daemon.guest(GuestSpec(name="deaf"))
    guest.wait_for_output()
    fleet = Fleet()
    fleet.attach()
    host = fleet.add("h", isolated_daemon.uri)
    host.open()
    await until(lambda: guest.uuid in host.inventory.domains)
    said = bytearray()
    record = host.inventory.domains[guest.uuid]
    opened = await console.open_console(host, record, said.extend, lambda _reason: None)
    guest.virsh("suspend")
    for _ in range(300):  # pasted into a machine that is paused
        opened.write(b"#" * 99 + b"\r")
    for _ in range(50):
        opened.write(b"#")
    opened.write(b"\recho to-the-$((9*9))\r")
    await until(lambda: opened._unread > console.UNREAD)
    for _ in range(5):
        await asyncio.wait_for(host.call(lambda c: c.getLibVersion()), 5)
    said.clear()
    await lifecycle.resume(host, record)
    await until(lambda: b"to-the-81" in said)
    opened.close()
    fleet.close()
