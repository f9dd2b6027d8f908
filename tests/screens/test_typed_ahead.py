"""Keys that come before what an earlier one opens is there: they are for that, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from textual import events
from textual.pilot import Pilot

import tui.app
from tests.screens.test_console_tab import console
from tests.screens.test_machines import go_to, running
from tests.waiting import until
from tui import keys_in_turn
from tui.app import VirttyApp
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model import Domain
from tui.screens import switching
from tui.screens.dialogs import Confirm
from tui.screens.hosts import HostsPane
from tui.screens.machine import screen as machine_screen
from tui.screens.machine.console import ConsoleTab
from tui.screens.machine.display import DisplayTab
from tui.screens.machine.hardware import HardwareTab
from tui.screens.machine.screen import MachineScreen

KEYS = {"\r": "enter", "\x1b": "escape", "+": "plus", "↦": "f2"}


def type_ahead(app: VirttyApp, keys: str) -> None:
    """All at once, as a terminal hands over what was typed meanwhile."""
    for key in keys:
        app.post_message(events.Key(KEYS.get(key, key), key))


def done(app: VirttyApp) -> list[str]:
    """What was done to machines."""
    return [entry.virsh for entry in app.fleet.journal.entries if entry.virsh]


@pytest.mark.parametrize("way", ["c", "\rc", "--console"])
async def test_what_is_meant_for_a_guest_does_not_reach_its_machine(
    way: str, monkeypatch: pytest.MonkeyPatch
):
    async with running() as (app, _pilot):
        go_to(app, "web-01")
        sent: list[bytes] = []
        key = next(record.key for record in app.fleet.domains() if record.name == "web-01")
        session = app.consoles.session(key, 80, 24)
        monkeypatch.setattr(session, "write", sent.append)
        if way == "--console":
            app.open_machine(key, "console")
        else:
            type_ahead(app, way)
        type_ahead(app, "oprS\r")
        await until(lambda: b"".join(sent) == b"oprS\r")
        assert isinstance(app.screen, MachineScreen)
        assert isinstance(app.screen.tab, ConsoleTab)
        assert not done(app)


async def test_a_console_that_is_taken_over_has_the_keys_typed_behind_the_answer(
    monkeypatch: pytest.MonkeyPatch,
):
    async with console(attached=False) as (app, _pilot, tab, guest):
        session = tab.session

        async def attach(*, force: bool) -> None:
            assert force
            session._attaching = True
            await until(lambda: session._typed == b"oprS\r")
            session._attaching = False
            session._begin(guest)

        monkeypatch.setattr(session, "attach", attach)
        type_ahead(app, "F")
        await until(lambda: isinstance(app.screen, Confirm))
        type_ahead(app, "yoprS\r")
        await until(lambda: guest.typed == b"oprS\r")
        assert not done(app)


async def test_a_guest_has_the_keys_typed_behind_enter_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
):
    all_typed = asyncio.Event()
    stock = MachineScreen.on_event

    async def slow(screen: MachineScreen, event: events.Event) -> None:
        if isinstance(event, events.Key) and event.key == "e":
            await all_typed.wait()  # what passes by here meets those behind it
        await stock(screen, event)

    async with console() as (app, _pilot, tab, guest):
        monkeypatch.setattr(MachineScreen, "on_event", slow)
        tab.focus()
        await until(lambda: app.focused is tab)
        type_ahead(app, "\rec")
        await until(lambda: app.focused is tab.terminal)
        type_ahead(app, "ho 7\r")
        app.call_later(all_typed.set)
        await until(lambda: len(guest.typed) == 7)
        assert guest.typed == b"echo 7\r"


async def test_words_begun_for_a_guest_that_cannot_be_reached_do_not_act_on_its_machine(
    monkeypatch: pytest.MonkeyPatch,
):
    async with console(attached=False) as (app, _pilot, tab, guest):
        failed = asyncio.Event()
        words: list[bytes] = []

        async def attach(*, force: bool) -> None:
            await failed.wait()

        monkeypatch.setattr(tab.session, "attach", attach)
        monkeypatch.setattr(tab.session, "write", words.append)
        tab.focus()
        await until(lambda: app.focused is tab)
        type_ahead(app, "\ro")
        await until(lambda: words)
        failed.set()
        type_ahead(app, "prS\r")
        await until(lambda: b"".join(words) == b"oprS\r")
        assert app.focused is tab.terminal
        assert not guest.typed
        assert not done(app)


async def test_a_tab_has_the_keys_typed_behind_its_own():
    async with running() as (app, pilot):
        go_to(app, "web-01")
        type_ahead(app, "\rdw+")  # in the list and elsewhere w saves the machine's memory
        await until(lambda: isinstance(getattr(app.screen, "tab", None), DisplayTab))
        await pilot.pause()
        assert not done(app)


async def test_what_cannot_be_edited_before_it_is_read_says_so(monkeypatch: pytest.MonkeyPatch):
    async def never(*_arguments: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(HardwareTab, "read", never)
    async with running() as (app, _pilot):
        go_to(app, "web-01")
        type_ahead(app, "ea")
        await until(lambda: list(app._notifications))
        assert [told.message for told in app._notifications] == [
            "its definition has not been read yet"
        ]


async def test_a_pane_has_the_keys_typed_behind_its_own():
    async with running() as (app, pilot):
        go_to(app, "web-01")
        type_ahead(app, "5x")  # in the list x opens the machine's definition
        await until(lambda: isinstance(app.main.pane, HostsPane) and app.main.pane.table.has_focus)
        await pilot.pause()
        assert app.screen is app.main


async def test_a_dialog_takes_all_that_was_typed_behind_its_key():
    async with running() as (app, _pilot):
        go_to(app, "scratch")
        type_ahead(app, "↦abc\r")
        await until(lambda: "abc" in {record.name for record in app.fleet.domains()})


async def test_a_shells_keys_for_words_are_in_their_order_too():
    async with running() as (app, _pilot):
        go_to(app, "scratch")
        type_ahead(app, "↦new name")  # the old name is selected: it is written over
        app.post_message(events.Key("alt+b", None))
        type_ahead(app, "x")
        app.post_message(events.Key("alt+backspace", None))
        type_ahead(app, "good\r")
        await until(lambda: "new goodname" in {record.name for record in app.fleet.domains()})


@contextlib.asynccontextmanager
async def asking_for_a_title(
    monkeypatch: pytest.MonkeyPatch, fails: str = ""
) -> AsyncIterator[tuple[VirttyApp, Pilot[int], asyncio.Event]]:
    """A machine's screen, whose T has to read first; the event ends the reading."""
    begun, ended = asyncio.Event(), asyncio.Event()
    stock = machine_screen.read_domain

    async def slow(host: Host, record: DomainRecord, *, inactive: bool) -> Domain:
        begun.set()
        await ended.wait()
        if fails:
            raise HypervisorError("Read", words=fails)
        return await stock(host, record, inactive=inactive)

    monkeypatch.setattr(machine_screen, "read_domain", slow)
    async with running() as (app, pilot):
        go_to(app, "web-01")
        type_ahead(app, "\rT")
        await until(begun.is_set)
        yield app, pilot, ended


