"""Where the output stage meets Textual: it takes the place of four private parts.

- `App._display` paints an update into a `Frame` instead of writing it;
- `WriterThread`, of which a driver makes one at start and at resume, holds that frame and writes
  the difference when nothing else waits to be written;
- `LinuxDriver.stop_application_mode` ends it, so that no frame reaches the shell;
- `App._on_resize` makes it forget.

`output_frames` and `output_renders` say when a frame is made, and of which widgets.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from time import monotonic
from typing import IO, Any

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.drivers import linux_driver
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Offset, Region
from textual.screen import Screen
from textual.strip import Strip

from tui import input_wait, output_frames, output_renders, terminal_answers
from tui.output_cells import Drawing, Frame

_LAYOUT_SECONDS = 0.1
"""After this time the screen is written anew even where a resize led to no new layout."""

ASKED_SECONDS = 0.1
"""What changes so soon after a key is likely meant by it, and written without delay."""
ASKED_CELLS = 500
"""Cells that small changes after a key may write without delay; the next key's line does not wait
for more that has come by chance. A change of more, so soon after a key, is the answer to it."""
SLICE_CELLS = 60
"""Cells of a change that nobody asked for which are written in one piece: some 100 bytes."""
BIG_CELLS = 1500
"""A change of more cells is something new to look at, and written in one piece."""
PACE = 8000.0
"""Bytes a second of the pieces. What waits in a terminal's or a network's buffers cannot be
seen from here (a pseudo-terminal reports none of it), so little may ever wait there: a key's
line comes after it."""
SLOW_WRITE, SLOW_WRITES = 0.5, 2
"""Seconds that a terminal may take over a write, and after how many longer ones it is slow."""
LONGEST_PAUSE = 0.03
"""Seconds that a piece waits at most, however much was written before it."""
PICTURE_PACE = 1_000_000.0
"""Bytes a second of pictures: keys' lines come after them."""

_stock_display = App._display
_stock_on_resize = App._on_resize
_stock_stop = LinuxDriver.stop_application_mode

_current: FrameWriter | None = None
_when_slow: Callable[[], None] | None = None


class FrameWriter(WriterThread):
    """Textual's writer thread, with the frame that it brings to the terminal.

    All but `run` belongs to the event loop's thread.
    """

    def __init__(self, file: IO[str]) -> None:
        super().__init__(file)
        self._loop = asyncio.get_running_loop()
        self._frame = Frame(0, 0)
        self._cursor = self._shown_cursor = Offset(0, 0)
        self._synchronized = False
        self._unwritten = 0
        self._closed = False
        self._pause_ends = 0.0
        self._asked_at = float("-inf")
        self._asked_written = 0
        self._pausing: asyncio.TimerHandle | None = None
        self._slow_writes = 0
        self._picture_pause_ends = 0.0

    def write(self, text: str) -> None:
        """Queue `text`; frames wait until it is written."""
        self._unwritten += 1
        super().write(text)

    def run(self) -> None:
        """Write what is queued, telling the event loop of each piece that the terminal took."""
        while (text := self._queue.get()) is not None:
            begin = monotonic()
            self._file.write(text)
            self._file.flush()
            self._loop.call_soon_threadsafe(self._written, monotonic() - begin)

    def continue_from(self, other: FrameWriter) -> None:
        """Take over the frame of the writer before a suspend; the terminal shows none of it."""
        if other._loop is self._loop:
            self._frame = other._frame
            self.forget()

    def show(self, update: LayoutUpdate | ChopsUpdate, cursor: Offset, app: App[Any]) -> None:
        """Bring `update` to the terminal, now or when it has taken what is under way."""
        if isinstance(update, LayoutUpdate):
            width, height = update.region.size
            if (width, height) != (self._frame.width, self._frame.height):
                drawing = self._frame.drawing
                self._frame = Frame(width, height)
                self._frame.drawing = drawing
        paint(self._frame, update, app.console._color_system or ColorSystem.TRUECOLOR)
        self._cursor = cursor
        self._synchronized = app._sync_available
        self._send()

    def forget(self, delay: float = 0) -> None:
        """Write every cell again, at the latest after `delay` seconds."""
        self._frame.forget()
        self._loop.call_later(delay, self._send)

    def draw(self, drawing: Drawing | None) -> None:
        """Draw a picture beside the cells, in place of the one before; None: no more."""
        self._frame.drawing = drawing
        self._send()

    def undraw(self, drawing: Drawing) -> None:
        """Draw this one no more; nothing where it is not the one that is drawn."""
        if self._frame.drawing is drawing:
            self._say_farewell()
            self._frame.drawing = None

    def end(self) -> None:
        """Write no further frame."""
        self._say_farewell()
        self._closed = True

    def _say_farewell(self) -> None:
        drawing = self._frame.drawing
        if drawing is not None and drawing.farewell and not self._closed:
            self.write(drawing.farewell)

    def _written(self, seconds: float) -> None:
        self._unwritten -= 1
        if seconds > SLOW_WRITE:
            self._slow_writes += 1
            if self._slow_writes == SLOW_WRITES and _when_slow is not None:
                _when_slow()
        self._send()

    def _send(self) -> None:
        if self._unwritten or self._closed:
            return
        frame = self._frame
        is_asked = output_frames.since_input() < ASKED_SECONDS
        if not frame.dirty:
            cells = ""
        elif frame.waiting() > BIG_CELLS or (is_asked and frame.waiting(newest=True) > ASKED_CELLS):
            cells = frame.render()
        elif is_asked and (left := self._cells_left()) > 0:
            cells, written = frame.render_some(left, newest=True)
            self._asked_written += written
        elif self._loop.time() < self._pause_ends:
            if self._pausing is None:
                self._pausing = self._loop.call_at(self._pause_ends, self._pause_over)
            return
        else:
            cells, _written = frame.render_some(SLICE_CELLS)
        picture = self._render_drawing()
        if cells or picture or self._cursor != self._shown_cursor:
            x, y = self._shown_cursor = self._cursor
            text = f"{cells}{picture}\x1b[{y + 1};{x + 1}H"
            self._pause_ends = self._loop.time() + min(len(text) / PACE, LONGEST_PAUSE)
            self.write(f"{SYNC_START}{text}{SYNC_END}" if self._synchronized else text)

    def _cells_left(self) -> int:
        """How many cells of small changes may still be written at once for the last key."""
        key_at = self._loop.time() - output_frames.since_input()
        if key_at > self._asked_at + 0.001:  # another key
            self._asked_at, self._asked_written = key_at, 0
        return ASKED_CELLS - self._asked_written

    def _render_drawing(self) -> str:
        now = self._loop.time()
        if now < self._picture_pause_ends:
            return ""  # there is a call for then
        picture = self._frame.render_drawing()
        if picture:
            pause = len(picture) / PICTURE_PACE
            self._picture_pause_ends = now + pause
            self._loop.call_later(pause, self._send)
        return picture

    def _pause_over(self) -> None:
        self._pausing = None
        self._send()


