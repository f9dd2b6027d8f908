"""Which columns are shown, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.widgets.line_table import Cell, Column, LineTable


@dataclass(frozen=True, slots=True)
class Line:
    """A column that can be chosen."""

    key: str
    title: str
    chosen: bool
    why_not: str
    """Why it is not shown though it is chosen."""


class ColumnChooser(ModalScreen[list[str] | None]):
    """Space shows or hides a column, ``J`` and ``K`` move it; answers with the keys chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "show_or_hide", "Show/hide"),
        Binding("J,shift+down", "shift(1)", "Down"),
        Binding("K,shift+up", "shift(-1)", "Up"),
        Binding("d", "default", "Default"),
        Binding("escape,q", "dismiss(None)", "Cancel"),
    ]

    def __init__(
        self,
        titles: Mapping[str, str],
        chosen: Sequence[str],
        default: Sequence[str],
        left_out: Callable[[Sequence[str]], Mapping[str, str]],
    ) -> None:
        """``left_out`` tells of chosen columns which are not shown, and why."""
        super().__init__()
        self.titles = titles
        self.default = default
        self._left_out = left_out
        self._take(chosen)

    def _take(self, chosen: Sequence[str]) -> None:
        self.order = [*chosen, *(key for key in self.titles if key not in chosen)]
        self.chosen = set(chosen)

    def compose(self) -> ComposeResult:
        """The list and its keys."""
        columns: list[Column[Line]] = [
            Column("chosen", "", 3, lambda line: Cell("[x]" if line.chosen else "[ ]", "accent")),
            Column("title", "Column", 14, lambda line: Cell(line.title), min_width=10),
            Column("why-not", "", 11, lambda line: Cell(line.why_not, "warning"), grow=True),
        ]
        with Vertical(classes="dialog"):
            yield Static(Content("Columns"), classes="dialog--title")
            table: LineTable[Line] = LineTable(columns, row_key=lambda line: line.key)
            yield table
            yield Static(
                Content("Space shows or hides, J K move, d default, Enter takes it"),
                classes="dialog--hint",
            )

    def on_mount(self) -> None:
        """Begin in the list."""
        self._show()
        self._table.focus()

    def on_resize(self) -> None:
        """Behind it, too, there may be more room now, or less."""
        self.call_after_refresh(self._show)

    @property
    def _table(self) -> LineTable[Line]:
        return self.query_one(LineTable)

    def _in_order(self) -> list[str]:
        return [key for key in self.order if key in self.chosen]

    def _show(self) -> None:
        left = self._left_out(self._in_order())
        self._table.set_rows(
            Line(key, self.titles[key], key in self.chosen, left.get(key, "")) for key in self.order
        )

    def action_show_or_hide(self) -> None:
        """Show or hide the column under the cursor."""
        self.chosen ^= {self.order[self._table.cursor]}
        self._show()

    def action_shift(self, step: int) -> None:
        """Move the column under the cursor."""
        place = self._table.cursor
        if 0 <= place + step < len(self.order):
            self.order.insert(place + step, self.order.pop(place))
            self._show()

    def action_default(self) -> None:
        """As it was before anybody chose."""
        self._take(self.default)
        self._show()

    def on_line_table_row_selected(self) -> None:
        """Take the choice; at least one column stays."""
        self.dismiss(self._in_order() or list(self.default))