async def test_a_dialog_that_has_to_read_first_has_the_keys_typed_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
):
    async with asking_for_a_title(monkeypatch) as (app, pilot, ended):
        type_ahead(app, "oprS\r")
        await pilot.pause()
        ended.set()
        await until(lambda: [text for text in done(app) if "oprS" in text])
        assert len(done(app)) == 1


async def test_a_dialog_that_cannot_be_read_takes_what_was_typed_for_it_along(
    monkeypatch: pytest.MonkeyPatch,
):
    async with asking_for_a_title(monkeypatch, "no answer") as (app, pilot, ended):
        type_ahead(app, "oprS\r")
        await pilot.pause()
        ended.set()
        await until(lambda: any("no answer" in told.message for told in app._notifications))
        type_ahead(app, "\x1b")
        await until(lambda: app.screen is app.main)
        assert not done(app)


async def test_escape_gives_up_what_a_dialog_has_to_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tui.app, "UNNOTICED", 0.01)
    async with asking_for_a_title(monkeypatch) as (app, _pilot, _ended):
        await until(lambda: app._notifications)
        assert [told.message for told in app._notifications] == [
            "Reading the title of web-01… Escape gives up."
        ]
        type_ahead(app, "opr\x1b")
        type_ahead(app, "\x1b")  # leaves the machine's screen
        await until(lambda: app.screen is app.main)
        assert not done(app)


async def test_ctrl_q_waits_for_nothing_that_is_read(monkeypatch: pytest.MonkeyPatch):
    async with asking_for_a_title(monkeypatch) as (app, _pilot, _ended):
        app.post_message(events.Key("ctrl+q", None))
        await until(lambda: app._exit)


async def test_a_part_that_never_comes_does_not_hold_the_keys_for_good(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(switching, "PATIENCE", 0.05)
    async with running() as (app, _pilot), app.screen.switching:
        type_ahead(app, "q")
        await until(lambda: app._exit)


@pytest.mark.parametrize("focused", [False, True])
async def test_keys_go_on_though_a_screen_takes_nothing(monkeypatch: pytest.MonkeyPatch, focused):
    async def never(_node: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(keys_in_turn, "PATIENCE", 0.05)
    monkeypatch.setattr(keys_in_turn, "_caught_up", never)
    async with running() as (app, _pilot):
        if not focused:
            app.screen.set_focus(None)
        type_ahead(app, "55")
        await until(lambda: isinstance(app.main.pane, HostsPane))
