"""A table in which Enter and a double click do what an action's own key does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from textual import on
from textual.binding import Binding, BindingType

from tui.widgets.columns import Column
from tui.widgets.line_rows import Key
from tui.widgets.line_table import LineTable

R = TypeVar("R")


class ActionTable(LineTable[R]):
    """``enter`` is the action's id; why it cannot be done is said as for its key."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", "Open", show=False, id="table.select")
    ]

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        enter: str,
        row_key: Callable[[R], Key],
        placeholder: str = "",
    ) -> None:
        super().__init__(columns, row_key=row_key, placeholder=placeholder)
        self._enter = f"app.act('{enter}')"

    @on(LineTable.RowSelected)
    async def action_enter(self) -> None:
        """Not by a message: keys typed behind it, which are for what it opens, would be first."""
        if self.cursor_row is not None:
            await self.app.run_action(self._enter)
