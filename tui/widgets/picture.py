"""The picture of a screen to look at and to type at; what it shows belongs to someone else."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.filter import LineFilter
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from tui.model.keycodes import typed_by
from tui.terminal_graphics import TerminalGraphics
from tui.terminals import has_few_glyphs
from tui.widgets.cells import fit
from tui.widgets.every_key import LEAVE, EveryKey
from tui.widgets.guest_keys import guest_keys
from tui.widgets.picture_cells import Picture, Placement, blocks, place, text_line
from tui.widgets.picture_pixels import NUMBERS
from tui.widgets.picture_sender import PictureSender
from tui.widgets.screen_text import TextScreen

STEP = 1.5
"""What one step of zooming makes larger."""
DEEPEST = 40.0
SHIFT = 0.25
"""Share of the view that a picture is moved by."""


class PictureView(EveryKey):
    """Draws a picture, or the text on it; with the focus, keys are the guest's."""

    class Pressed(Message):
        """Keys to press together, by name."""

        def __init__(self, names: tuple[str, ...]) -> None:
            super().__init__()
            self.names = names

    class Pasted(Message):
        """A text to type: the keys of each character, by name."""

        def __init__(self, keys: Sequence[tuple[str, ...]]) -> None:
            super().__init__()
            self.keys = keys

    class Untypable(Message):
        """A US keyboard has no key for this."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    class Moved(Message):
        """Another part of the picture is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.picture: Picture | None = None
        self.message: list[str] = []
        """What is said in place of a picture."""
        self.zoom = 1.0
        self.wants_text = True
        """Show the text of a text screen as text."""
        self.wants_pixels = True
        """Draw pixels where the terminal can, not blocks."""
        self.graphics: TerminalGraphics | None = None
        """How the terminal draws pixels, if it can."""
        self._sender = PictureSender()
        self._centre = (0.5, 0.5)
        self._corner = (0, 0)
        """Column and row of the text in the upper left."""
        self._cursor: tuple[int, int] | None = None
        """Where the guest's cursor was last seen: it blinks."""
        self._quadrants = not has_few_glyphs()
        self._strips: list[Strip] = []

    # -- what is shown ---------------------------------------------------------------------

    @property
    def text(self) -> TextScreen | None:
        """The text that is shown as such."""
        return self.picture.text if self.picture is not None and self.wants_text else None

    @property
    def pixels(self) -> TerminalGraphics | None:
        """How pixels are drawn now; None while it is blocks or text."""
        if self.picture is None or self.text is not None or not self.wants_pixels:
            return None
        return self.graphics

    def use(self, graphics: TerminalGraphics | None) -> None:
        """Draw pixels in this way from now on; None: blocks."""
        if graphics != self.graphics:
            self.graphics = graphics
            self._shown_anew()

    def show(self, picture: Picture) -> bool:
        """Show another picture; False when no more than a blinking cursor has changed."""
        before, self.picture = self.picture, picture
        self.message = []
        text = picture.text
        old = before.text if before is not None else None
        changed = True
        if text is None:
            self._cursor = None
            box = picture.changed_box(before)
            changed = box is not None
            if box is not None and self.has_focus and self.zoom > 1 and before is not None:
                self._follow_box(box)
        else:
            moved = text.cursor is not None and text.cursor != self._cursor
            if moved:
                self._cursor = text.cursor
            changed = old is None or text.rows != old.rows or moved
            if changed:
                self._follow_text(text, old)
        self._draw()
        return changed

    def say(self, lines: list[str]) -> None:
        """Say why there is no picture, in place of it."""
        if lines != self.message or self.picture is not None:
            self.picture, self.message = None, lines
            self._cursor = None
            self._draw()

    def _follow_text(self, text: TextScreen, old: TextScreen | None) -> None:
        """Move as little as shows what has changed, or else the cursor."""
        same = old is not None and len(old.rows) == len(text.rows)
        if not same or old is None:
            self._corner = (0, 0)
            self._centre = (0.5, 0.5)
        else:
            news = [y for y, row in enumerate(text.rows) if row != old.rows[y]]
            if news and news[-1] - news[0] < self.size.height:
                self._bring(0, news[0])
                self._bring(0, news[-1])
        if self._cursor is not None:
            self._bring(*self._cursor)

    def _bring(self, x: int, y: int) -> None:
        left, top = self._corner
        width, height = self.size
        if width and height:
            left = min(max(left, x - width + 1), x)
            top = min(max(top, y - height + 1), y)
            self._corner = (left, top)

    def _follow_box(self, box: tuple[int, int, int, int]) -> None:
        assert self.picture is not None
        size = self.picture.image.size
        seen = self._where().box
        wide, high = seen[2] - seen[0], seen[3] - seen[1]
        if box[2] - box[0] > wide or box[3] - box[1] > high:
            return
        left = min(max(seen[0], box[2] - wide), box[0])
        top = min(max(seen[1], box[3] - high), box[1])
        self._centre = ((left + wide / 2) / size[0], (top + high / 2) / size[1])

    def _where(self) -> Placement:
        """The part of the picture that is shown, and its cells."""
        assert self.picture is not None
        width, height = self.size
        cell = self.pixels.cell if self.pixels is not None else None
        tall = cell[1] / cell[0] if cell else 2.0
        if self.pixels is not None:
            width, height = min(width, len(NUMBERS)), min(height, len(NUMBERS))
        size = self.picture.image.size
        return place(size, width, height, self.zoom, self._centre, tall=tall)

    def _draw(self) -> None:
        width, height = self.size
        if not width or not height:
            return
        if self.pixels is None:
            self._sender.stop()
        before, self._strips = self._strips, self._lines(width, height)
        regions = [
            Region(0, y, width, 1)
            for y, strip in enumerate(self._strips)
            if y >= len(before) or strip != before[y]
        ]
        if regions:
            self.refresh(*regions)

    def _lines(self, width: int, height: int) -> list[Strip]:
        base = self.rich_style
        if self.picture is None:
            said = ["", *(f"  {line}" for line in self.message)]
            return [
                Strip.blank(width, base)
                if y >= len(said)
                else text_of(said[y], width).apply_style(base)
                for y in range(height)
            ]
        text = self.text
        if text is not None:
            return self._text_lines(text, width, height)
        image, where, graphics = self.picture.image, self._where(), self.pixels
        if graphics is None:
            quadrants, greys = self._quadrants, self.app.no_color
            strips = blocks(image, where, quadrants=quadrants, greys=greys)
        else:
            strips = self._sender.send(image, where, graphics, base)
        return framed(strips, width, height, base)

    def _text_lines(self, text: TextScreen, width: int, height: int) -> list[Strip]:
        left = max(0, min(self._corner[0], text.columns - width))
        top = max(0, min(self._corner[1], len(text.rows) - height))
        self._corner = (left, top)
        strips = []
        for y, row in enumerate(text.rows[top : top + height], top):
            cells = list(row[left : left + width])
            if self._cursor is not None and self._cursor[1] == y:
                x = self._cursor[0] - left
                if 0 <= x < len(cells):
                    character, ink, ground = cells[x]
                    ink = ink if ink != ground else (200, 200, 200)
                    cells[x] = (character, ground, ink)
                    if character == " ":
                        cells[x] = (" ", ink, ink)
            strips.append(text_line(cells))
        return framed(strips, width, height, self.rich_style)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Of a picture without any shades nothing is left: it keeps its greys."""
        drawn = self.picture is not None and self.text is None
        return () if drawn and self.app.no_color else super().get_line_filters()

    def render_line(self, y: int) -> Strip:
        """One line."""
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)

    @property
    def told(self) -> str:
        """What is shown, in words."""
        if self.picture is None:
            return ""
        text = self.text
        width, height = self.picture.image.size
        if text is None:
            zoom = f" ×{self.zoom:.1f}" if self.zoom > 1 else ""
            how = f" {self.pixels.kind}" if self.pixels is not None else ""
            return f"{width}×{height}{zoom}{how}"
        rows, columns = len(text.rows), text.columns
        left, top = self._corner
        parts = [f"text {columns}×{rows}"]
        if rows > self.size.height:
            parts.append(f"rows {top + 1}–{min(rows, top + self.size.height)}")
        if columns > self.size.width:
            parts.append(f"columns {left + 1}–{min(columns, left + self.size.width)}")
        return " ".join(parts)

    # -- looking closer ----------------------------------------------------------------------

    def zoom_by(self, steps: int) -> None:
        """Show it larger or smaller; a text screen is shown as a picture then."""
        if self.picture is None:
            return
        if self.text is not None:
            self.wants_text = False
        self.zoom = min(max(1.0, self.zoom * STEP**steps), DEEPEST)
        self._shown_anew()

    def fit(self) -> None:
        """Show all of it."""
        self.zoom = 1.0
        self._centre = (0.5, 0.5)
        self._corner = (0, 0)
        self.wants_text = True
        self._shown_anew()

    def switch_text(self) -> None:
        """The text of a text screen as a picture, or as text again."""
        self.wants_text = not self.wants_text
        self._shown_anew()

    def switch_pixels(self) -> None:
        """Blocks where the terminal draws pixels, or pixels again."""
        self.wants_pixels = not self.wants_pixels
        self._shown_anew()

    def pan(self, across: int, down: int) -> None:
        """Move the view by steps."""
        if self.picture is None:
            return
        if self.text is not None:
            left, top = self._corner
            width, height = self.size
            self._corner = (left + across * max(1, width // 4), top + down * max(1, height // 4))
        else:
            size = self.picture.image.size
            box = self._where().box
            x = (box[0] + box[2]) / 2 + across * SHIFT * (box[2] - box[0])
            y = (box[1] + box[3]) / 2 + down * SHIFT * (box[3] - box[1])
            half = ((box[2] - box[0]) / 2, (box[3] - box[1]) / 2)
            self._centre = (
                min(max(x, half[0]), size[0] - half[0]) / size[0],
                min(max(y, half[1]), size[1] - half[1]) / size[1],
            )
        self._shown_anew()

    def _shown_anew(self) -> None:
        self._draw()
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        """Fit the picture into the other size."""
        self._strips = []
        self._draw()
        self.post_message(self.Moved())

    def on_hide(self) -> None:
        """Nothing of it is on the screen."""
        self._sender.stop()

    def on_show(self) -> None:
        """It is on the screen again: draw it."""
        self._draw()

    def on_unmount(self) -> None:
        """It is gone for good: the terminal may forget it."""
        self._sender.stop()

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        self._draw()

    # -- what is typed -----------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Every key is the guest's, but the one that leads out."""
        event.stop()
        event.prevent_default()
        if event.key in LEAVE:
            self.lead_out()
            return
        names = guest_keys(event.key, event.character)
        self.post_message(
            self.Pressed(names) if names else self.Untypable(event.character or event.key)
        )

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text is typed, key by key; none of it where a character has no key."""
        event.stop()
        text = event.text.replace("\r\n", "\n")
        keys = [typed_by(character) for character in text]
        if all(keys):
            self.post_message(self.Pasted(keys))
        else:
            self.post_message(self.Untypable(text[keys.index(())]))


def framed(strips: list[Strip], width: int, height: int, base: Style) -> list[Strip]:
    """Lines in the middle of a pane."""
    left = (width - strips[0].cell_length) // 2
    top = (height - len(strips)) // 2
    blank = Strip.blank(width, base)
    before = Strip.blank(left, base)
    padded = [Strip.join([before, strip]).adjust_cell_length(width, base) for strip in strips]
    return [blank] * top + padded + [blank] * (height - top - len(strips))


def text_of(text: str, width: int) -> Strip:
    """Plain text as a line."""
    return Strip([Segment(fit(text, width))], width)
