"""How hosts are watched: clocks that jump, links that are slow, answers that stay away."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.waiting import until
from tui.hypervisor import fleet as fleet_module
from tui.hypervisor import host as host_module
from tui.hypervisor import pulse as pulse_module
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.opening import watched_by_us
from tui.hypervisor.pulse import ANSWER_WITHIN, GIVE_UP, SLOW, SLOW_WITHIN, Pulse
from tui.hypervisor.records import HostFacts, HostRecord, HostState


async def test_after_a_sleep_every_host_is_asked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = Fleet()
    fleet.attach()
    well = fleet.add("well", "test:///default")
    away = fleet.add("away", f"qemu+unix:///system?socket={tmp_path}/none")
    for host in (well, away):
        host.open()
    await until(lambda: well.record.facts is not None)
    for _ in range(12):  # until the next attempt is far off
        away._retry_now()
        await until(lambda: away.record.state is HostState.LOST)
    asked: list[str] = []
    monkeypatch.setattr(well, "_heartbeat", lambda: note(asked, "well"))
    monkeypatch.setattr(away, "open", lambda: asked.append("away"))
    await until(lambda: fleet._clocks[0] > 0)
    slept = 3600.0

    clock = SimpleNamespace(time=lambda: time.time() + slept, monotonic=time.monotonic)
    monkeypatch.setattr(fleet_module, "time", clock)
    await until(lambda: set(asked) == {"well", "away"}, 2)
    assert any("slept" in entry.text for entry in fleet.journal.entries)
    count = len(asked)
    assert fleet._watch is not None
    fleet._watch.cancel()
    fleet._look()
    assert len(asked) == count  # once is enough
    fleet.close()


async def note(asked: list[str], name: str) -> None:
    asked.append(name)


def test_a_slow_host_has_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(
        pulse_module, "time", SimpleNamespace(monotonic=lambda: now, time=time.time)
    )
    near, far = Pulse(), Pulse()
    near.took(0.01)
    far.took(2 * SLOW)
    assert near.responds(None)
    assert near.responds(now - ANSWER_WITHIN + 1)
    assert not near.responds(now - ANSWER_WITHIN - 1)
    assert far.responds(now - ANSWER_WITHIN - 1)
    assert not far.responds(now - SLOW_WITHIN - 1)
    assert far.is_silent
    far.answered()
    assert not far.is_silent


def test_a_round_trip_is_told_when_it_has_really_changed() -> None:
    pulse = Pulse()
    assert told(pulse, 0.1, 0.12, 9.0, 0.4) == [0.1]  # 9.0 was held up
    assert told(pulse, 0.4) == [0.4]
    assert told(Pulse(), 0.0001, 0.0004) == [0.0001]


def test_a_link_at_the_edge_is_not_slow_and_quick_in_turn() -> None:
    pulse = Pulse()
    edge = [SLOW * 1.2, SLOW * 1.2, SLOW * 0.6, SLOW * 0.6, SLOW * 0.6, SLOW * 0.6]
    assert told(pulse, *edge) == [SLOW * 1.2]
    assert told(pulse, 0.02, 0.02, 0.02) == [0.02]
    assert told(pulse, *edge[2:]) == [SLOW * 0.6]


def told(pulse: Pulse, *trips: float) -> list[float | None]:
    """What is told of these."""
    return [pulse.round_trip for trip in trips if pulse.took(trip)]


def test_a_slow_link_is_told_in_a_word() -> None:
    facts = HostFacts("far", "QEMU", "9.0.0", "7.2.0", "x86_64", 8, 1 << 34, is_local=False)
    state = HostState.CONNECTED
    record = HostRecord("a", "a", "qemu+tcp://far/", state=state, round_trip=SLOW, facts=facts)
    assert record.word == "slow link"
    assert record.is_current
    assert replace(record, facts=replace(facts, is_local=True)).word == "connected"


@pytest.mark.parametrize(
    ("uri", "ours"),
    [
        ("qemu:///system", False),
        ("qemu+unix:///system?socket=/x", False),
        ("qemu+ssh://far/system", False),
        ("qemu+tls://far/system", True),
        ("qemu+libssh://far/system", True),
        ("alias", False),
    ],
)
def test_a_dead_link_is_told_by_somebody(uri: str, ours: bool) -> None:
    assert watched_by_us(uri) is ours


def test_silence_ends_a_connection_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse()
    pulse.answered()
    assert not pulse.is_dead
    begin = pulse.last_answer
    clock = SimpleNamespace(monotonic=lambda: begin + GIVE_UP + 1)
    monkeypatch.setattr(pulse_module, "time", clock)
    assert pulse.is_dead
    pulse.took(2 * SLOW)
    assert not pulse.is_dead


async def test_a_host_was_last_seen_before_this_machine_slept(monkeypatch: pytest.MonkeyPatch):
    fleet = Fleet()
    fleet.attach()
    host = fleet.add("well", "test:///default")
    host.open()
    await until(lambda: host.record.facts is not None)
    before = time.time()
    slept = SimpleNamespace(time=lambda: before + 3600, monotonic=time.monotonic)
    monkeypatch.setattr(host_module, "time", slept)
    host._lose(HypervisorError("Connection", words="cut"))
    assert host.record.last_seen is not None
    assert host.record.last_seen <= before
    fleet.close()
