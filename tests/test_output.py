"""The output stage against a terminal: after every write its cells are those of a full repaint."""

from __future__ import annotations

import asyncio
import threading
from typing import IO, cast

import pyghostty
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.waiting import until
from tui import output_frames, output_stage
from tui.output_cells import Frame

WIDTH, HEIGHT = 16, 5
LOOKS = [Style(), Style(bold=True), Style(color="#ff0000"), Style(bgcolor="#004488", italic=True)]

segment = st.builds(
    Segment,
    st.text(st.sampled_from("ab 界é│"), min_size=1, max_size=6),
    st.sampled_from(LOOKS),
)
painting = st.tuples(
    st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.lists(segment, min_size=1, max_size=3)
)
step = st.tuples(st.lists(painting, max_size=6), st.sampled_from(["all", "some"]))


def cells(terminal: pyghostty.Terminal) -> list[object]:
    """The text of each row and the style of each cell."""
    styles = [terminal.style(x, y) for y in range(HEIGHT) for x in range(WIDTH)]
    rows = [line.rstrip() for line in str(terminal.text()).split("\n")]
    return [rows + [""] * (HEIGHT - len(rows)), styles]


def blank() -> Frame:
    frame = Frame(WIDTH, HEIGHT)
    for y in range(HEIGHT):
        frame.paint(0, y, [Segment(" " * WIDTH, Style())], ColorSystem.TRUECOLOR)
    return frame


@settings(max_examples=60)
@given(st.lists(step, min_size=1, max_size=6))
def test_differences_and_slices_of_them_end_in_the_cells_of_a_full_repaint(steps):
    by_differences = pyghostty.Terminal(WIDTH, HEIGHT, scrollback=0)
    frame, whole = blank(), blank()
    for paintings, how in steps:
        frame.begin_update()
        for x, y, segments in paintings:
            for one in (frame, whole):
                one.paint(x, y, segments, ColorSystem.TRUECOLOR)
        written = frame.render() if how == "all" else frame.render_some(4)[0]
        by_differences.feed(written.encode())
    while frame.dirty:
        by_differences.feed(frame.render_some(4)[0].encode())
    repainted = pyghostty.Terminal(WIDTH, HEIGHT, scrollback=0)
    whole.forget()
    repainted.feed(whole.render().encode())
    assert cells(by_differences) == cells(repainted)


def test_no_escape_and_no_turn_of_the_writing_reaches_the_terminal():
    frame = blank()
    turned = "a\x1b[31mb\u202ec\u2066d\u200fe\x9b5mf"
    frame.paint(0, 0, [Segment(turned, Style())], ColorSystem.TRUECOLOR)
    written = frame.render()
    assert "a[31mbcde5mf" in written
    assert not set("\u202e\u2066\u200f\x9b") & set(written)


class App:
    """What the writer asks of an app."""

    _sync_available = False

    class console:  # noqa: N801 - the name of Textual's attribute
        _color_system = ColorSystem.TRUECOLOR


class Terminal:
    """A file that notes what was written, and when."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.writes: list[tuple[float, str]] = []

    def write(self, text: str) -> None:
        self.writes.append((self.loop.time(), text))

    def flush(self) -> None:
        pass

    @property
    def text(self) -> str:
        return "".join(text for _at, text in self.writes)


def update(rows: list[str]) -> LayoutUpdate:
    strips = [[Strip([Segment(row, Style())])] for row in rows]
    return LayoutUpdate(strips, Region(0, 0, len(rows[0]), len(rows)))


@pytest.fixture
def since_input(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds since the last key, in a list to be changed."""
    seconds = [1000.0]
    monkeypatch.setattr(output_frames, "since_input", lambda: seconds[0])
    return seconds


async def test_a_terminal_that_holds_writes_up_is_told_of_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(output_stage, "SLOW_WRITE", 0.02)
    told: list[bool] = []
    output_stage.when_slow(lambda: told.append(True))
    terminal = Terminal()
    held = [0.0]
    monkeypatch.setattr(terminal, "flush", lambda: threading.Event().wait(held[0]))
    writer = output_stage.FrameWriter(cast(IO[str], terminal))
    writer.start()
    try:
        for number, seconds in enumerate((0.0, 0.0, 0.05, 0.0, 0.05, 0.05)):
            held[0] = seconds
            writer.write(f"<{number}>")
            await until(lambda: not writer._unwritten)
            assert len(told) == (number > 3)
    finally:
        writer.end()
        writer.stop()
        output_stage.when_slow(lambda: None)


async def test_a_small_change_that_nobody_asked_for_goes_in_pieces_and_a_key_before_it(since_input):
    terminal = Terminal()
    writer = output_stage.FrameWriter(cast(IO[str], terminal))
    writer.start()
    show = lambda rows: writer.show(update(rows), (0, 0), App())  # noqa: E731
    try:
        screen = ["." * 100 for _ in range(40)]
        show(screen)
        await until(lambda: terminal.text.count("." * 100) == 40)
        assert len(terminal.writes) == 1

        live = [("live" * 10).ljust(100, ".")] * 6 + screen[6:]
        show(live)
        asked = [*live[:20], "the answer".ljust(100, "."), *live[21:]]
        since_input[0] = 0.0
        at = terminal.loop.time()
        show(asked)
        await until(lambda: "the answer" in terminal.text)
        answer = next(when for when, text in terminal.writes if "the answer" in text)
        assert answer - at < 0.1
        position = terminal.text.index("the answer")
        assert terminal.text[position:].count("live" * 10) >= 1, "the key came before what waited"
        before = len(terminal.writes)
        answers = ["big answer".ljust(100, "b")] * 12
        show([*asked[:22], *answers, *asked[34:]])
        await until(lambda: terminal.text.count("big answer") == 12)
        assert len(terminal.writes) == before + 1, "what a key changed went in pieces"
        show(asked)
        await until(lambda: len(terminal.writes) == before + 2)
        since_input[0] = 1000.0

        before = len(terminal.writes)
        show(["once".ljust(40, "x").ljust(100, ".")] * 6 + asked[6:])
        await until(lambda: terminal.text.count("once") == 6)
        pieces = terminal.writes[before:]
        assert len(pieces) > 1
        assert max(len(text) for _at, text in pieces) < 250
    finally:
        writer.end()
        writer.stop()
