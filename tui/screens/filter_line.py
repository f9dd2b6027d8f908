"""The line that a filter is typed into."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input


class FilterLine(Input):
    """Filters as you type; Enter goes back to the table, Escape clears."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_filter", "Clear", show=False),
        Binding("enter,down,tab", "leave", "To the table", show=False),
    ]

    # Textual lays the whole screen out anew for each change of this, at every keystroke.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False, repaint=False)

    def __init__(
        self, value: str, changed: Callable[[str], None], leave: Callable[[], object]
    ) -> None:
        super().__init__(
            value,
            placeholder="words, state:running host:a tag:web address:10. -word",
            compact=True,
            id="filter",
        )
        self.cursor_blink = False
        self._on_text = changed
        self._leave = leave

    def watch_value(self, value: str) -> None:
        """Every keystroke filters."""
        if self.is_mounted:
            self._on_text(value)

    def action_clear_filter(self) -> None:
        """Escape: all machines again, back in the table."""
        self._leave()
        self.value = ""

    def action_leave(self) -> None:
        """Keep the filter, go back to the table."""
        self._leave()
        if not self.value:
            self._on_text("")
