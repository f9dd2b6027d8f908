"""Textual's option list with the keys of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.strip import Strip
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No page is turned before it is laid out: Textual's own fails at that."""
        if action in ("page_up", "page_down") and not self.size:
            return False
        return super().check_action(action, parameters)

    def render_line(self, y: int) -> Strip:
        """A line of an option; under the cursor in one style, for colours would drown in it."""
        strip = super().render_line(y)
        metas = [segment.style.meta if segment.style else {} for segment in strip]
        if self.highlighted is None or not any(m.get("option") == self.highlighted for m in metas):
            return strip
        look = self.get_component_rich_style("option-list--option-highlighted")
        segments = [
            Segment(segment.text, look + Style(meta=meta))
            for segment, meta in zip(strip, metas, strict=True)
        ]
        return Strip(segments, strip.cell_length)