def paint(frame: Frame, update: LayoutUpdate | ChopsUpdate, colors: ColorSystem) -> None:
    """Paint a compositor's update into `frame`."""
    frame.begin_update()
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                x = frame.paint(x, y, strip, colors)
        return
    for y, first, last in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            # All of a chop is up to date where any of it is.
            if chop is not None and x < last and end > first:
                fits = chop.cell_length <= end - x
                frame.paint(x, y, chop if fits else chop.crop(0, end - x), colors)


def _display(self: App[Any], screen: Screen[Any], renderable: Any) -> None:
    writer = getattr(self._driver, "_writer_thread", None)
    if not isinstance(writer, FrameWriter) or not isinstance(
        renderable, (LayoutUpdate, ChopsUpdate)
    ):
        _stock_display(self, screen, renderable)
        return
    try:
        if self._running and not self._closed and not self._batch_count:
            cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
            writer.show(renderable, cursor, self)
    finally:
        self.post_display_hook()


async def _on_resize(self: App[Any], event: Resize) -> None:
    if _current is not None and event.size != self._size:
        _current.forget(_LAYOUT_SECONDS)
    await _stock_on_resize(self, event)


def _stop_application_mode(self: LinuxDriver) -> None:
    if isinstance(self._writer_thread, FrameWriter):
        self._writer_thread.end()
    _stock_stop(self)


def _make_writer(file: IO[str]) -> FrameWriter:
    """Stand in for the `WriterThread` class where the driver calls it."""
    global _current
    writer = FrameWriter(file)
    if _current is not None:
        writer.continue_from(_current)
    _current = writer
    return writer


def attach() -> None:
    """Take the place of Textual's own output."""
    for owner, name, part in (
        (linux_driver, "WriterThread", _make_writer),
        (App, "_display", _display),
        (App, "_on_resize", _on_resize),
        (LinuxDriver, "stop_application_mode", _stop_application_mode),
    ):
        setattr(owner, name, part)
    output_frames.attach()
    output_renders.attach()
    terminal_answers.attach()
    input_wait.attach()


def draw(drawing: Drawing) -> None:
    """Draw a picture on the running app's terminal."""
    if _current is not None:
        _current.draw(drawing)


def undraw(drawing: Drawing) -> None:
    """Draw a picture no more."""
    if _current is not None:
        _current.undraw(drawing)


def forget() -> None:
    """Write the whole screen of the running app again."""
    if _current is not None:
        _current.forget()


def when_slow(callback: Callable[[], None]) -> None:
    """Have this called once when the terminal turns out to be slow."""
    global _when_slow
    _when_slow = callback


def works() -> bool:
    """Try what the stage relies on; where it is missing, the answer is no or an error."""
    for part, parameters in (
        (_stock_display, ["self", "screen", "renderable"]),
        (_stock_on_resize, ["self", "event"]),
        (_stock_stop, ["self"]),
        (WriterThread.__init__, ["self", "file"]),
        (WriterThread.write, ["self", "text"]),
        (WriterThread.run, ["self"]),
    ):
        if list(inspect.signature(part).parameters) != parameters:
            return False
    parts = (output_frames, output_renders, terminal_answers, input_wait)
    if not all(part.works() for part in parts):
        return False
    frame = Frame(4, 2)
    strip = Strip([Segment("ab", Style(bold=True)), Segment("界")])
    paint(frame, LayoutUpdate([[strip], [strip]], Region(0, 0, 4, 2)), ColorSystem.TRUECOLOR)
    layout = frame.render()
    chops: list[dict[int, Strip | None]] = [{0: strip}, {0: None, 2: Strip([Segment("cd")])}]
    update = ChopsUpdate(chops, [(0, 0, 4), (1, 3, 4)], [[4], [2, 4]])
    paint(frame, update, ColorSystem.TRUECOLOR)
    return (layout, frame.render()) == (
        "\x1b[1H\x1b[0;1mab\x1b[m界\x1b[2H\x1b[1mab\x1b[m界",
        "\x1b[2;3H\x1b[mcd",
    )
