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
from textual.widget import Widget

from tui.widgets.emulator import Emulator
from tui.widgets.terminal_keys import encode, encode_mouse, encode_paste

FRAME = 1 / 30
"""Seconds between two frames while output floods; a single echo is shown at once."""
ESCAPE = "ctrl+right_square_bracket"
SCROLL_KEYS = {"shift+pageup": -1, "shift+pagedown": 1}
MOUSE_MODES = (1000, 1002, 1003)
SGR_MOUSE, BRACKETED_PASTE, APPLICATION_CURSOR = 1006, 2004, 1


class TerminalView(Widget, can_focus=True):
    """Draws an emulator's lines as they change and turns keys into bytes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"terminal--cursor", "terminal--found"}

    class Typed(Message):
        """Bytes for the program on the other end."""

        def __init__(self, data: bytes) -> None:
            super().__init__()
            self.data = data

    class Left(Message):
        """The escape key: keys are no longer for the terminal."""

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
        self._lines: list[Strip] = []
        self._cursor: tuple[int, int] | None = None
        self._pending: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._base: Style | None = None
        self._own_context: contextvars.Context | None = None

    # -- what is shown -------------------------------------------------------------------

    def show(self, emulator: Emulator | None) -> None:
        """Show another emulator."""
        self.emulator = emulator
        self.scrolled = False
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
            self._due = max(time.monotonic(), self._due + FRAME)
            wait = self._due - time.monotonic()
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
        cursor = self.emulator.cursor
        now = None if cursor is None else (cursor.x, cursor.y)
        if now != self._cursor:
            places = [place for place in (self._cursor, now) if place is not None]
            regions += [Region(0, y, width, 1) for _x, y in places]
            self._cursor = now
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """One line, the cursor on it."""
        width = self.size.width
        base = self._look
        if y >= len(self._lines):
            return Strip.blank(width, base)
        strip = self._lines[y].adjust_cell_length(width, base)
        if y == self.found:
            strip = strip.apply_style(self.get_component_rich_style("terminal--found"))
        if self._cursor is None or self._cursor[1] != y or self._cursor[0] >= width:
            return strip
        x = self._cursor[0]
        look = (
            self.get_component_rich_style("terminal--cursor")
            if self.has_focus
            else Style(underline=True)
        )
        under = strip.crop(x, x + 1)
        if under.cell_length == 0:
            under = Strip.blank(1, base)
        marked = Strip([type(s)(s.text, (s.style or base) + look) for s in under], 1)
        return Strip.join([strip.crop(0, x), marked, strip.crop(x + 1, width)])

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

    def scroll_view(self, rows: int) -> None:
        """Look back, or forward; a key brings the end back."""
        if self.emulator is not None:
            self.emulator.scroll(rows)
            self.scrolled = True
            self._draw()

    def show_again(self) -> None:
        """Draw the view after the emulator was scrolled."""
        self._draw()

    def to_the_end(self) -> None:
        """Back to where the output is."""
        if self.emulator is not None and self.scrolled:
            self.emulator.scroll(1 << 30)
            self.scrolled = False
            self.found = -1
            self._draw()

    # -- what is typed -------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Every key is the guest's, but the one that leads out and those that look back."""
        if event.key == ESCAPE:
            event.stop()
            event.prevent_default()
            self.post_message(self.Left())
            return
        event.stop()
        event.prevent_default()
        if event.key in SCROLL_KEYS:
            self.scroll_view(SCROLL_KEYS[event.key] * max(1, self.size.height - 1))
            return
        application = self.emulator is not None and self.emulator.mode(APPLICATION_CURSOR)
        data = encode(event.key, event.character, application=application)
        if data:
            self.to_the_end()
            self.post_message(self.Typed(data))

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text, in brackets where the guest's program asks for them."""
        event.stop()
        bracketed = self.emulator is not None and self.emulator.mode(BRACKETED_PASTE)
        self.post_message(self.Typed(encode_paste(event.text, bracketed=bracketed)))

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
        """A button, where the guest wants to know."""
        self._report_mouse(event, event.button - 1, pressed=True)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """A button let go."""
        self._report_mouse(event, event.button - 1, pressed=False)

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
        self._lines = []
        self.post_message(self.Sized(event.size))

    def on_focus(self) -> None:
        """The cursor is a block."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor is a line."""
        self.refresh()
