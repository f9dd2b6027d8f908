"""Textual's option list with the keys of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList


class Options(OptionList):
    """``j`` and ``k`` move, ``g`` and ``G`` go to the ends. Options are plain text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g", "first", show=False),
        Binding("G", "last", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True, markup=False)

    def show_lines(self, lines: Sequence[Content]) -> None:
        """Have these lines as options; those that are there already are not laid out again."""
        shown = [option.prompt for option in self.options]
        if len(shown) == len(lines) and all(
            isinstance(old, Content) and old.is_same(new)
            for old, new in zip(shown, lines, strict=True)
        ):
            return
        self.clear_options()
        self.add_options(lines)
