"""Pictures in kitty's protocol and as sixels; the terminal's answers; what is drawn and when."""

from __future__ import annotations

import random
import re
import unicodedata

import pytest
from PIL import Image
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from tests.test_picture_graphics import KITTY, XTERM, decoded, differ
from tui import terminal_answers
from tui.output_cells import CANVAS, PLACEHOLDER, Drawing, Frame
from tui.terminal_answers import KEY_SECONDS, Answers
from tui.terminal_graphics import TerminalGraphics, colours_of, graphics_of
from tui.widgets.picture_cells import place
from tui.widgets.picture_pixels import (
    CHUNK,
    NUMBERS,
    ink_and_number,
    kitty,
    placeholders,
    shown_size,
    sixel,
)


def noise(size: tuple[int, int], colours: int) -> Image.Image:
    width, height = size
    chance = random.Random(1)
    palette = [bytes(chance.randrange(256) for _ in range(3)) for _ in range(colours)]
    data = b"".join(chance.choice(palette) * chance.randrange(1, 9) for _ in range(width * height))
    return Image.frombytes("RGB", size, data[: width * height * 3])


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (64, 48), (100, 61)])
@pytest.mark.parametrize("colours", [1, 2, 16, 200])
def test_sixels_show_the_picture(size, colours):
    image = noise(size, colours)
    data = sixel(image, 256)
    assert data.isascii()
    assert differ(decoded(data), image) <= 2  # colours are told in hundredths
    assert not data.endswith("-\x1b\\")


def test_sixels_keep_to_the_terminals_registers():
    data = sixel(noise((64, 48), 200), 16)
    assert len(set(re.findall(r"#(\d+);2;", data))) <= 16
    decoded(data)


def test_there_are_characters_for_numbers():
    assert len(NUMBERS) == 297
    assert [*NUMBERS] == sorted(set(NUMBERS))
    assert (NUMBERS[0], NUMBERS[1], NUMBERS[-1]) == ("\u0305", "\u030d", "\U0001d244")
    assert {unicodedata.category(c) for c in NUMBERS} == {"Mn"}
    assert {unicodedata.combining(c) for c in NUMBERS} == {230}
    assert not any(unicodedata.decomposition(c) for c in NUMBERS)


def test_large_pictures_go_in_chunks():
    sequences = re.findall(
        r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", kitty(noise((300, 200), 200), 7, 9, 4)
    )
    assert len(sequences) > 2
    assert [len(data) for _keys, data in sequences[:-1]] == [CHUNK] * (len(sequences) - 1)
    assert sequences[0][0] == "a=T,U=1,f=100,t=d,i=7,c=9,r=4,q=2,m=1"
    assert {keys for keys, _data in sequences[1:-1]} == {"q=2,m=1"}
    assert sequences[-1][0] == "q=2,m=0"


@pytest.mark.parametrize("indexed", [True, False])
def test_every_process_has_a_number_that_its_colour_tells(indexed):
    numbers = set()
    for seed in range(150):
        ink, number = ink_and_number(seed, indexed=indexed)
        system = ColorSystem.EIGHT_BIT if indexed else ColorSystem.TRUECOLOR
        told = Style(color=ink)._make_ansi_codes(system)
        parts = [number] if indexed else [number >> 16, number >> 8 & 255, number & 255]
        assert told == ";".join(map(str, [38, 5 if indexed else 2, *parts]))
        assert number >= 16
        numbers.add(number)
    assert len(numbers) > 100


def test_no_more_pixels_are_sent_than_are_seen():
    where = place((1280, 800), 80, 24, 1.0, (0.5, 0.5))
    small, large = (6, 12), (20, 40)
    assert shown_size(TerminalGraphics("kitty", None), where) == (1280, 800)
    assert shown_size(TerminalGraphics("kitty", large), where) == (1280, 800)
    width, height = shown_size(TerminalGraphics("kitty", small), where)
    assert width <= where.columns * 6
    assert height <= where.rows * 12
    assert shown_size(TerminalGraphics("sixel", large), where) == (
        where.columns * 20,
        where.rows * 40,
    )


# -- answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", [KITTY, XTERM])
def test_answers_are_taken_out_of_what_is_typed_wherever_reads_end(answers):
    data = "ab\x1b[A" + "".join(answers) + "c\x1b[6~\x1bOP\x1b[?2026;2$yd"
    typed = "ab\x1b[Ac\x1b[6~\x1bOP\x1b[?2026;2$yd"
    for at in range(1, len(data)):
        taker = Answers()
        pieces = [taker.take(piece) for piece in (data[:at], data[at:])]
        assert "".join(rest for rest, _found in pieces) == typed, at
        assert sum(len(found) for _rest, found in pieces) == sum(map(bool, answers)), at


@pytest.mark.parametrize("key", ["\x1b", "\x1b[", "\x1b_", "\x1bP"])
def test_a_key_that_an_answer_may_begin_with_is_held_for_a_moment_at_most(key, monkeypatch):
    assert Answers().take(key, awaited=False) == (key, [])
    taker, now = Answers(), 1000.0
    monkeypatch.setattr(terminal_answers, "monotonic", lambda: now)
    assert taker.take(key) == ("", [])
    assert taker.release() == ""
    now += KEY_SECONDS
    assert (taker.release(), taker.release()) == (key, "")


