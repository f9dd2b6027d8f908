"""Screens are left while they are still being read, or told of changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from textual.widget import Widget

from tests.screens.test_machines import running
from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor import lifecycle
from tui.hypervisor.display import take_picture
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord, HostChange
from tui.screens import host_dialog
from tui.screens.host_dialog import HostDialog
from tui.screens.machine import chains, display, xml_editor
from tui.screens.machine.chains import Chains
from tui.screens.machine.display import DisplayTab
from tui.screens.machine.hardware import HardwareTab
from tui.screens.machine.screen import MachineScreen
from tui.screens.machine.xml_editor import XmlEditor
from tui.settings import Settings


@pytest.mark.parametrize("tab", ["hardware", "overview", "xml"])
async def test_leaving_at_once_does_no_harm(tab):
    async with running() as (app, pilot):
        records = list(app.fleet.domains())
        for number in range(8):
            app.open_machine(records[number].key, tab)
            await asyncio.sleep(0.006 * number)
            app.back_or_quit()
            await until(lambda: len(app.screen_stack) == 1)
        await pilot.pause()


async def test_screens_that_are_taken_apart_are_told_nothing():
    fleet = Fleet()
    host = fleet.add("test", "test:///default")
    host.open()
    app, told = VirttyApp(fleet, Settings()), list[str]()
    async with app.run_test():
        await until(lambda: host.inventory.domains)
        fleet.subscribe(lambda change: told.append(change.host))
        fleet.journal.subscribers.add(lambda entry: told.append(entry.text))
    told.clear()
    fleet.journal.event("", "", "something")
    await lifecycle.pause(host, next(iter(host.inventory.domains.values())))
    assert not told
    fleet.close()


@pytest.mark.parametrize("turns", range(16, 34, 2))
async def test_a_screen_that_opens_when_the_program_ends_is_no_fault(turns):
    async with running() as (app, _pilot):
        app.open_machine(next(iter(app.fleet.domains())).key, "overview")
        app.action_command_palette()
        for _ in range(turns):
            await asyncio.sleep(0)
    assert app.return_code != 1


async def while_taken_apart(node: Widget) -> None:
    """Textual takes a screen apart from the inside: its own tasks go on with no widget left."""
    while node.query("*"):  # noqa: ASYNC110 - no event tells of it
        await asyncio.sleep(0)


async def opened(app: VirttyApp, tab: str) -> MachineScreen:
    """A machine's screen, with that tab read."""
    app.open_machine(next(r.key for r in app.fleet.domains() if r.name == "web-01"), tab)
    await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab is not None)
    screen = app.screen
    assert isinstance(screen, MachineScreen)
    return screen


@pytest.mark.parametrize("is_told", [True, False])
async def test_a_picture_that_comes_too_late_is_nobodys(monkeypatch, is_told):
    async with running() as (app, pilot):
        screen, begun = await opened(app, "display"), asyncio.Event()
        tab = screen.tab
        assert isinstance(tab, DisplayTab)
        await until(lambda: not tab.no_picture)

        async def late(host: Host, record: DomainRecord) -> object:
            shot = await take_picture(host, record)
            begun.set()
            await while_taken_apart(tab)
            if not is_told:
                raise HypervisorError("Look", words="no picture")
            return shot

        monkeypatch.setattr(display, "take_picture", late)
        await begun.wait()
        await pilot.press("q")
        await until(lambda: len(app.screen_stack) == 1)
        await pilot.pause()


async def test_a_screen_that_goes_is_told_nothing():
    async with running() as (app, _pilot):
        screen, told = await opened(app, "log"), 0
        _host, uuid = screen.key
        await until(lambda: screen.tab is not None and screen.tab.is_whole)
        app.back_or_quit()
        while screen.query("*") or not told:
            screen._changed(HostChange(screen.key[0], domains=frozenset((uuid,))))
            told += not screen.is_running
            await asyncio.sleep(0)


async def test_a_check_of_the_xml_that_comes_too_late_is_nobodys(monkeypatch):
    async with running() as (app, pilot):
        screen = await opened(app, "hardware")
        await until(lambda: isinstance(screen.tab, HardwareTab) and screen.tab.session is not None)
        await pilot.press("X")
        await until(lambda: isinstance(app.screen, XmlEditor))
        editor, begun = app.screen, asyncio.Event()

        async def late(work: Callable[[], object]) -> object:
            begun.set()
            await while_taken_apart(editor)
            return work()

        monkeypatch.setattr(xml_editor, "in_thread", late)
        await pilot.press("f7")
        await begun.wait()
        await pilot.press("ctrl+s")
        await until(lambda: app.screen is not editor)
        await pilot.pause()


async def test_a_host_dialog_closed_at_once_is_told_nothing(monkeypatch):
    async with running() as (app, pilot):
        dialog, begun = HostDialog("Add", None, (), {}), asyncio.Event()

        async def late(_work: Callable[[], object]) -> object:
            begun.set()
            await while_taken_apart(dialog)
            dialog.on_descendant_focus()  # a field that is taken away hands the focus on
            return {}

        monkeypatch.setattr(host_dialog, "in_thread", late)
        app.push_screen(dialog)
        await begun.wait()
        await pilot.press("escape")
        await until(lambda: app.screen is not dialog)
        await pilot.pause()


async def test_chains_left_while_they_are_read_say_nothing(monkeypatch):
    async with running() as (app, pilot):
        screen, begun = Chains(next(r.key for r in app.fleet.domains())), asyncio.Event()

        async def late(*_about: object, **_more: object) -> object:
            begun.set()
            await while_taken_apart(screen)
            raise HypervisorError("Look", words="too late")

        monkeypatch.setattr(chains, "look_at", late)
        app.push_screen(screen)
        await begun.wait()
        await pilot.press("escape")
        await until(lambda: app.screen is not screen)
        await pilot.pause()
