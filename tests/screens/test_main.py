"""The line on top and the help: true, and whole on a narrow screen."""

from __future__ import annotations

import threading

import pytest
from textual.content import Content

from tests.screens.test_machines import running, screen_text
from tests.waiting import until
from tui.hypervisor.records import HostRecord, HostState
from tui.model.states import DomainState
from tui.screens.dialogs import Results
from tui.screens.help import Help
from tui.screens.machine.screen import MachineScreen
from tui.screens.machine.tab import Tab
from tui.screens.machine.tabs import TabPlace
from tui.screens.machine.xml import XmlTab
from tui.screens.main import host_words
from tui.screens.settings_checks import unknown_columns


async def test_only_what_runs_is_counted_as_running():
    async with running() as (app, _pilot):
        states = [record.state for record in app.fleet.domains()]
        assert DomainState.PAUSED in states
        count = states.count(DomainState.RUNNING) + states.count(DomainState.BLOCKED)
        assert f"{count} of {len(states)} running" in screen_text(app).split("\n")[0]


async def test_titles_give_way_to_the_figures():
    async with running(size=(80, 24)) as (app, pilot):
        await pilot.press("asterisk")
        await pilot.pause()
        top = screen_text(app).split("\n")[0].rstrip()
        total = len(list(app.fleet.domains()))
        assert f"{total} marked" in top
        assert top.endswith("demo")
        assert "1 Machines" in top
        await pilot.press("6")
        await pilot.pause()
        top = screen_text(app).split("\n")[0]
        assert "6 Activity" in top
        assert "marked" not in top


def test_many_hosts_that_are_not_well_are_counted():
    def words(*states: HostState) -> str:
        records = [HostRecord(f"h{n}", f"h{n}", "", state=s) for n, s in enumerate(states)]
        return Content.assemble(*host_words(records)).plain

    well, lost, asks = HostState.CONNECTED, HostState.FAILED, HostState.NEEDS_AUTHENTICATION
    assert words(well, asks) == "1 of 2 hosts  h1 needs you"
    assert words(well, asks, asks) == "1 of 3 hosts  h1, h2 need you"
    assert words(well, asks, lost, asks, asks) == "1 of 5 hosts  3 need you, h2 failed"


async def test_help_stays_readable_on_a_narrow_screen():
    async with running(size=(44, 24)) as (app, pilot):
        await pilot.press("question_mark")
        await until(lambda: isinstance(app.screen, Help))
        await pilot.pause()
        assert "Start; resume when paused" in screen_text(app)


async def test_panes_keys_and_tabs_can_be_clicked():
    async with running() as (app, pilot):
        at = screen_text(app).split("\n")[0].index("6 Activity")
        await pilot.click("#top", offset=(at + 2, 0))
        await until(lambda: app.main.front == "activity")
        await pilot.press("1")
        await until(lambda: app.main.front == "machines")
        await pilot.pause()
        at = screen_text(app).split("\n")[-1].index("? Help")
        await pilot.click("#keys", offset=(at + 2, 0))
        await until(lambda: isinstance(app.screen, Help))
        await pilot.press("escape", "enter")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab)
        await pilot.pause()
        at = screen_text(app).split("\n")[1].index("x XML")
        await pilot.click("#machine-tabs", offset=(at + 2, 0))
        await until(lambda: isinstance(getattr(app.screen, "tab", None), XmlTab))


async def test_ctrl_c_says_how_to_quit():
    async with running() as (app, pilot):
        await pilot.press("ctrl+c")
        await until(lambda: "q goes back and, at the top, quits" in screen_text(app))
        assert app.is_running


async def test_a_phone_sized_terminal_shows_rows_and_where_one_is():
    async with running("test:///default", size=(40, 10)) as (app, pilot):
        await pilot.press("5")
        await until(lambda: app.main.front == "hosts" and app.main.pane.table.has_focus)
        await until(lambda: "• connected" in screen_text(app).split("\n")[2])
        await pilot.press("1", "enter", "l")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab is not None)
        await until(lambda: "l Log" in screen_text(app).split("\n")[1])


async def test_a_phone_sized_terminal_shows_results_and_whole_messages():
    async with running(size=(40, 10)) as (app, pilot):
        app.clear_notifications()
        await pilot.press("asterisk", "A")
        await until(lambda: isinstance(app.screen, Results))
        await until(lambda: "✓" in screen_text(app) or "– " in screen_text(app))
        assert "Enter closes" in screen_text(app)
        await pilot.press("enter", "escape")
        message = "libvirt renames machines that are off only, so much for that"
        app.say(message)
        await until(lambda: set(message.split()) <= words(app))


def words(app) -> set[str]:
    """The words on the screen, without frames."""
    return set("".join(c if ord(c) < 128 else " " for c in screen_text(app)).split())


def test_a_column_that_is_not_there_is_told():
    problem, *others = unknown_columns(["state", "nane"])
    assert not others
    assert str(problem).startswith("machines: there is no column nane")
    assert "name" in str(problem)


async def test_what_a_tab_is_made_of_is_not_imported_in_the_loop(monkeypatch: pytest.MonkeyPatch):
    threads: list[threading.Thread] = []
    load = TabPlace.load

    def watched(place: TabPlace) -> type[Tab]:
        threads.append(threading.current_thread())
        return load(place)

    monkeypatch.setattr(TabPlace, "load", watched)
    async with running() as (app, pilot):
        await pilot.press("c")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab is not None)
    assert threads
    assert threading.main_thread() not in threads
