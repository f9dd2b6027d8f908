"""A part of the screen or the scrollback is selected, with keys and with the mouse."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.waiting import until
from tui.widgets.emulator import Ghostty
from tui.widgets.terminal import TerminalView
from tui.widgets.terminal_selection import Selection


class OneTerminal(App[None]):
    """The widget alone, and what it says."""

    CSS = "TerminalView > .terminal--marked { background: red; }"

    def __init__(self) -> None:
        super().__init__()
        self.copied: list[str] = []
        self.typed = b""

    def compose(self) -> ComposeResult:
        yield TerminalView()

    def on_terminal_view_copied(self, event: TerminalView.Copied) -> None:
        self.copied.append(event.text)

    def on_terminal_view_typed(self, event: TerminalView.Typed) -> None:
        self.typed += event.data


@contextlib.asynccontextmanager
async def terminal(
    data: bytes = b"",
) -> AsyncIterator[tuple[OneTerminal, Pilot[None], TerminalView]]:
    """Twenty columns and six rows, after some output."""
    app = OneTerminal()
    async with app.run_test(size=(20, 6)) as pilot:
        view = app.query_one(TerminalView)
        emulator = Ghostty(20, 6)
        emulator.feed(data)
        view.show(emulator)
        view.focus()
        await pilot.pause()
        yield app, pilot, view
    emulator.close()


def marked(view: TerminalView) -> list[str]:
    """What is drawn as selected, by line."""
    found = []
    for y in range(view.size.height):
        red = [s.text for s in view.render_line(y) if s.style and s.style.bgcolor is not None
               and s.style.bgcolor.triplet == (255, 0, 0)]  # fmt: skip
        found += ["".join(red)] if red else []
    return found


LINES = b"".join(b"line %02d\r\n" % number for number in range(30)) + b"end"


async def test_keys_mark_and_copy_and_are_the_guests_again():
    async with terminal(LINES) as (app, pilot, view):
        assert view.begin_marking()
        await pilot.press("up", "up", "home", "v", "down", "right", "right")
        assert marked(view)[0].startswith("line 28")
        await pilot.press("y")
        await until(lambda: app.copied)
        assert app.copied == ["line 28\nlin"]
        assert not view.marking
        assert marked(view) == []
        await pilot.press("x")
        assert app.typed == b"x"


async def test_the_view_follows_into_the_scrollback_and_back():
    async with terminal(LINES) as (app, pilot, view):
        view.begin_marking()
        await pilot.press("g", "V", "j", "enter")
        await until(lambda: app.copied)
        assert app.copied == ["line 00\nline 01"]
        assert view.render_line(0).text.startswith("line 00")
        view.begin_marking()
        await pilot.press("G", "0", "space", "$", "y")
        await until(lambda: len(app.copied) == 2)
        assert app.copied[1] == "end"
        assert app.typed == b""


async def test_what_is_selected_stays_so_while_output_goes_on():
    async with terminal(LINES) as (app, pilot, view):
        view.begin_marking()
        await pilot.press("k", "0", "v", "$")
        emulator = view.emulator
        assert emulator is not None
        emulator.feed(b"\r\nmore\r\nmore")
        view.changed()
        await until(lambda: marked(view) == ["line 29" + " " * 12])  # the cursor is on the last
        await pilot.press("y")
        await until(lambda: app.copied)
        assert app.copied == ["line 29"]


async def test_the_mouse_selects_and_copies():
    async with terminal(LINES) as (app, pilot, view):
        await pilot.mouse_down(view, offset=(5, 0))
        await pilot.hover(view, offset=(3, 2))
        assert marked(view)[1] == "line 26".ljust(20)
        await pilot.mouse_up(view, offset=(3, 2))
        await until(lambda: app.copied)
        assert app.copied == ["25\nline 26\nline"]
        assert marked(view)
        await pilot.press("x")  # typing ends it
        await until(lambda: marked(view) == [])
        await pilot.click(view, offset=(2, 2))  # a click selects nothing
        await pilot.pause()
        assert len(app.copied) == 1


async def test_where_the_guest_wants_the_mouse_it_gets_it():
    async with terminal(b"\x1b[?1002h\x1b[?1006htext") as (app, pilot, view):
        await pilot.mouse_down(view, offset=(0, 0))
        await pilot.mouse_up(view, offset=(3, 0))
        assert b"\x1b[<0;1;1M" in app.typed
        assert app.typed.endswith(b"\x1b[<32;4;1M\x1b[<0;4;1m")  # a move, and let go
        assert app.copied == []


async def test_it_ends_when_its_text_is_gone():
    async with terminal(LINES) as (_app, pilot, view):
        emulator = view.emulator
        assert emulator is not None
        view.begin_marking()
        await pilot.press("v", "k")
        emulator.feed(b"\x1b[?1049h")  # the other screen
        view.changed()
        await until(lambda: not view.marking)
        view.begin_marking()
        emulator.close()
        await pilot.press("k", "v", "y")
        assert not view.marking


async def test_the_escape_key_ends_marking_before_it_leads_out():
    async with terminal(LINES) as (_app, pilot, view):
        view.begin_marking()
        await pilot.press("ctrl+right_square_bracket")
        assert not view.marking
        assert view.has_focus


@pytest.mark.parametrize(
    ("moves", "text"),
    [
        ([(0, 0), (6, 0)], "wide 東"),
        ([(5, 0), (5, 1)], "東京 x\nsecond"),
        ([(5, 1), (0, 1)], "second"),
        ([(99, 99), (-99, -99)], "wide 東京 x\nsecond line"),
    ],
)
def test_a_selection_is_what_lies_between_its_ends(moves, text):
    emulator = Ghostty(20, 4)
    emulator.feed("wide 東京 x\r\nsecond line".encode())
    assert emulator.marks is not None
    selection = Selection(emulator, emulator.marks, 20, 4)
    selection.go_to(*moves[0])
    selection.begin()
    selection.go_to(*moves[1])
    assert selection.text().rstrip() == text
    assert selection.spans()
    selection.end()
    assert selection.text() == ""
    emulator.close()


def test_a_wrapped_line_is_copied_as_one():
    emulator = Ghostty(10, 4)
    emulator.feed(b"0123456789abcdef\r\nnext")
    assert emulator.marks is not None
    selection = Selection(emulator, emulator.marks, 10, 4)
    selection.go_to(0, 0)
    selection.begin(whole_lines=True)
    selection.move(0, 1)
    assert selection.text() == "0123456789abcdef"
    emulator.close()


async def test_what_is_pasted_is_seen_and_never_goes_behind_a_mark():
    async with terminal(LINES) as (app, pilot, view):
        view.scroll_view(-5)
        view.post_message(events.Paste("one"))
        await pilot.pause()
        assert app.typed == b"one"
        assert not view.lines_below
        view.begin_marking()
        view.post_message(events.Paste("two"))
        await pilot.pause()
        assert app.typed == b"one"
        assert view.marking
