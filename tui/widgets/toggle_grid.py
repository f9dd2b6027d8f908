"""A grid of cells to switch on and off, drawn line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.cells import fit

CELL = 4
HEAD = 2
"""Lines above the cells: groups and columns."""


class ToggleGrid(ScrollView, can_focus=True):
    """Rows and columns of marks; ``checked`` holds (row, column) pairs."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--head",
        "grid--label",
        "grid--on",
        "grid--off",
        "grid--taken",
        "grid--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1, 0)", show=False),
        Binding("k,up", "move(-1, 0)", show=False),
        Binding("l,right", "move(0, 1)", show=False),
        Binding("h,left", "move(0, -1)", show=False),
        Binding("space", "switch", "Toggle", show=False),
        Binding("a", "switch_row", "Toggle the row", show=False),
    ]

    class Moved(Message):
        """The cursor is on another cell, or a cell has changed."""

    def __init__(
        self,
        rows: Sequence[str],
        columns: Sequence[tuple[str, str]],
        checked: set[tuple[int, int]],
        taken: set[int],
    ) -> None:
        """``columns``: (group, label) pairs; ``taken``: columns that others use as well."""
        super().__init__()
        self.rows, self.columns = rows, columns
        self.checked, self.taken = checked, taken
        self.row = self.column = 0
        self._label = max((len(row) for row in rows), default=0) + 2

    def on_mount(self) -> None:
        """As large as its cells."""
        self.virtual_size = Size(self._label + CELL * len(self.columns), HEAD + len(self.rows))

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor."""
        self.row = min(max(self.row + down, 0), len(self.rows) - 1)
        self.column = min(max(self.column + right, 0), len(self.columns) - 1)
        region = Region(self._label + CELL * self.column, self.row, CELL, HEAD + 1)
        self.scroll_to_region(region, animate=False)
        self._changed()

    def action_switch(self) -> None:
        """Switch the cell under the cursor."""
        self.checked ^= {(self.row, self.column)}
        self._changed()

    def action_switch_row(self) -> None:
        """All cells of the row, or none."""
        row = {(self.row, column) for column in range(len(self.columns))}
        self.checked = self.checked - row if row <= self.checked else self.checked | row
        self._changed()

    def _changed(self) -> None:
        self.refresh()
        self.post_message(self.Moved())

    def render_line(self, y: int) -> Strip:
        """A head line, or a row of cells."""
        index = y + int(self.scroll_y)
        width = self._label + CELL * len(self.columns)
        if index < HEAD:
            strip = self._head(index)
        elif index - HEAD < len(self.rows):
            strip = self._cells(index - HEAD)
        else:
            return Strip.blank(self.size.width, self.rich_style)
        left = int(self.scroll_x)
        strip = strip.adjust_cell_length(max(width, left + self.size.width), self.rich_style)
        return strip.crop(left, left + self.size.width)

    def _head(self, line: int) -> Strip:
        segments = [Segment(" " * self._label, self._look("head"))]
        group = None
        for number, (own, label) in enumerate(self.columns):
            text = label if line else (own if own != group else "")
            group = own
            look = "taken" if line and number in self.taken else "head"
            segments.append(Segment(fit(text, CELL), self._look(look)))
        return Strip(segments)

    def _cells(self, row: int) -> Strip:
        segments = [Segment(fit(self.rows[row], self._label), self._look("label"))]
        for column in range(len(self.columns)):
            on = (row, column) in self.checked
            here = self.has_focus and (row, column) == (self.row, self.column)
            look = "cursor" if here else "on" if on else "off"
            segments.append(Segment(fit("●" if on else "·", CELL - 1), self._look(look)))
            segments.append(Segment(" ", self._look("off")))
        return Strip(segments)

    def _look(self, name: str) -> Style:
        return self.get_component_rich_style(f"grid--{name}")
