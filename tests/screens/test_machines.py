"""The machines pane on the demo host, driven by keys."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import libvirt
import pytest
from textual import events
from textual.pilot import Pilot

from tests.waiting import until
from tui.actions.registry import actions
from tui.app import VirttyApp
from tui.demo import demo_uri
from tui.hypervisor.fleet import Fleet
from tui.keymap import resolve_keymap
from tui.model.order import natural
from tui.model.states import DomainState
from tui.remembered import Remembered, load_remembered
from tui.screens.column_chooser import ColumnChooser
from tui.screens.dialogs import AskText, Confirm, Results
from tui.screens.filter_line import FilterLine
from tui.screens.help import Help
from tui.screens.machine.screen import MachineScreen
from tui.screens.machines import MachinesPane
from tui.screens.settings_checks import action_keys
from tui.settings import Settings
from tui.widgets.line_table import LineTable


@contextlib.asynccontextmanager
async def running(
    *uris: str,
    size: tuple[int, int] = (120, 40),
    settings: Settings | None = None,
    readonly: bool = False,
    remembered: Remembered | None = None,
) -> AsyncIterator[tuple[VirttyApp, Pilot[int]]]:
    """The program on these hosts, its list loaded."""
    fleet = Fleet()
    for uri in uris or (demo_uri(),):
        name = "demo" if uri == demo_uri() else "test"
        fleet.add(name, uri, demo=uri == demo_uri(), readonly=readonly).open()
    app = VirttyApp(fleet, settings or Settings(), remembered=remembered)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(lambda: all(host.inventory.has_flags for host in fleet.hosts.values()))
        await until(lambda: pane(app).table.rows_total == len(list(fleet.domains())))
        yield app, pilot
    fleet.close()


def pane(app: VirttyApp) -> MachinesPane:
    return app.main.query_one(MachinesPane)


def state(app: VirttyApp, name: str) -> DomainState:
    return next(record.state for record in app.fleet.domains() if record.name == name)


def go_to(app: VirttyApp, name: str) -> None:
    record = next(record for record in app.fleet.domains() if record.name == name)
    pane(app).table.move_cursor_to(record.key)


def screen_text(app: VirttyApp) -> str:
    return "\n".join(
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    )


@pytest.mark.parametrize(
    ("name", "key", "after"),
    [
        ("backup-01", "s", DomainState.RUNNING),
        ("web-01", "p", DomainState.PAUSED),
        ("web-03", "p", DomainState.RUNNING),
        ("web-03", "s", DomainState.RUNNING),
        ("web-02", "S", DomainState.SHUTOFF),
        ("web-02", "w", DomainState.SHUTOFF),
    ],
)
async def test_a_key_changes_the_machine_and_the_event_changes_the_row(name, key, after):
    async with running() as (app, pilot):
        go_to(app, name)
        await pilot.press(key)
        await until(lambda: state(app, name) is after)
        await until(lambda: after.word in screen_text(app) or key == "w")
        assert app.fleet.journal.entries


async def test_force_off_asks_with_cancel_focused():
    async with running() as (app, pilot):
        go_to(app, "web-01")
        await pilot.press("o")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert "virsh destroy web-01" in screen_text(app)
        assert app.focused is not None
        assert app.focused.id == "no"
        await pilot.press("enter")
        assert state(app, "web-01") is DomainState.RUNNING
        await pilot.press("o")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(lambda: state(app, "web-01") is DomainState.SHUTOFF)


async def test_marked_machines_are_acted_on_together_and_failures_are_listed():
    async with running() as (app, pilot):
        await pilot.press("slash", *"web-0", "enter", "asterisk")
        assert len(app.subjects()) == 3
        await pilot.press("S")  # the paused one cannot hear it
        await until(lambda: isinstance(app.screen, Results))
        await pilot.pause()
        text = screen_text(app)
        assert "2 of 3" in text
        assert "web-03: not done, it is paused and cannot hear" in text
        assert "✓ web-01" in text, "done, although it is off by now"
        assert text.index("not done") < text.index("✓"), "what went wrong comes first"
        await pilot.press("escape", "escape", "escape")
        assert not pane(app).table.marked
        assert pane(app).table.rows_shown == pane(app).table.rows_total


async def test_an_action_that_cannot_be_done_says_why():
    async with running() as (app, pilot):
        go_to(app, "backup-01")
        await pilot.press("S")
        await until(lambda: "it is off" in screen_text(app))
        assert state(app, "backup-01") is DomainState.SHUTOFF


async def test_read_only_changes_nothing():
    async with running(readonly=True) as (app, pilot):
        go_to(app, "web-01")
        await pilot.press("p")
        await until(lambda: "read-only" in screen_text(app))
        assert state(app, "web-01") is DomainState.RUNNING


async def test_a_machine_is_renamed():
    async with running() as (app, pilot):
        go_to(app, "scratch")
        await pilot.press("f2")
        await until(lambda: isinstance(app.screen, AskText))
        await pilot.press(*"-2")
        await pilot.press("end", *"-x", "enter")
        await until(lambda: any("-x" in record.name for record in app.fleet.domains()))
        await until(lambda: not any(record.name == "scratch" for record in app.fleet.domains()))


async def test_a_new_name_that_somebody_else_gave_meanwhile_is_not_replaced():
    async with running("test:///default") as (app, pilot):
        await pilot.press("o", "y")
        await until(lambda: state(app, "test") is DomainState.SHUTOFF)
        await pilot.press("f2")
        await until(lambda: isinstance(app.screen, AskText))
        with contextlib.closing(libvirt.open("test:///default")) as other:
            other.lookupByName("test").rename("theirs", 0)
            try:
                await until(lambda: [d.name for d in app.fleet.domains()] == ["theirs"])
                await pilot.press("-", "x", "enter")
                await until(lambda: "renamed to theirs meanwhile" in screen_text(app))
                assert [domain.name() for domain in other.listAllDomains()] == ["theirs"]
            finally:  # every connection of this process has the same machine
                other.listAllDomains()[0].rename("test", 0)
                other.lookupByName("test").create()


async def test_autostart_is_switched_on():
    async with running() as (app, pilot):
        go_to(app, "web-03")
        await pilot.press("A")
        await until(lambda: next(r for r in app.fleet.domains() if r.name == "web-03").autostart)


async def test_filter_language_as_you_type():
    async with running() as (app, pilot):
        await pilot.press("slash", *"state:paused")
        await until(lambda: pane(app).table.rows_shown == 1)
        await pilot.press("escape")
        await until(lambda: pane(app).table.rows_shown == pane(app).table.rows_total)
        await pilot.press("slash", *"nothing-like-this", "enter")
        assert pane(app).table.rows_shown == 0
        await pilot.pause()
        assert "No machine matches" in screen_text(app)


async def test_what_is_typed_ahead_is_for_what_the_key_opens():
    async with running() as (app, pilot):

        def burst(*keys: tuple[str, str | None]) -> None:
            for key, character in keys:
                app.post_message(events.Key(key, character))

        go_to(app, "scratch")
        burst(("slash", "/"), *((letter, letter) for letter in "xsr"))
        await until(lambda: [line.value for line in app.main.query(FilterLine)] == ["xsr"])
        burst(("escape", None), ("f2", None), ("s", "s"), ("A", "A"))
        await until(lambda: isinstance(app.screen, AskText))
        await pilot.press("escape")
        assert state(app, "scratch") is DomainState.SHUTOFF
        assert not app.fleet.journal.running
        assert not any(entry.virsh for entry in app.fleet.journal.entries)


async def test_the_lines_of_panes_and_tabs_show_the_keys_as_they_were_chosen():
    settings = Settings(keys={"pane.hosts": "f9", "machine.tab-xml": "f8"})
    async with running(settings=settings) as (app, pilot):
        assert "F9 Hosts" in screen_text(app)
        await pilot.press("enter")
        await until(lambda: "F8 XML" in screen_text(app))


async def test_what_was_chosen_last_is_kept_at_the_end(tmp_path: Path):
    file = tmp_path / "state.json"
    app = VirttyApp(Fleet(), Settings(), remembered_file=file)
    async with app.run_test():
        for name in ("name", "vcpus", "memory"):
            app.remember(sort=name)
    assert load_remembered(file).sort == "memory"


async def test_a_list_remembered_as_sorted_by_a_column_that_is_not_shown_goes_by_name():
    remembered = Remembered(sort="vcpus", descending=True, columns=["state", "name"])
    async with running(remembered=remembered) as (app, _pilot):
        names = [row.record.name for row in pane(app).table.visible_rows]
        assert names == sorted(names, key=natural)
        assert "Name ▲" in screen_text(app)


async def test_sort_and_columns_are_remembered():
    async with running() as (app, pilot):
        await pilot.press("greater_than_sign")
        assert app.remembered.sort == "vcpus"
        await pilot.press("comma")
        await until(lambda: isinstance(app.screen, ColumnChooser))
        await pilot.press("space", "enter")
        await until(lambda: app.remembered.columns is not None)
        assert app.remembered.columns is not None
        assert "state" not in app.remembered.columns


async def test_the_column_chooser_tells_what_has_no_room():
    def left_out() -> dict[str, str]:
        lines = app.screen.query_one(LineTable).rows
        return {line.key: line.why_not for line in lines if line.why_not}

    async with running(size=(80, 24)) as (app, pilot):
        await pilot.press("comma")
        await until(lambda: isinstance(app.screen, ColumnChooser))
        hidden = {"disk", "net", "address", "uptime"}
        await until(lambda: hidden <= left_out().keys())
        assert {left_out()[key] for key in hidden} == {"no room now"}
        assert left_out()["host"] == "one host only"
        assert "name" not in left_out()
        # Without memory and badges there is room for another.
        await pilot.press(*"jjjj", "space", *"jjjjj", "space")
        await until(lambda: "address" not in left_out())
        told = left_out()
        await pilot.press("enter")
        await until(lambda: not isinstance(app.screen, ColumnChooser))
        await until(lambda: "Address" in screen_text(app))
        assert "Disk B/s" not in screen_text(app)
        assert "disk" in told
        await pilot.resize_terminal(160, 45)
        await pilot.press("comma")
        await until(lambda: isinstance(app.screen, ColumnChooser))
        await until(lambda: left_out().keys() == {"host"})
        await pilot.resize_terminal(80, 24)
        await until(lambda: left_out() == told)


async def test_the_top_of_the_list_is_shown_when_it_is_sorted_and_when_figures_come():
    async with running(remembered=Remembered(sort="cpu", descending=True)) as (app, pilot):
        host = app.fleet.hosts["demo"]
        await until(lambda: bool(host.inventory.usage))
        await pilot.pause()
        table = pane(app).table
        assert table.cursor == 0
        busiest = max(host.inventory.usage.values(), key=lambda usage: usage.cpu or 0)
        assert table.cursor_row is not None
        assert table.cursor_row.usage == busiest
        await pilot.press("G", "less_than_sign")
        assert table.cursor == 0


async def test_enter_opens_the_machine_and_q_goes_back():
    async with running() as (app, pilot):
        go_to(app, "db-primary")
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, MachineScreen))
        await until(lambda: "efd1915d" in screen_text(app))
        await pilot.press("x")
        await until(lambda: "<domain" in screen_text(app))
        await pilot.press("q")
        await until(lambda: app.screen is app.main)


async def test_help_lists_every_action_of_the_screen():
    async with running(size=(160, 100)) as (app, pilot):
        await pilot.press("question_mark")
        await until(lambda: isinstance(app.screen, Help))
        await pilot.pause()
        assert isinstance(app.screen, Help)
        sections = app.screen.sections
        listed = {action.id for _heading, entries in sections for action, _keys in entries}
        assert listed == {action.id for action in app.actions_here()}
        text = screen_text(app)
        assert "Pause/Resume" in text
        assert "Pull the plug" in text


async def test_two_hosts_in_one_table_one_of_them_gone():
    async with running(demo_uri(), "test:///default") as (app, pilot):
        await until(lambda: "Host" in screen_text(app))
        app.fleet.hosts["test"].close()
        await until(lambda: all(record.host == "demo" for record in app.fleet.domains()))
        await until(lambda: pane(app).table.rows_total == len(list(app.fleet.domains())))
        await pilot.press("q")


@pytest.mark.parametrize("size", [(40, 10), (80, 24), (160, 45), (20, 5)])
async def test_any_size_can_be_drawn(size):
    async with running(size=size) as (app, pilot):
        await pilot.press("j", "enter")
        await pilot.pause()
        await pilot.press("q", "5", "6", "1", "question_mark", "escape")
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert pane(app).table.rows_shown


async def test_enough_machines_are_visible():
    for size, least in (((80, 24), 18), ((160, 45), 38)):
        async with running(size=size) as (app, pilot):
            await pilot.pause()
            table = pane(app).table
            assert table.size.height - 1 >= least


async def test_keys_from_the_settings_and_their_faults():
    settings = Settings(keys={"machine.pause": "f9", "machine.nonsense": "x"})
    async with running(settings=settings) as (app, pilot):
        await until(lambda: "machine.nonsense" in screen_text(app))
        go_to(app, "web-01")
        await pilot.press("p")
        await pilot.press("f9")
        await until(lambda: state(app, "web-01") is DomainState.PAUSED)


def test_the_default_keys_do_not_clash():
    assert resolve_keymap({}, action_keys())[1] == []


def test_every_action_explains_itself():
    for action in actions().values():
        assert len(action.help) > 10
        assert action.name
