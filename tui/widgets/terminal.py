"""A terminal to look at and to type into; what it shows and sends belongs to someone else."""

from __future__ import annotations

import asyncio
import contextvars
import time
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from tui.widgets.emulator import Emulator
from tui.widgets.every_key import LEAVE, EveryKey
from tui.widgets.highlight import highlighted
from tui.widgets.terminal_keys import encode, encode_mouse, encode_paste
from tui.widgets.terminal_selection import (
    BEGIN_KEYS,
    COPY_KEYS,
    LEAVE_KEYS,
    LINE_KEYS,
    MOVES,
    PAGES,
    Selection,
)

FRAME = 1 / 30
"""Seconds between two frames while output floods; a single echo is shown at once."""
QUICK = 1 / 100
"""The same right after a key: its echo does not wait behind a flood."""
TYPED = 0.2
"""Seconds that count as right after a key."""
SCROLL_KEYS = {"shift+pageup": -1, "shift+pagedown": 1}
MOUSE_MODES = (1000, 1002, 1003)
DRAGS, ALL_MOVES = 1002, 1003
MOVING = 32
"""What a mouse report's button has on top when the mouse moves."""
SGR_MOUSE, BRACKETED_PASTE, APPLICATION_CURSOR = 1006, 2004, 1


class TerminalView(EveryKey):
    """Draws an emulator's lines as they change and turns keys into bytes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "terminal--cursor",
        "terminal--found",
        "terminal--marked",
    }
    ALLOW_SELECT = False  # Textual's own selection knows nothing of a scrollback

    class Typed(Message):
        """Bytes for the program on the other end."""

        def __init__(self, data: bytes) -> None:
            super().__init__()
            self.data = data

    class Copied(Message):
        """A person has selected this and wants to have it."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class MarkingEnded(Message):
        """Keys do not move the mark any more."""

    class Scrolled(Message):
        """Another part of what was printed is in view."""

    class Sized(Message):
        """The terminal has another size."""

        def __init__(self, size: Size) -> None:
            super().__init__()
            self.size = size

    def __init__(self) -> None:
        super().__init__()
        self.emulator: Emulator | None = None
        self.scrolled = False
        self.found = -1
        """Line of the view that a search has found."""
        self.selection: Selection | None = None
        self.marking = False
        """Keys move the mark; else they are for the guest."""
        self._spans: dict[int, tuple[int, int]] = {}
        self._drag: tuple[int, int] | None = None
        """Where a button went down that may begin a selection."""
        self._lines: list[Strip] = []
        self._cursor: tuple[int, int] | None = None
        self._pending: asyncio.TimerHandle | None = None
        self._due = 0.0
        self.typed_at = float("-inf")
        """When a key was last the guest's; of :func:`time.monotonic`."""
        self._base: Style | None = None
        self._own_context: contextvars.Context | None = None

    # -- what is shown -------------------------------------------------------------------

    def show(self, emulator: Emulator | None) -> None:
        """Show another emulator."""
        self.end_selection()
        self.emulator = emulator
        self.scrolled, self.found = False, -1
        self._lines = []
        if emulator is not None:
            emulator.redraw()
        self._draw()
        self.refresh()

    def changed(self) -> None:
        """The emulator was fed: draw at once when idle, at most thirty times a second.

        May be called from anywhere in the loop. Straight from the loop and not by messages: in
        a flood each of those would wait for its turn.
        """
        if self._pending is None and self._own_context is not None:
            # Counted from when the last frame was due, not from when there was time for it.
            now = time.monotonic()
            frame = QUICK if now < self.typed_at + TYPED else FRAME
            self._due = max(now, self._due + frame)
            wait = self._due - now
            self._pending = asyncio.get_running_loop().call_later(
                wait, self._draw, context=self._own_context
            )

    def on_mount(self) -> None:
        """What is drawn later is drawn in the widget's own context."""
        self._own_context = contextvars.copy_context()

    def on_unmount(self) -> None:
        """Nothing is drawn any more."""
        self._own_context = None
        if self._pending is not None:
            self._pending.cancel()

    def _draw(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        if self.emulator is None or not self.size.height:
            return
        width, height = self.size
        base = self._look
        regions = []
        for y, strip in self.emulator.frame():
            while len(self._lines) <= y:
                self._lines.append(Strip.blank(width, base))
            line = strip.apply_style(base)
            if line != self._lines[y]:
                self._lines[y] = line
                if y < height:
                    regions.append(Region(0, y, width, 1))
        now, spans = self._what_is_marked()
        if now != self._cursor:
            places = [place for place in (self._cursor, now) if place is not None]
            regions += [Region(0, y, width, 1) for _x, y in places]
            self._cursor = now
        if spans != self._spans:
            different = {y for y in {*spans, *self._spans} if spans.get(y) != self._spans.get(y)}
            regions += [Region(0, y, width, 1) for y in different]
            self._spans = spans
        if regions:
            self.refresh(*regions)

    def _what_is_marked(self) -> tuple[tuple[int, int] | None, dict[int, tuple[int, int]]]:
        """The cursor, ours or the guest's, and what is selected."""
        selection = self.selection
        if selection is not None and not selection.is_there:
            self.end_selection()
        elif selection is not None and self.marking:
            return selection.cursor, selection.spans()
        cursor = None if self.emulator is None else self.emulator.cursor
        place = None if cursor is None else (cursor.x, cursor.y)
        return place, {} if self.selection is None else self.selection.spans()

    def render_line(self, y: int) -> Strip:
        """One line, with what is found or marked on it, and the cursor."""
        width = self.size.width
        base = self._look
        if y >= len(self._lines):
            return Strip.blank(width, base)
        strip = self._lines[y].adjust_cell_length(width, base)
        if y == self.found:
            look = self.get_component_rich_style("terminal--found")
            strip = highlighted(strip, 0, width - 1, look)
        if y in self._spans:
            look = self.get_component_rich_style("terminal--marked")
            strip = highlighted(strip, *self._spans[y], look)
        if self._cursor is not None and self._cursor[1] == y and self._cursor[0] < width:
            x = self._cursor[0]
            block = self.get_component_rich_style("terminal--cursor")
            strip = highlighted(strip, x, x, block if self.has_focus else Style(underline=True))
        return strip

    @property
    def _look(self) -> Style:
        """The widget's own style, worked out once: that takes longer than drawing a line."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def notify_style_update(self) -> None:
        """Another theme, or another background."""
        super().notify_style_update()
        self._base = None
        self._lines = []
        if self.emulator is not None:
            self.emulator.redraw()
            self.changed()

    @property
    def lines_below(self) -> int:
        """Lines of output below the view; 0 at the end."""
        marks = self.emulator.marks if self.emulator is not None and self.scrolled else None
        return 0 if marks is None else max(0, marks.rows() - marks.top() - self.size.height)

    def scroll_view(self, rows: int) -> None:
        """Look back, or forward; a key brings the end back."""
        if self.emulator is not None:
            self.emulator.scroll(rows)
            self._look_elsewhere(back=True)

    def show_found(self, row: int, y: int) -> None:
        """Show what a search has found: ``row`` on top of the view, the line ``y`` marked."""
        if self.emulator is not None:
            self.emulator.scroll_to(row)
            self._look_elsewhere(back=True, found=y)

    def to_the_end(self) -> None:
        """Back to where the output is."""
        if self.emulator is not None and self.scrolled:
            self.emulator.scroll(1 << 30)
            self._look_elsewhere(back=False)

    def _look_elsewhere(self, *, back: bool, found: int = -1) -> None:
        self.scrolled = back
        if found != self.found:
            self.found = found
            self.refresh()
        self._draw()
        self.post_message(self.Scrolled())

    # -- what is typed -------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Every key is the guest's, but the one that leads out and those that look back."""
        event.stop()
        event.prevent_default()
        if event.key in LEAVE and not self.marking:
            self.lead_out()
            return
        if self.marking:
            self._move_mark(event.key)
            return
        if event.key in SCROLL_KEYS:
            self.scroll_view(SCROLL_KEYS[event.key] * max(1, self.size.height - 1))
            return
        application = self.emulator is not None and self.emulator.mode(APPLICATION_CURSOR)
        data = encode(event.key, event.character, application=application)
        if data:
            self._type(data)

    def _type(self, data: bytes) -> None:
        """What is typed is seen: the end of the output is in view again."""
        self.typed_at = time.monotonic()
        self.end_selection()
        self.to_the_end()
        self.post_message(self.Typed(data))

    # -- selecting -----------------------------------------------------------------------

    def begin_marking(self) -> bool:
        """Keys move a mark, from what was found or the cursor; False where nothing can be marked.

        Where neither is in view it begins in the last line.
        """
        cursor = self.emulator.cursor if self.emulator is not None else None
        place = (cursor.x, cursor.y) if cursor else (0, self.size.height - 1)
        if self._new_selection(*(place if self.found < 0 else (0, self.found))) is None:
            return False
        self.marking = True
        self._draw()
        return True

    def _new_selection(self, x: int, y: int) -> Selection | None:
        self.end_selection()
        emulator = self.emulator
        if emulator is None or emulator.marks is None or not self.size:
            return None
        self.selection = Selection(emulator, emulator.marks, *self.size)
        self.selection.go_to(x, y)
        return self.selection

    def end_selection(self) -> None:
        """Nothing is selected any more, and keys are the guest's again."""
        selection, self.selection = self.selection, None
        if selection is not None:
            selection.end()
            if self.marking:
                self.marking = False
                self.post_message(self.MarkingEnded())
            self.changed()

    def _move_mark(self, key: str) -> None:
        selection = self.selection
        if selection is None:
            return
        if key in LEAVE_KEYS:
            self.end_selection()
        elif key in COPY_KEYS:
            text = selection.text()
            self.end_selection()
            self.post_message(self.Copied(text))
        elif key in BEGIN_KEYS or key in LINE_KEYS:
            selection.begin(whole_lines=key in LINE_KEYS)
        elif key in PAGES:
            selection.move(0, PAGES[key] * max(1, self.size.height - 1))
        elif key in MOVES:
            selection.move(*MOVES[key])
        self.scrolled = True
        self._draw()

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text, in brackets where the guest's program asks for them."""
        event.stop()
        if not self.marking:
            bracketed = self.emulator is not None and self.emulator.mode(BRACKETED_PASTE)
            self._type(encode_paste(event.text, bracketed=bracketed))

    def _report_mouse(self, event: events.MouseEvent, button: int, *, pressed: bool) -> bool:
        emulator = self.emulator
        if emulator is None or not any(emulator.mode(mode) for mode in MOUSE_MODES):
            return False
        if emulator.mode(SGR_MOUSE):
            self.post_message(
                self.Typed(encode_mouse(button, int(event.x), int(event.y), pressed=pressed))
            )
        event.stop()
        return True

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """A button: the guest's where it wants to know, else it may begin a selection."""
        if not self._report_mouse(event, event.button - 1, pressed=True) and event.button == 1:
            self.end_selection()
            self._drag = int(event.x), int(event.y)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Dragging selects; the guest is told of moves where it wants to know."""
        if self._drag is not None:
            x, y = int(event.x), int(event.y)
            if self.selection is None and (x, y) != self._drag:
                selection = self._new_selection(*self._drag)
                if selection is not None:
                    selection.begin()
            if self.selection is not None:
                self.selection.go_to(x, y)
                self.scrolled = self.scrolled or not 0 <= y < self.size.height
                self._draw()
        elif self.emulator is not None and (
            self.emulator.mode(ALL_MOVES) or (self.emulator.mode(DRAGS) and event.button)
        ):
            self._report_mouse(event, (event.button or 4) - 1 + MOVING, pressed=True)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """A button let go: what was dragged over is copied."""
        if self._drag is None:
            self._report_mouse(event, event.button - 1, pressed=False)
            return
        self._drag = None
        self.release_mouse()
        if self.selection is not None:
            self.post_message(self.Copied(self.selection.text()))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel: the guest's, else our own scrollback."""
        if not self._report_mouse(event, 64, pressed=True):
            self.scroll_view(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel, downwards."""
        if not self._report_mouse(event, 65, pressed=True):
            self.scroll_view(3)

    def on_resize(self, event: events.Resize) -> None:
        """Another size: the owner tells the emulator."""
        self.end_selection()
        self._lines = []
        if self.emulator is not None:
            self.emulator.redraw()  # it may have kept its size: hidden and shown again
        self.post_message(self.Sized(event.size))

    def on_focus(self) -> None:
        """The cursor is a block."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor is a line."""
        self.refresh()
