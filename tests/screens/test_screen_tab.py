"""The Screen tab on the demo host, whose driver has a picture for every machine."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from tests.screens.test_machines import running, screen_text
from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor.display import Keyboard, take_picture
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model.keycodes import CODES
from tui.output_cells import PLACEHOLDER
from tui.screens.choose import Choose
from tui.screens.dialogs import AskText, Confirm
from tui.screens.machine import display
from tui.screens.machine.display import DisplayTab
from tui.screens.machine.screen import MachineScreen
from tui.screens.machine.special_keys import NMI, SPECIAL
from tui.terminal_graphics import TerminalGraphics
from tui.widgets.options import Options


@contextlib.asynccontextmanager
async def looking(
    name: str = "web-01", *, size: tuple[int, int] = (120, 40), readonly: bool = False
) -> AsyncIterator[tuple[VirttyApp, Pilot[int], DisplayTab]]:
    async with running(size=size, readonly=readonly) as (app, pilot):
        record = next(record for record in app.fleet.domains() if record.name == name)
        app.open_machine(record.key, "display")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab is not None)
        tab = app.screen.tab
        assert isinstance(tab, DisplayTab)
        await until(lambda: tab.no_picture != "there is no picture yet")
        await pilot.pause()
        yield app, pilot, tab


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_the_picture_is_drawn_in_blocks_and_can_be_looked_at_closer(size):
    async with looking(size=size) as (app, pilot, tab):
        assert tab.no_picture == ""
        text = screen_text(app)
        assert set(text) & set("▀▄▌▐▘▝▖▗")
        assert "1120×832" in text
        await pilot.press("plus", "plus")
        assert tab.view.zoom > 2
        before = screen_text(app)
        await pilot.press("right", "down")
        assert screen_text(app) != before
        await pilot.press("0")
        assert tab.view.zoom == 1
        assert screen_text(app) == text


async def test_pixels_are_drawn_where_they_can_be_and_the_link_is_not_slow():
    async with looking() as (app, pilot, tab):
        await pilot.press("g")
        await until(lambda: "neither kitty nor sixel" in screen_text(app))
        tab._graphics = TerminalGraphics("kitty", None)
        tab.machine_changed()
        await until(lambda: PLACEHOLDER in screen_text(app))
        await pilot.press("g")
        await until(lambda: PLACEHOLDER not in screen_text(app))
        await pilot.press("g")
        await until(lambda: PLACEHOLDER in screen_text(app))
        app.fleet.be_thrifty(True)
        tab.machine_changed()
        await until(lambda: PLACEHOLDER not in screen_text(app))
        assert tab.no_pixels == "low-bandwidth mode is on"


async def test_keys_go_to_the_guest_until_the_key_that_leads_out():
    async with looking() as (app, pilot, tab):
        await pilot.press("enter")
        await pilot.pause()
        assert "keys go to the guest" in screen_text(app)
        await pilot.press("q", "ö", "ctrl+right_square_bracket")
        await pilot.pause()
        assert isinstance(app.screen, MachineScreen)
        assert tab.has_focus
        # The demo's driver takes no keys, and says so.
        await until(lambda: "no key for ö" in screen_text(app))


async def test_the_keys_that_a_terminal_keeps_are_offered():
    async with looking() as (app, pilot, _tab):
        await pilot.press("m")
        await until(lambda: isinstance(app.screen, Choose))
        await pilot.pause()
        for name in ("Ctrl+Alt+Del", "Ctrl+Alt+F1", "Alt+SysRq+S"):
            assert name in screen_text(app)
        await pilot.press("escape")


async def test_what_may_cost_data_is_asked_for_and_a_machine_that_is_off_takes_no_keys():
    async with looking() as (app, pilot, tab):
        assert "^] Leave" not in screen_text(app)
        await pilot.press("enter")
        await until(lambda: "^] Leave the guest" in screen_text(app))
        await pilot.press("ctrl+right_square_bracket", "m")
        await until(lambda: isinstance(app.screen, Choose))
        nmi = [one.told for one in SPECIAL].index(NMI)
        app.screen.query_one(Options).highlighted = nmi
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.press("n")
        await until(lambda: app.screen is tab.screen)
        assert not app.fleet.journal.running
    async with looking("backup-01") as (_app, _pilot, tab):
        assert tab.refusal("send_keys") == "the machine is off"


async def test_the_picture_is_saved(tmp_path: Path):
    async with looking() as (app, pilot, _tab):
        await pilot.press("w")
        await until(lambda: isinstance(app.screen, AskText))
        await pilot.pause()
        await pilot.press(*str(tmp_path / "a.png"), "enter")
        await until((tmp_path / "a.png").exists)
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


async def test_why_there_is_no_picture_is_said():
    async with looking("backup-01") as (app, pilot, tab):
        assert "the machine is off" in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert tab.has_focus
    async with looking(readonly=True) as (app, _pilot, _tab):
        assert "read-only" in screen_text(app)


async def test_it_is_looked_on_once_a_dialog_is_gone(monkeypatch: pytest.MonkeyPatch):
    taken = 0

    async def take(host: Host, record: DomainRecord) -> object:
        nonlocal taken
        taken += 1
        return await take_picture(host, record)

    async with looking() as (app, pilot, tab):
        monkeypatch.setattr(display, "take_picture", take)
        await pilot.press("m")
        await until(lambda: isinstance(app.screen, Choose))
        await until(lambda: all(worker.group != "follow" for worker in tab.workers))
        taken = 0
        await pilot.press("escape")
        await until(lambda: taken > 1)


async def test_a_paste_is_typed_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch):
    sent: list[list[int]] = []

    async def send_one(_keyboard: Keyboard, keys: list[int]) -> None:
        sent.append(keys)

    monkeypatch.setattr(Keyboard, "_send_one", send_one)
    async with looking() as (app, pilot, tab):
        await pilot.press("enter")
        await until(lambda: tab.view.has_focus)
        for text, told in (
            ("all of it\r\n" * 500, "of 5000 keys a guest takes 500 at a time"),
            ("some ü of it", "no key for ü"),
        ):
            tab.view.post_message(events.Paste(text))
            await until(lambda: len(app._notifications) == 1)
            await pilot.pause()
            assert [told in one.message for one in app._notifications] == [True]
            app.clear_notifications()
            assert not sent
        tab.view.post_message(events.Paste("rm\r\n"))
        await until(lambda: len(sent) == 3)
        assert sent == [[CODES["r"]], [CODES["m"]], [CODES["enter"]]]
