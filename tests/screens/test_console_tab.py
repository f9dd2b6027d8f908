"""The Console tab on the demo host: its driver has no consoles, so the tests play the guest."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from textual import events
from textual.pilot import Pilot
from textual.screen import Screen

from tests.screens.test_machines import running, screen_text
from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor.apply import apply
from tui.hypervisor.hardware import read_stored
from tui.model.consoles import ConsolePort
from tui.model.states import DomainState
from tui.screens.dialogs import AskText, Confirm
from tui.screens.machine.console import ConsoleTab
from tui.screens.machine.console_lines import Keys, open_consoles, status_line
from tui.screens.machine.console_search import rows_with
from tui.screens.machine.console_session import QUIET, NoPortError
from tui.screens.machine.console_size import NO_PORT, GuestSize
from tui.screens.machine.screen import MachineScreen

LEAVE = "ctrl+right_square_bracket"


class Guest:
    """Stands in for an attached console; keeps what is typed."""

    ended = False

    def __init__(self) -> None:
        self.typed = b""

    def write(self, data: bytes) -> None:
        self.typed += data

    def close(self) -> None:
        self.ended = True


@contextlib.asynccontextmanager
async def console(
    *, attached: bool = True, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[VirttyApp, Pilot[int], ConsoleTab, Guest]]:
    async with running(size=size) as (app, pilot):
        record = next(record for record in app.fleet.domains() if record.name == "web-01")
        app.open_machine(record.key, "console")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab is not None)
        tab = app.screen.tab
        assert isinstance(tab, ConsoleTab)
        await until(lambda: tab.has_focus)  # nothing could be attached to
        guest = Guest()
        if attached:
            tab.session._begin(guest)
            await pilot.press("enter")
            await until(lambda: tab.terminal.has_focus)
            await pilot.pause()
        yield app, pilot, tab, guest


async def test_every_key_is_the_guests_and_the_bar_says_so():
    async with console() as (app, pilot, _tab, guest):
        bar = screen_text(app).splitlines()[-1]
        assert "^] Leave the guest" in bar
        assert "Full screen" not in bar
        await pilot.press("ctrl+p", "ctrl+q", "q", "ctrl+t", "f5", "escape", "tab")
        assert guest.typed == b"\x10\x11q\x14\x1b[15~\x1b\t"
        assert isinstance(app.screen, MachineScreen)
        await pilot.press(LEAVE)
        await until(lambda: "Full screen" in screen_text(app).splitlines()[-1])


async def test_keys_of_one_burst_are_whose_they_should_be():
    async with console() as (app, pilot, tab, guest):

        async def burst(*keys: str) -> None:
            for key in keys:
                app.post_message(events.Key(key, key if len(key) == 1 else None))
            await pilot.pause()

        await burst("a", LEAVE, "m")
        await until(lambda: tab.terminal.marking)
        assert guest.typed == b"a"
        await burst("escape")
        await until(lambda: tab.has_focus)
        await burst("enter", "l", "s", "enter")
        await until(lambda: guest.typed == b"als\r")
        await burst(LEAVE, "enter", "x")
        await until(lambda: guest.typed == b"als\rx")
        assert tab.terminal.has_focus


async def test_without_a_console_the_keys_are_the_programs():
    async with console(attached=False) as (app, _pilot, tab, _guest):
        await until(lambda: tab.session.hint and tab.session.hint in screen_text(app))
        assert "back to the guest" not in screen_text(app)
        assert "not attached" in tab.refusal("full_screen")
        assert tab.refusal("start_attached") == "it is running already"


async def test_what_came_while_it_was_covered_is_drawn():
    async with console() as (app, pilot, tab, _guest):
        app.show_help()
        await pilot.pause()
        tab.session._output(b"\x1b[20;1Hbehind a dialog")
        assert not tab.session.unseen  # it shows beside the dialog
        await pilot.press("escape")
        await until(lambda: "behind a dialog" in screen_text(app))
        await app.push_screen(Screen())
        tab.session._output(b"\r\nbehind a screen")
        assert tab.session.unseen
        app.pop_screen()
        await until(lambda: "behind a screen" in screen_text(app))
        assert not tab.session.unseen


async def test_another_tab_and_back_shows_the_same():
    async with console() as (app, pilot, tab, _guest):
        tab.session._output(b"as it was")
        await pilot.press(LEAVE)
        for _time in range(2):
            await pilot.press("v")
            await until(lambda: not tab.display)
            await pilot.pause()
            await pilot.press("c")
            await until(lambda: "as it was" in screen_text(app))
            tab.focus()
            await pilot.pause()


async def test_looking_back_is_told_and_marking_begins_at_what_was_found():
    async with console() as (app, pilot, tab, _guest):
        tab.session._output(b"".join(b"line %03d\r\n" % n for n in range(300)))
        await pilot.press("shift+pageup")
        await until(lambda: "lines further down" in screen_text(app))
        await pilot.press("x")
        await until(lambda: "further down" not in screen_text(app))
        tab._needle = "line 123"
        tab.search_back()
        tab.mark()
        await until(lambda: tab.terminal.marking and "mark: arrows" in screen_text(app))
        await pilot.press("V")
        selection = tab.terminal.selection
        assert selection is not None
        assert selection.text() == "line 123"
        await pilot.press("pagedown")
        tab.terminal.scroll_view(1)
        assert tab.terminal.found == -1  # it has moved


async def test_a_size_is_typed_into_shells_only():
    async with console() as (_app, _pilot, tab, guest):
        tab.session._output(b"web01 login: ")
        assert "log in" in await tab.session.tell_size()
        tab.session._output(b"\x1b[2J\x1b[H\x1b[?1049hvim")
        assert "full-screen" in await tab.session.tell_size()
        assert guest.typed == b""
        tab.session._output(b"\x1b[?1049l\r\n# ")
        assert await tab.session.tell_size() == ""
        assert guest.typed == b"stty rows 20 cols 80\r"


async def test_who_looks_away_while_it_is_being_attached_to_leaves_nothing_half_done(monkeypatch):
    async with console(attached=False) as (app, _pilot, tab, guest):
        session, begun, opened = tab.session, asyncio.Event(), asyncio.Event()

        async def attach_once(**_how: bool) -> None:
            begun.set()
            await opened.wait()
            session._begin(guest)

        monkeypatch.setattr(session, "_attach_once", attach_once)
        tab.shown()
        await begun.wait()
        app.back_or_quit()
        await until(lambda: not tab.is_attached)
        opened.set()
        await until(lambda: session.console is guest)
        app.consoles.close(tab.key)
        assert guest.ended


def test_the_first_port_that_can_be_attached_to_is_taken():
    size = GuestSize("uuid", lambda: None)
    assert size.choose() == "this machine has no serial port"
    size.ports = [ConsolePort("serial0", "", "", "goes to file /a, not to a pty")]
    assert size.choose() == "its serial port goes to file /a, not to a pty"
    size.ports.append(ConsolePort("console1", "", "", ""))
    assert size.choose() == ""
    assert size.device == "console1"
    size.ports[0] = ConsolePort("serial0", "", "", "")
    assert size.choose() == ""
    assert size.device == "console1"  # the one that was shown


async def test_the_key_that_ends_the_program_asks_for_what_would_be_lost(monkeypatch):
    monkeypatch.setattr(MachineScreen, "unsaved", "an edit")
    async with running() as (app, pilot):
        record = next(record for record in app.fleet.domains() if record.name == "web-01")
        app.open_machine(record.key, "overview")
        await until(lambda: isinstance(app.screen, MachineScreen))
        await pilot.press("ctrl+q")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.press("ctrl+q", "n")
        await until(lambda: isinstance(app.screen, MachineScreen))


async def test_a_host_that_does_not_answer_is_told_and_so_is_what_the_guest_believes():
    async with console() as (_app, _pilot, tab, _guest):
        session = tab.session

        def told() -> str:
            return status_line(session, Keys.GUEST, 0).plain

        session._output(b"# ")
        assert "guest: 80×24? Ctrl+] z tells it 80×20" in told()
        session.guest.told = (80, 19)
        assert "guest: 80×19, Ctrl+] z tells it 80×20" in told()
        assert status_line(session, Keys.GUEST, 7).plain.endswith("further down: Shift+PgDn ")
        assert session.host is not None
        session.host._set(responding=False)
        assert "demo is not responding: what is typed waits" in told()


async def test_the_console_in_front_is_among_those_that_fit_and_a_gone_one_keeps_its_name():
    async with console() as (app, _pilot, tab, _guest):
        for record in app.fleet.domains():
            app.consoles.session(record.key, 80, 24)
        names = {record.name for record in app.fleet.domains()}
        for key, session in app.consoles.sessions.items():
            line = open_consoles(app.consoles.sessions, key, 80)
            assert line.cell_length <= 80
            assert line.plain.split()[0].lstrip("●") == session.name
            assert line.plain.endswith("Ctrl+] ] next")
        assert sum(name in open_consoles(app.consoles.sessions, tab.key, 999).plain
                   for name in names) == len(names)  # fmt: skip
        gone = app.consoles.sessions[tab.key]
        gone.key = (gone.key[0], "00000000-0000-4000-8000-000000000000")
        assert "web-01 (gone)" in open_consoles(app.consoles.sessions, tab.key, 80).plain


async def test_a_search_that_finds_nothing_says_so_where_it_says_what_it_finds():
    async with console() as (_app, _pilot, tab, _guest):
        tab.session._output(b"one two three")
        assert tab.refusal("search_on").startswith("nothing has been searched for: / ")
        tab._needle = "two"
        assert tab.refusal("search_on") == ""
        tab.search_back()
        assert tab.note.startswith("match 1 of 1")
        tab._needle = "[red]four"
        tab.search_back()
        assert tab.note == "no match for [red]four"


async def test_copying_nothing_says_so():
    async with console() as (app, pilot, tab, _guest):
        tab.session._output(b"one two three")
        await pilot.press(LEAVE, "m", "y")
        await until(lambda: "No text was selected" in screen_text(app))


async def test_what_was_saved_before_is_not_replaced_unasked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with console() as (app, pilot, tab, _guest):
        saved = tmp_path / "web-01.txt"
        saved.write_text("older")
        tab.session._output(b"newer")
        await pilot.press(LEAVE, "w")
        await until(lambda: isinstance(app.screen, AskText))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.press("n")
        await until(lambda: isinstance(app.screen, MachineScreen))
        assert saved.read_text() == "older"
        await pilot.press("w")
        await until(lambda: isinstance(app.screen, AskText))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(lambda: saved.read_text().startswith("newer"))


def test_a_search_finds_what_was_wrapped():
    rows = ["one max_i", "dle two", "", "MAX_IDLE", "漢字ma max", "_idle"]
    assert rows_with("max_idle", rows, 9) == [0, 3, 4]
    assert rows_with("max_idle", rows, 12) == [3]
    assert rows_with("two", rows, 9) == [1]
    assert rows_with("e", rows, 9) == [0, 1, 3, 5]


async def test_what_was_wrapped_is_saved_as_it_was_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = "word " * 40
    async with console() as (app, pilot, tab, _guest):
        tab.session._output(f"{line}\r\nthe next".encode())
        await pilot.press(LEAVE, "w")
        await until(lambda: isinstance(app.screen, AskText))
        await pilot.press("enter")
        await until(lambda: (tmp_path / "web-01.txt").exists())
        await until(lambda: "Saved to" in screen_text(app))
        saved = (tmp_path / "web-01.txt").read_text().splitlines()
        assert saved[:2] == [line.rstrip(), "the next"]


async def test_its_first_output_ends_the_words_about_silence():
    async with console() as (_app, _pilot, tab, _guest):
        tab.session.attached_at -= 2 * QUIET
        tab._show_status()
        assert tab._lines is not None
        assert "silent" in tab._lines[1].plain
        tab.session._output(b"x")
        assert "silent" not in tab._lines[1].plain


async def test_a_machine_that_stands_still_says_so(monkeypatch):
    async with console() as (app, _pilot, tab, _guest):
        record = tab.session.record
        assert record is not None
        for state, told in (
            (DomainState.CRASHED, "the machine has crashed: Ctrl+] o ends it"),
            (DomainState.PMSUSPENDED, "the machine is suspended: Ctrl+] s wakes it"),
            (DomainState.PAUSED, "the machine is paused: Ctrl+] p resumes it"),
        ):
            there = replace(record, state=state)
            monkeypatch.setattr(app.fleet, "domain", lambda _key, there=there: there)
            assert told in status_line(tab.session, Keys.GUEST, 0).plain


async def test_a_port_that_was_added_is_told_and_not_added_twice():
    async with console(attached=False) as (app, _pilot, tab, _guest):
        machine = tab.machine
        assert machine is not None
        base = (await read_stored(*machine)).stored
        bare = base.copy()
        for port in bare.root.xpath("devices/serial | devices/console"):
            port.getparent().remove(port)
        await apply(*machine, base, bare)
        tab.session.error = NoPortError("Open the console", words=NO_PORT)
        tab.session._say_failed(tab.session.error)
        await until(lambda: "This machine has no serial port:" in screen_text(app))
        await tab.add_port()
        assert tab.session.hint == "the next boot brings one"
        await tab.add_port()
        stored = (await read_stored(*machine)).stored
        assert len(stored.root.findall("devices/serial")) == 1
        tab.session._say_off()
        await until(lambda: "This machine has no serial port:" not in screen_text(app))


async def test_the_line_that_was_found_is_the_one_that_is_marked():
    async with console() as (_app, pilot, tab, _guest):
        tab.session._output(b"\r\n\r\n# " + b"".join(b"line %d\r\n" % n for n in range(99)))
        for needle in ("line 7", "line 50", "line 98"):
            tab._needle, tab._found = needle, -1
            tab.search_back()
            await pilot.pause()
            line = tab.terminal.render_line(tab.terminal.found)
            assert needle in line.text
            ground = tab.terminal.get_component_rich_style("terminal--found").bgcolor
            assert ground != tab.terminal.rich_style.bgcolor
            assert {segment.style.bgcolor for segment in line if segment.style} == {ground}


async def test_why_a_log_has_ended_is_read_in_eighty_columns(tmp_path):
    async with console() as (_app, _pilot, tab, _guest):
        session = tab.session
        session.log_to(tmp_path / "as-a-file" / "x.log")
        assert status_line(session, Keys.GUEST, 0).plain.endswith("  log x.log")
        (tmp_path / "file").write_text("")
        session.log_to(tmp_path / "file" / "x.log")
        assert session.log is not None
        await until(lambda: session.log.ended)
        assert "log ended: File exists" in status_line(session, Keys.GUEST, 0).plain[:80]
        assert " 1 line further down" in status_line(session, Keys.GUEST, 1).plain


async def test_leaving_twice_does_not_lead_into_another_guest():
    async with console() as (app, pilot, tab, _guest):
        other = next(record.key for record in app.fleet.domains() if record.key != tab.key)
        app.consoles.session(other, 80, 24)
        await pilot.press(LEAVE, LEAVE, LEAVE)
        assert app.screen is tab.screen
        assert app.focused is tab
