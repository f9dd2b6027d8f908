"""Keys to bytes, bytes to cells: what a guest prints stays in its cells."""

from __future__ import annotations

import random
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.hypervisor.console_log import plain_text
from tui.widgets.emulator import Ghostty, new_emulator
from tui.widgets.terminal_keys import encode, encode_mouse, encode_paste


def screen(*pieces: bytes, columns: int = 20, rows: int = 4) -> list[str]:
    """The lines as they are drawn, right ends trimmed."""
    emulator = Ghostty(columns, rows)
    for piece in pieces:
        emulator.feed(piece)
    lines = dict(emulator.frame())
    assert all(strip.cell_length == columns for strip in lines.values())
    emulator.close()
    return [lines[y].text.rstrip() for y in range(rows)]


@pytest.mark.parametrize(
    ("key", "character", "application", "sent"),
    [
        ("a", "a", False, b"a"),
        ("ä", "ä", False, "ä".encode()),
        ("enter", "\r", False, b"\r"),
        ("backspace", "\x7f", False, b"\x7f"),
        ("up", None, False, b"\x1b[A"),
        ("up", None, True, b"\x1bOA"),
        ("ctrl+right", None, False, b"\x1b[1;5C"),
        ("shift+f5", None, False, b"\x1b[15;2~"),
        ("f1", None, False, b"\x1bOP"),
        ("pageup", None, False, b"\x1b[5~"),
        ("ctrl+c", "\x03", False, b"\x03"),
        ("ctrl+backslash", "\x1c", False, b"\x1c"),
        ("alt+f", None, False, b"\x1bf"),
        ("alt+colon", None, False, b"\x1b:"),
        ("alt+slash", None, False, b"\x1b/"),
        ("plus", "+", False, b"+"),
        # as newer terminals tell them, which tell more modifiers
        ("shift+space", None, False, b" "),
        ("shift+enter", None, False, b"\r"),
        ("ctrl+enter", None, False, b"\r"),
        ("ctrl+left_square_bracket", None, False, b"\x1b"),
        ("ctrl+shift+c", None, False, b"\x03"),
        ("alt+shift+x", None, False, b"\x1bX"),
        ("ctrl+backspace", None, False, b"\x08"),
        ("ctrl+space", None, False, b"\x00"),
        ("ctrl+6", None, False, b"\x1e"),
        ("ctrl+slash", None, False, b"\x1f"),
        ("ctrl+semicolon", None, False, b";"),
        ("super+a", None, False, b""),
    ],
)
def test_keys_are_sent_as_xterm_sends_them(key, character, application, sent):
    assert encode(key, character, application=application) == sent


def test_pasted_text_cannot_end_its_own_brackets():
    assert encode_paste("a\nb\x1b[201~c", bracketed=True) == b"\x1b[200~a\rbc\x1b[201~"
    assert encode_paste("a\r\nb", bracketed=False) == b"a\rb"


def test_the_mouse_is_told_from_one():
    assert encode_mouse(0, 0, 4, pressed=True) == b"\x1b[<0;1;5M"
    assert encode_mouse(64, 9, 0, pressed=False) == b"\x1b[<64;10;1m"


def test_wide_and_combining_characters_keep_the_columns():
    assert screen("東京 é e\u0301x".encode()) == ["東京 é e\u0301x", "", "", ""]


def test_scroll_regions_and_the_alternate_screen():
    assert screen(b"1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[3;1H\n") == ["1", "3", "", "4"]
    assert screen(b"main\x1b[?1049hother\x1b[?1049l") == ["main", "", "", ""]


def test_the_guest_cannot_make_the_screen_wider():
    assert screen(b"\x1b[?40h\x1b[?3hx")[0].strip() == "x"


def test_answers_go_back_and_titles_and_clipboards_nowhere():
    emulator = Ghostty(20, 4)
    assert emulator.feed(b"ab\x1b[6n") == b"\x1b[1;3R"
    assert emulator.feed(b"\x1b]0;title\x07\x1b]52;c;c2VjcmV0\x07") == b""
    assert emulator.feed(b"\x1b]52;c;?\x07") == b""  # what a clipboard holds is not told
    assert "title" not in emulator.screen()
    emulator.close()


