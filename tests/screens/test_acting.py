"""What an action says before it acts, and when it does not act."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import libvirt
import pytest

from tests.screens.test_hosts_many import RUNNING, host_of
from tests.screens.test_machines import go_to, running, screen_text
from tests.waiting import until
from tui.actions.machine import ForceOff, Open, Pause, Reset, ShutDown, Start
from tui.hypervisor import lifecycle
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.listing import Flags
from tui.hypervisor.records import DomainRecord
from tui.model.states import DomainState
from tui.screens import acting
from tui.screens.dialogs import Confirm, Results
from tui.screens.help import Help
from tui.screens.machine.screen import MachineScreen

CRASHED = DomainRecord("rack1", "5f0b", "web", id=3, state=DomainState.CRASHED, reason=1)


@pytest.mark.parametrize("action", [Start(), Pause(), ShutDown()])
def test_a_crashed_machine_that_is_kept_cannot_be_started(action):
    """libvirt: "domain is already running"."""
    assert "crashed" in action.unsuitable(CRASHED)
    assert not action.unsuitable(replace(CRASHED, state=DomainState.PAUSED)) or action.key == "S"


def test_a_machine_that_is_shutting_down_is_not_started():
    """libvirt: "domain is already running"."""
    assert "shutting down" in Start().unsuitable(replace(CRASHED, state=DomainState.SHUTDOWN))


@pytest.mark.parametrize("action", [ForceOff(), Reset()])
def test_a_crashed_machine_can_be_ended(action):
    assert not action.unsuitable(CRASHED)


async def test_a_key_pressed_twice_acts_once():
    """The second start would fail: the domain is running already."""
    async with running() as (app, pilot):
        go_to(app, "backup-01")
        record = app.subjects()[0]
        host = app.fleet.hosts[record.host]
        host.inventory.set_transition(record.uuid, "starting")
        assert Start().why_not(app) == "it is starting"
        assert ForceOff().why_not(app) == "it is off", "what is under way does not forbid it"
        host.inventory.set_transition(record.uuid, "stopping")
        assert not Start().why_not(app), "a guest may take for ever"
        host.inventory.set_transition(record.uuid, None)
        await pilot.press("s", "s")
        await until(lambda: app.subjects()[0].state is DomainState.RUNNING)
        starts = [entry for entry in app.fleet.journal.entries if entry.text == "start"]
        assert len(starts) == 1


async def test_the_question_is_a_sentence():
    async with running() as (app, pilot):
        name = "web-01"  # not any that runs: some are transient, in libvirt's own order
        go_to(app, name)
        await pilot.press("w")
        await until(lambda: app.subjects()[0].managed_save and not app.subjects()[0].transition)
        await pilot.press("ctrl+w")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert f"Discard the saved state of {name} on demo?" in screen_text(app)


async def test_what_speaks_against_a_start_names_the_machine():
    async with running() as (app, pilot):
        await until(lambda: all(r.details for r in app.fleet.domains()))
        await pilot.press("asterisk", "s")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        total = len(list(app.fleet.domains()))
        assert f" of {total} machines on demo?" in app.screen.question
        assert ": " in app.screen.consequence.split("\n")[0]
        assert "␊" not in app.screen.consequence


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_the_answers_stay_on_the_screen_however_long_the_question(size):
    async with running(size=size) as (app, pilot):
        await pilot.press("asterisk", "o")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        text = screen_text(app)
        assert "Force off" in text
        assert "Cancel (n)" in text
        assert "virsh destroy" not in text.split("\n")[-3]
        await pilot.press(*["pagedown"] * 12)
        await pilot.pause()
        last = [r.name for r in app.subjects() if r.state.is_active][-1]
        assert f"virsh destroy {last}" in screen_text(app)
        assert "Cancel (n)" in screen_text(app)
        await pilot.press("n", "question_mark")
        await until(lambda: isinstance(app.screen, Help))
        await pilot.pause()
        assert "Escape closes" in screen_text(app)


async def test_of_ten_machines_three_fail_in_libvirts_words(tmp_path: Path):
    ten = host_of(tmp_path / "ten.xml", *((f"m-{n}", n + 1, RUNNING) for n in range(10)))
    async with running(ten) as (app, pilot):
        await pilot.press("asterisk", "o")
        await until(lambda: isinstance(app.screen, Confirm))
        (host,) = app.fleet.hosts.values()
        for name in ("m-2", "m-5", "m-7"):  # somebody else is faster
            domain = await host.call(libvirt.virConnect.lookupByName, name)
            await host.call(lambda _connection, domain: domain.destroy(), domain)
        await pilot.press("y")
        await until(lambda: isinstance(app.screen, Results))
        await pilot.pause()
        text = screen_text(app)
        assert "7 of 10 machines done" in text
        for name in ("m-2", "m-5", "m-7"):
            assert f"! {name}: " in text
        assert text.count("is not running") == text.count("look again and decide anew") == 3
        assert text.index("! m-7") < text.index("✓ m-0"), "what went wrong comes first"
        await until(lambda: not any(d.state.is_active for d in app.fleet.domains()))
        failed = [entry.subject for entry in app.fleet.journal.entries if entry.error]
        assert sorted(failed) == ["m-2", "m-5", "m-7"]


async def test_looking_at_a_machine_is_about_the_cursor_whatever_is_marked():
    async with running() as (app, pilot):
        await pilot.press("space", "space")
        in_view = app.machine_in_view()
        assert in_view is not None
        assert in_view not in app.subjects()
        assert not Open().why_not(app)
        await pilot.press("x")
        await until(lambda: isinstance(app.screen, MachineScreen))
        assert isinstance(app.screen, MachineScreen)
        assert app.screen.key == in_view.key


def test_machines_of_several_hosts_are_called_with_their_host():
    one, other = CRASHED, replace(CRASHED, host="rack2")
    assert list(acting.names_among([one]).values()) == ["web"]
    assert list(acting.names_among([one, other]).values()) == ["web on rack1", "web on rack2"]


async def test_activity_keeps_what_was_refused():
    async with running() as (app, pilot):
        for name in ("web-01", "backup-01"):
            go_to(app, name)
            await pilot.press("space")
        await pilot.press("s")
        await until(lambda: isinstance(app.screen, Results))
        kept = [(entry.subject, entry.text) for entry in app.fleet.journal.entries]
        assert ("web-01", "Start: not done, it is running already") in kept


async def test_activity_keeps_an_error_that_was_told_once():
    async with running() as (app, _pilot):
        error = HypervisorError("Revert web to s1", words="its disks are others now")
        app.tell_error(error)
        app.tell_error(error)
        kept = [entry for entry in app.fleet.journal.entries if entry.error]
        assert [(entry.text, entry.error) for entry in kept] == [("Revert web to s1", error)]


async def test_of_several_those_that_run_are_paused_and_none_is_resumed():
    async with running() as (app, pilot):
        was = {record.key: record.state for record in app.fleet.domains()}
        assert {DomainState.RUNNING, DomainState.PAUSED} <= set(was.values())
        await pilot.press("asterisk", "p")
        await until(lambda: isinstance(app.screen, Results))
        stands = {DomainState.PAUSED, DomainState.PMSUSPENDED}
        for record in app.fleet.domains():
            before = was[record.key]
            assert record.state is before or (before.is_running and record.state in stands)
        assert not any(record.state.is_running for record in app.fleet.domains())


async def test_of_several_all_start_with_their_host_afterwards():
    async with running() as (app, pilot):
        await until(lambda: {record.autostart for record in app.fleet.domains()} == {True, False})
        await pilot.press("asterisk", "A")
        await until(lambda: isinstance(app.screen, Results))
        await until(lambda: all(r.autostart for r in app.fleet.domains() if r.persistent))


@pytest.mark.parametrize("action", [ForceOff(), ShutDown()])
def test_it_is_told_that_a_transient_machine_goes_for_good(action):
    fleet = Fleet()
    inventory = fleet.add("rack1", "test:///default").inventory
    running = replace(CRASHED, state=DomainState.RUNNING)
    assert "still being read" in action.worry(fleet, running), "the list comes first"
    inventory.load_flags(Flags(frozenset(), frozenset(), frozenset(), {}))
    assert not action.worry(fleet, running)
    assert "definition is gone" in action.worry(fleet, replace(running, persistent=False))


@pytest.mark.parametrize(
    ("key", "verb", "word", "told"),
    [
        ("S", "shut_down", "stopping", "has not shut down after 0 s: o forces it off"),
        ("r", "reboot", "rebooting", "has not restarted after 0 s: R resets it"),
    ],
)
async def test_a_guest_that_does_not_listen_is_shown_as_it_is_again(
    monkeypatch: pytest.MonkeyPatch, key: str, verb: str, word: str, told: str
) -> None:
    async def asks(host: Host, record: DomainRecord) -> None:
        host.inventory.set_transition(record.uuid, word)

    monkeypatch.setattr(lifecycle, verb, asks)
    monkeypatch.setattr(acting, "PATIENCE", 0.2)
    async with running() as (app, pilot):
        name = "web-01"  # not any that runs: some are transient, in libvirt's own order
        go_to(app, name)
        await pilot.press(key)
        await until(lambda: f"{name} {told}" in [note.message for note in app._notifications])
        assert app.subjects()[0].transition is None


async def test_what_a_guest_is_asked_next_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Off, started and asked again, all within the patience with the first request."""

    async def asks(host: Host, record: DomainRecord) -> None:
        host.inventory.set_transition(record.uuid, "stopping")

    monkeypatch.setattr(lifecycle, "shut_down", asks)
    monkeypatch.setattr(acting, "PATIENCE", 1.0)
    async with running() as (app, pilot):
        go_to(app, "web-01")
        record = app.subjects()[0]
        inventory, done = app.fleet.hosts[record.host].inventory, list[str]()
        await pilot.press("S")
        await until(lambda: app.subjects()[0].transition)
        app.fleet.subscribe(lambda change: done.extend(change.domains))
        inventory.set_transition(record.uuid, None)
        await until(lambda: record.uuid in done)
        await asyncio.sleep(0.5)
        await pilot.press("S")
        begin = time.monotonic()
        await until(lambda: any("has not shut down" in n.message for n in app._notifications))
        assert time.monotonic() - begin > 0.8
