"""Keys that come before what an earlier one opens is there: they are for that, and nothing else."""

from __future__ import annotations

import asyncio

import pytest
from textual import events

from tests.screens.test_console_tab import console
from tests.screens.test_machines import go_to, running
from tests.waiting import until
from tui.app import VirttyApp
from tui.screens import switching
from tui.screens.dialogs import Confirm
from tui.screens.hosts import HostsPane
from tui.screens.machine.console import ConsoleTab
from tui.screens.machine.display import DisplayTab
from tui.screens.machine.hardware import HardwareTab
from tui.screens.machine.screen import MachineScreen

KEYS = {"\r": "enter", "+": "plus", "↦": "f2"}


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


async def test_a_part_that_never_comes_does_not_hold_the_keys_for_good(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(switching, "PATIENCE", 0.05)
    async with running() as (app, _pilot), app.screen.switching:
        type_ahead(app, "q")
        await until(lambda: app._exit)