def test_the_scrollback_keeps_ten_thousand_lines_and_has_an_end():
    emulator = Ghostty(160, 24)
    for number in range(12_000):
        emulator.feed(f"line {number}\r\n".encode())
    assert len(emulator.history()) > 10_000
    emulator.scroll(-30)
    first = next(emulator.frame())[1].text
    assert first.startswith("line 119")
    assert emulator.cursor is None
    emulator.scroll(1 << 30)
    list(emulator.frame())
    assert emulator.cursor is not None
    emulator.feed(b"y\r\n" * 200_000)
    assert 10_000 < len(emulator.history()) < 50_000
    emulator.close()


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=200), max_size=12), st.integers(1, 100), st.integers(1, 40))
def test_any_bytes_are_only_cells(pieces, columns, rows):
    """Nothing that is drawn holds a control character, whatever was fed."""
    emulator = Ghostty(columns, rows)
    for piece in pieces:
        emulator.feed(piece)
        emulator.resize(max(1, columns // 2), rows)
        for _y, strip in emulator.frame():
            assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in strip.text)
    emulator.close()


def test_mutated_programs_do_no_harm():
    """A session of escape sequences with bytes knocked out and doubled."""
    seed = random.Random(20)
    base = (
        b"\x1b[?1049h\x1b[2J\x1b[1;1H\x1b[38;5;196mred\x1b[48;2;1;2;3mtrue\x1b[0m"
        b"\x1b[5;10r\x1bM\x1bD\x1b[3L\x1b[2M\x1b[4P\x1b[7@\x1b(0lqk\x1b(B\x1b]8;;http://x\x07l\x1b]8;;\x07"
        b"\x1bP$q m\x1b\\\x1b[?2004h\x1b[?1000h\xe6\x9d\xb1\xff\xfe\x1b[6n\x1b[c\x1b[?1049l"
    )
    emulator = Ghostty(40, 12)
    for _ in range(400):
        data = bytearray(base)
        for _ in range(seed.randrange(1, 8)):
            data[seed.randrange(len(data))] = seed.randrange(256)
        emulator.feed(bytes(data))
        for _y, strip in emulator.frame():
            assert strip.cell_length == 40
            assert not any(ord(char) < 32 for char in strip.text)
    emulator.close()


def test_an_emulator_that_was_closed_does_no_harm():
    """Whatever still shows it: its memory is gone."""
    emulator = Ghostty(20, 4)
    emulator.feed(b"text")
    for _ in range(2):
        emulator.close()
        assert emulator.feed(b"more\x1b[6n") == b""
        emulator.resize(30, 5)
        emulator.redraw()
        assert list(emulator.frame()) == []
        assert emulator.cursor is None
        assert not emulator.mode(7)
        emulator.scroll(-1)
        emulator.scroll_to(0)
        assert (emulator.history(), emulator.screen()) == ([], "")


def test_without_the_library_the_way_on_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyghostty", None)
    emulator = new_emulator(80, 24)
    emulator.feed(b"whatever")
    assert "hands your own terminal over" in "".join(strip.text for _y, strip in emulator.frame())


def test_a_plain_log_has_no_sequences():
    text, rest = plain_text(b"\x1b[31mred\x1b[0m \x1b]0;t\x07ok\r\nnext\x1b[3")
    assert (text, rest) == (b"red ok\nnext", b"\x1b[3")


@pytest.mark.parametrize(
    "data",
    [
        b"\x1b]" * 32_000,
        b"\x1bP0;a" * 12_000,
        b"\x1b[" * 32_000,
        b"a\xc2\x9b2J\x1b]0;t\x1b[m" * 4000,
    ],
    ids=["titles", "strings", "sequences", "cut off"],
)
def test_what_a_guest_never_ends_neither_holds_a_plain_log_up_nor_gets_into_it(data: bytes):
    """A search that goes to the end each time takes half a minute; no other thread runs then."""
    began = time.thread_time()
    text, rest = plain_text(data)
    assert time.thread_time() - began < 2
    assert b"\x1b" not in text
    assert b"\x9b" not in text
    assert len(rest) <= 256


def test_emulator_and_pictures_are_imported_when_a_tab_needs_them():
    """Not while the program runs on its list, nor with a machine's Overview, Hardware or XML."""
    code = """
import asyncio, sys
from tests.screens.test_machines import running
from tests.waiting import until
from tui.screens.machine.screen import MachineScreen

async def look():
    async with running() as (app, pilot):
        app.open_machine(next(iter(app.fleet.domains())).key, "overview")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab)
        await pilot.press("e", "x")
        await pilot.pause(0.5)
        assert app.screen.tab.id == "xml", app.screen.tab

asyncio.run(look())
ours = ("emulator", "terminal", "picture", "picture_cells", "screen_text", "screen_font")
late = ("pyghostty", "PIL", *(f"tui.widgets.{name}" for name in ours))
print(*(name for name in late if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("\n", 0), done.stderr