def test_other_keys_are_not_held():
    for key in ("\x1b[A", "\x1b[6~", "a", "\x1b[99;5u", "\x1b_G"[:2] + "x", "\x1bOP"):
        assert Answers().take(key) == (key, [])


@pytest.mark.parametrize(
    ("answers", "graphics"),
    [
        (["i=31;OK", "kitty(0.36.4)", "6;20;10t", "?62;c"], TerminalGraphics("kitty", (10, 20))),
        (["i=31;OK", "ghostty 1.1.3", "?62;22c"], TerminalGraphics("kitty", None)),
        (["i=31;OK", "kitty(0.26.1)", "?62;c"], None),
        (["i=31;OK", "Konsole 24.02", "6;18;9t", "?62;1;4c"], TerminalGraphics("sixel", (9, 18))),
        (["i=31;EINVAL:no", "kitty(0.36.4)", "?62;c"], None),
        (["XTerm(390)", "6;20;10t", "?63;1;2;4;6c"], TerminalGraphics("sixel", (10, 20))),
        (["XTerm(390)", "6;0;0t", "?63;4c"], None),
        (["6;20;10t", "?64;1;22c"], None),
        (["6;20;10t", "?4;6c"], None),  # a VT132 with printer port: the first is no feature
        (["?1;2c"], None),
        ([], None),
    ],
)
def test_a_terminals_answers_tell_how_it_draws_pictures(answers, graphics):
    assert graphics_of(answers) == graphics


def test_the_size_of_a_cell_is_taken_from_elsewhere_when_it_is_not_told():
    assert graphics_of(["?62;4c"], (7, 14)) == TerminalGraphics("sixel", (7, 14))
    assert graphics_of(["6;20;10t", "?62;4c"], (7, 14)) == TerminalGraphics("sixel", (10, 20))


def test_sixels_have_as_many_colours_as_the_terminal_says():
    assert colours_of(["?1;0;1024S", "?63;4c"]) == 256
    assert colours_of(["?1;0;16S"]) == 16
    assert colours_of(["?1;3;0S", "?63;4c"]) == 16
    assert colours_of([]) == 16


# -- with the cells ----------------------------------------------------------------------------


def frame_of(*rows: str) -> Frame:
    frame = Frame(len(rows[0]), len(rows))
    paint(frame, *rows)
    return frame


def paint(frame: Frame, *rows: str) -> None:
    frame.begin_update()
    for y, row in enumerate(rows):
        frame.paint(0, y, [Segment(row.replace("#", CANVAS))], ColorSystem.TRUECOLOR)


def test_a_picture_is_drawn_after_its_cells_and_again_when_they_were_written_over():
    frame = frame_of("title.", ".####.", ".####.", "status")
    frame.drawing = Drawing("<PIC>", 4, 2)
    assert frame.render_drawing() == ""  # its cells are not written yet
    cells = frame.render()
    assert CANVAS not in cells
    assert frame.render_drawing() == "\x1b[2;2H<PIC>"
    assert frame.render_drawing() == ""
    paint(frame, "Title.")
    frame.render()
    assert frame.render_drawing() == ""  # nothing of it was touched

    paint(frame, "Title.", ".####.", ".##Toast"[:6], "status")
    assert frame.render() == "\x1b[3;4H\x1b[mTo\x1b[6Ha" or frame.render() == ""
    frame.drawing = Drawing("<NEW>", 4, 2)
    drawn = frame.render_drawing()
    assert drawn.startswith("\x1b[2;2H<NEW>")
    assert drawn.endswith("To")  # what covers it is written over it
    assert frame.render_drawing() == ""

    paint(frame, "Title.", ".####.", ".####.", "status")
    frame.render()
    assert frame.render_drawing() == "\x1b[2;2H<NEW>"
    frame.forget()
    frame.render()
    assert frame.render_drawing() == "\x1b[2;2H<NEW>"


def test_a_picture_of_another_size_than_its_cells_waits():
    frame = frame_of("####", "####")
    frame.drawing = Drawing("<PIC>", 3, 2)
    frame.render()
    assert frame.render_drawing() == ""
    paint(frame, "###.", "###.")
    frame.render()
    assert frame.render_drawing() == "\x1b[1;1H<PIC>"
    paint(frame, "....", "....")
    assert CANVAS not in frame.render()
    frame.drawing = Drawing("<PIC>", 3, 2)
    assert frame.render_drawing() == ""


def test_placeholders_are_cells_like_others():
    ink, _number = ink_and_number(3, indexed=False)
    frame = Frame(4, 2)
    for y, strip in enumerate(placeholders(3, 2, ink, Style())):
        frame.paint(0, y, [*strip, Segment(".")], ColorSystem.TRUECOLOR)
    cell = lambda y, x: f"{PLACEHOLDER}{NUMBERS[y]}{NUMBERS[x]}"  # noqa: E731
    written = frame.render()
    assert "".join(cell(0, x) for x in range(3)) in written
    assert "".join(cell(1, x) for x in range(3)) in written
    frame.paint(1, 1, [Segment("x")], ColorSystem.TRUECOLOR)
    frame.render()
    frame.paint(0, 1, list(placeholders(3, 2, ink, Style())[1]), ColorSystem.TRUECOLOR)
    again = frame.render()
    assert again.count(PLACEHOLDER) == 1
    assert cell(1, 1) in again
