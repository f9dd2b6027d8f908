"""Which columns are shown, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.widgets.line_table import Cell, Column, LineTable

Line = tuple[str, str, bool]
"""Key, title, shown."""


class ColumnChooser(ModalScreen[list[str] | None]):
    """Space shows or hides a column, ``J`` and ``K`` move it; answers with the keys shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "show_or_hide", "Show/hide"),
        Binding("J,shift+down", "shift(1)", "Down"),
        Binding("K,shift+up", "shift(-1)", "Up"),
        Binding("d", "default", "Default"),
        Binding("escape,q", "dismiss(None)", "Cancel"),
    ]

    def __init__(
        self, titles: Mapping[str, str], shown: Sequence[str], default: Sequence[str]
    ) -> None:
        super().__init__()
        self.titles = titles
        self.default = default
        self.lines = self._lines(shown)

    def _lines(self, shown: Sequence[str]) -> list[Line]:
        order = [*shown, *(key for key in self.titles if key not in shown)]
        return [(key, self.titles[key], key in shown) for key in order]

    def compose(self) -> ComposeResult:
        """The list and its keys."""
        columns: list[Column[Line]] = [
            Column("shown", "", 3, lambda line: Cell("[x]" if line[2] else "[ ]", "accent")),
            Column("title", "Column", 20, lambda line: Cell(line[1]), grow=True),
        ]
        with Vertical(classes="dialog"):
            yield Static(Content("Columns"), classes="dialog--title")
            table: LineTable[Line] = LineTable(columns, row_key=lambda line: line[0])
            yield table
            yield Static(
                Content("Space shows or hides, J K move, d default, Enter takes it"),
                classes="dialog--hint",
            )

    def on_mount(self) -> None:
        """Begin in the list."""
        self._table.set_rows(self.lines)
        self._table.focus()

    @property
    def _table(self) -> LineTable[Line]:
        return self.query_one(LineTable)

    def action_show_or_hide(self) -> None:
        """Show or hide the column under the cursor."""
        key, title, shown = self.lines[self._table.cursor]
        self.lines[self._table.cursor] = (key, title, not shown)
        self._table.set_rows(self.lines)

    def action_shift(self, step: int) -> None:
        """Move the column under the cursor."""
        place = self._table.cursor
        if 0 <= place + step < len(self.lines):
            self.lines.insert(place + step, self.lines.pop(place))
            self._table.set_rows(self.lines)

    def action_default(self) -> None:
        """As it was before anybody chose."""
        self.lines = self._lines(self.default)
        self._table.set_rows(self.lines)

    def on_line_table_row_selected(self) -> None:
        """Take the choice; at least one column stays."""
        self.dismiss([key for key, _title, shown in self.lines if shown] or list(self.default))
