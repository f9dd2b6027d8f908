"""The line that a filter is typed into, and what the tables above which it comes have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widget import Widget
from textual.widgets import Input

from tui.widgets.line_table import LineTable

R = TypeVar("R")


class FilterLine(Input):
    """Filters or searches as you type; Enter goes back to what it is above, Escape clears."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear", show=False),
        Binding("enter,down,tab", "leave", "Back", show=False),
    ]

    # Textual lays the whole screen out anew for each change of this, at every keystroke.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False, repaint=False)

    def __init__(self, hint: str, changed: Callable[[str], None], table: Widget) -> None:
        """``table``: where the keys go when the line is left."""
        super().__init__(placeholder=hint, compact=True)
        self.cursor_blink = False
        self._on_text = changed
        self._table = table

    def watch_value(self, value: str) -> None:
        """Every keystroke filters."""
        if self.is_mounted:
            self._on_text(value)

    def open(self) -> None:
        """Show it, with the keys: at once, unlike `focus`, for what is typed right behind."""
        self.display = True
        self.screen.set_focus(self)

    def action_clear(self) -> None:
        """Escape: all again."""
        self.value = ""
        self.action_leave()

    def action_leave(self) -> None:
        """Back; the line stays while there is something in it."""
        self.display = bool(self.value)
        self.screen.set_focus(self._table)


class Filtered(Widget, Generic[R]):
    """A table with a filter line above it, which comes when it is first wanted."""

    FILTER_HINT: ClassVar[str] = ""
    """What the empty line says."""
    _filter_line: FilterLine | None = None

    @property
    def table(self) -> LineTable[R]:
        """The table."""
        return self.query_one(LineTable)

    def filter_by(self, text: str) -> None:
        """Show only the rows that match; an empty text shows all."""
        raise NotImplementedError

    @property
    def is_filtered(self) -> bool:
        """Whether there is something to clear."""
        return self._filter_line is not None and self._filter_line.display

    def start_filter(self) -> None:
        """``/``: open the filter line."""
        if self._filter_line is None:
            self._filter_line = FilterLine(self.FILTER_HINT, self.filter_by, self.table)
            self.mount(self._filter_line, before=0)
        self._filter_line.open()

    def clear_filter(self) -> None:
        """Show every row again, without the line."""
        if self._filter_line is not None:
            self._filter_line.action_clear()
