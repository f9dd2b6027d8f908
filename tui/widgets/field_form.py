"""A form drawn line by line: labels, values, what has changed. It knows nothing of documents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input

from tui.widgets.cells import fit, fit_path

OPENING = 0.02
"""Seconds that keys wait behind the one that edits a field."""
MARK = 2
"""Cells before the label."""


@dataclass(frozen=True, slots=True)
class FormRow:
    """One field as it is drawn; all texts are plain and visible."""

    name: str
    label: str
    value: str
    text: str
    """What editing begins with."""
    note: str = ""
    """What stands behind the value: the old one, the running one."""
    help: str = ""
    changed: bool = False
    trouble: str = ""
    """What is wrong with the value, in words."""
    why_not: str = ""
    """Why it cannot be edited; empty when it can."""


class FormLines(ScrollView, can_focus=True):
    """The rows and the cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "form--label",
        "form--value",
        "form--changed",
        "form--dim",
        "form--trouble",
        "form--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down,tab", "move(1)", "Next field", show=False),
        Binding("k,up,shift+tab", "move(-1)", "Previous field", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("g,home", "move(-1000)", show=False),
        Binding("G,end", "move(1000)", show=False),
        Binding("enter,space", "edit", "Edit", show=False),
        Binding("left,escape", "leave", "Back to the list", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[FormRow] = ()
        self.cursor = 0

    @property
    def row(self) -> FormRow | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def width(self) -> int:
        """Cells of a line, beside the scrollbar."""
        return self.scrollable_content_region.width

    @property
    def columns(self) -> tuple[int, int]:
        """Cells of labels, and of values that have a note behind them."""
        longest = max((len(row.label) for row in self.rows), default=0)
        label = min(longest, max(12, self.width * 9 // 20)) + 1
        room = max(8, self.width - MARK - label - 1)
        values = max((len(row.value) for row in self.rows if row.note), default=0) + 2
        return label, min(room, max(values, 12), max(12, room * 3 // 5))

    def show(self, rows: Sequence[FormRow], *, keep: bool = False) -> None:
        """Draw these rows; the cursor stays where the fields are the same, else it begins anew.

        ``keep``: rows have come to the same form, or have gone; the cursor stays on its own.
        """
        here = self.row.name if self.row is not None else ""
        names = [row.name for row in rows]
        same = [row.name for row in self.rows] == names
        self.rows = rows
        self.virtual_size = Size(1, len(rows))
        if keep and here in names:
            self.cursor = names.index(here)
        elif not same:
            self.cursor = 0
            self.scroll_to(0, 0, animate=False)
        self.refresh()
        self.post_message(FieldForm.Moved())

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        if self.rows:
            before, top = self.cursor, self.scroll_offset.y
            self.cursor = min(max(self.cursor + step, 0), len(self.rows) - 1)
            if not top <= self.cursor < top + self.size.height:
                self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False)
            width = self.width
            self.refresh(*(Region(0, row - top, width, 1) for row in (before, self.cursor)))
            self.post_message(FieldForm.Moved())

    async def action_edit(self) -> None:
        """Ask for another value; the keys typed right behind are for what that opens."""
        self._ask()
        await asyncio.sleep(OPENING)

    def _ask(self) -> None:
        if self.row is not None:
            self.post_message(FieldForm.Edit(self.row))

    def action_leave(self) -> None:
        """Done with the form."""
        self.post_message(FieldForm.Left())

    def on_click(self, event: Click) -> None:
        """To the row that was clicked; a second click edits."""
        row = event.y + int(self.scroll_y)
        if row < len(self.rows):
            again = row == self.cursor
            self.action_move(row - self.cursor)
            if again:
                self._ask()

    def on_focus(self) -> None:
        """The cursor shows."""
        self.refresh()
        self.post_message(FieldForm.Moved())

    def on_blur(self) -> None:
        """The cursor hides."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.width
        index = y + int(self.scroll_y)
        if index >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        row = self.rows[index]
        here = index == self.cursor and self.has_focus
        label, value = self.columns
        mark = "! " if row.trouble else "● " if row.changed else "  "
        if not row.note:
            value = max(0, width - MARK - label)
        note = max(0, width - MARK - label - value)
        dim = bool(row.why_not)
        looks = (
            "trouble" if row.trouble else "changed",
            "dim" if dim else "label",
            "dim" if dim else "changed" if row.changed else "value",
            "changed" if row.changed else "dim",
        )
        texts = (
            mark,
            fit(row.label, label - 1) + " ",
            _fit(row.value, value - 1) + " ",
            _fit(row.note, note),
        )
        return Strip(
            [
                Segment(text, self._look("cursor") if here else self._look(look))
                for text, look in zip(texts, looks, strict=True)
            ],
            width,
        )

    def _look(self, name: str) -> Style:
        return self.get_component_rich_style(f"form--{name}")


def _fit(text: str, width: int) -> str:
    """Of a path the end tells more than the beginning."""
    return fit_path(text, width) if text.startswith("/") else fit(text, width)


class FieldEditor(Input):
    """Types a value in its row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("tab,down", "submit", "Take"),
    ]

    def action_cancel(self) -> None:
        """Leave the value as it was."""
        self.post_message(FieldForm.Cancelled())


class FieldForm(Container):
    """Rows, and a line that appears over the row that is being typed in."""

    class Moved(Message):
        """The cursor is on another row."""

    class Left(Message):
        """The person goes back to where the form was opened from."""

    class Cancelled(Message):
        """Typing was given up."""

    class Edit(Message):
        """The person wants another value for a row."""

        def __init__(self, row: FormRow) -> None:
            super().__init__()
            self.row = row

    class Typed(Message):
        """A value has been typed."""

        def __init__(self, name: str, text: str) -> None:
            super().__init__()
            self.name = name
            self.text = text

    _typing = ""
    """Name of the row that is being typed in."""

    def compose(self) -> ComposeResult:
        """The rows; the editor waits out of sight."""
        yield FormLines()
        editor = FieldEditor(compact=True, select_on_focus=True)
        editor.cursor_blink = False
        editor.display = False
        yield editor

    @property
    def lines(self) -> FormLines:
        """The rows."""
        return self.query_one(FormLines)

    @property
    def row(self) -> FormRow | None:
        """The row under the cursor."""
        return self.lines.row

    def show(self, rows: Sequence[FormRow], *, keep: bool = False) -> None:
        """Draw these rows."""
        self.lines.show(rows, keep=keep)

    def type_in(self, row: FormRow, *, password: bool = False, typed: str | None = None) -> None:
        """Have the row's value typed; ``typed``: what was typed and could not be taken."""
        lines, editor = self.lines, self.query_one(FieldEditor)
        label, _value = lines.columns
        editor.styles.offset = (MARK + label, lines.cursor - int(lines.scroll_y))
        editor.styles.width = max(10, lines.width - MARK - label)
        editor.password = password
        editor.value = row.text if typed is None else typed
        self._typing = row.name
        editor.display = True
        # At once, unlike `focus`: what is typed right behind Enter is for the editor.
        self.screen.set_focus(editor)

    def typed(self) -> tuple[str, str] | None:
        """End the typing: the row's name and the text; None where nothing is being typed."""
        editor = self.query_one(FieldEditor)
        if not editor.display:
            return None
        self._close()
        return self._typing, editor.value

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if typed := self.typed():
            self.post_message(self.Typed(*typed))

    def on_field_form_cancelled(self) -> None:
        """Escape in the editor."""
        self._close()

    def _close(self) -> None:
        self.query_one(FieldEditor).display = False
        self.screen.set_focus(self.lines)
