"""Read-only text drawn line by line: scrolled, searched, highlighted. For XML, logs, diffs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.cells import fit
from tui.widgets.highlight import highlighted

Span = tuple[str, str]
"""Text and the name of its style."""
Line = Sequence[Span]

STYLES = ("tag", "attribute", "value", "comment", "muted", "added", "removed", "error")


class TextView(ScrollView, can_focus=True):
    """Lines of styled spans; ``search`` marks what it finds."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "text-view--found",
        "text-view--current",
        *(f"text-view--{name}" for name in STYLES),
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_by(1)", "Down", show=False),
        Binding("k,up", "scroll_by(-1)", "Up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("g,home", "scroll_home", "Top", show=False),
        Binding("G,end", "scroll_end", "Bottom", show=False),
        Binding("h,left", "sideways(-8)", "Left", show=False),
        Binding("right", "sideways(8)", "Right", show=False),
        Binding("greater_than_sign", "next_match(1)", "Next match", show=False),
        Binding("less_than_sign", "next_match(-1)", "Previous match", show=False),
    ]

    class Searched(Message):
        """The search found something else: ``place`` of ``count``."""

        def __init__(self, place: int, count: int) -> None:
            super().__init__()
            self.place = place
            self.count = count

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._plain: list[str] = []
        self._needle = ""
        self._matches: list[int] = []
        self._match = -1
        self._looks: dict[str, Style] = {}

    def set_lines(self, lines: Sequence[Line], *, at_end: bool = False) -> None:
        """Show these lines; the scroll position stays, or goes to the end."""
        self._lines = list(lines)
        self._plain = ["".join(text for text, _style in line) for line in lines]
        width = max((len(text) for text in self._plain), default=0)
        self.virtual_size = Size(width + 2, len(self._lines))
        self._find()
        self.refresh()
        if at_end:
            self.call_after_refresh(self.scroll_end, animate=False)

    @property
    def text(self) -> str:
        """All of it, without styles."""
        return "\n".join(self._plain)

    @property
    def is_at_end(self) -> bool:
        """Whether the last line is in view."""
        return self.scroll_offset.y >= self.max_scroll_y

    @property
    def is_searched(self) -> bool:
        """Whether something is being looked for."""
        return bool(self._needle)

    def search(self, needle: str) -> None:
        """Mark every occurrence (case is ignored) and go to the first one below the top."""
        self._needle = _lowered(needle)
        self._find()
        self._match = -1
        if self._matches:
            top = int(self.scroll_y)
            below = [place for place, y in enumerate(self._matches) if y >= top]
            self._match = (below[0] if below else 0) - 1
            self.action_next_match(1)
        else:
            self.post_message(self.Searched(0, 0))
        self.refresh()

    def _find(self) -> None:
        needle = self._needle
        self._matches = (
            [y for y, text in enumerate(self._plain) if needle in _lowered(text)] if needle else []
        )

    def action_next_match(self, step: int) -> None:
        """Go to the next or previous line with a match."""
        if self._matches:
            self._match = (self._match + step) % len(self._matches)
            y = self._matches[self._match]
            x = self._left_for(self._plain[y])
            self.scroll_to(x=x, y=max(0, y - self.size.height // 2), animate=False)
            self.post_message(self.Searched(self._match + 1, len(self._matches)))
            self.refresh()

    def _left_for(self, text: str) -> int:
        """The first column to show so that the first match of a line is in view."""
        start = _lowered(text).find(self._needle)
        begin, end = self._column(text, start), self._column(text, start + len(self._needle))
        left, width = int(self.scroll_x), self.scrollable_content_region.width
        if left <= begin and end <= left + width:
            return left
        return 0 if end <= width else begin - width // 2

    def action_scroll_by(self, lines: int) -> None:
        """Scroll by lines."""
        self.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        self.scroll_relative(y=pages * max(1, self.size.height - 1), animate=False)

    def action_sideways(self, cells: int) -> None:
        """Scroll to the side."""
        self.scroll_relative(x=cells, animate=False)

    def action_scroll_home(self) -> None:
        """Go to the top."""
        self.scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        """Go to the end."""
        self.scroll_end(animate=False)

    def notify_style_update(self) -> None:
        """Another theme."""
        super().notify_style_update()
        self._looks.clear()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.size.width
        index = y + int(self.scroll_y)
        plain = self._look("")
        if index >= len(self._lines):
            return Strip.blank(width, plain)
        left = int(self.scroll_x)
        segments = [Segment(" ", plain)]
        segments += [Segment(text, self._look(style)) for text, style in self._lines[index]]
        strip = self._with_matches(Strip(segments), index)
        return strip.adjust_cell_length(left + width, plain).crop(left, left + width)

    def _with_matches(self, strip: Strip, index: int) -> Strip:
        """Every match of a line marked, those of the line that was gone to otherwise."""
        needle, text = self._needle, self._plain[index]
        lowered = _lowered(text)
        if not needle or needle not in lowered:
            return strip
        is_current = self._match >= 0 and self._matches[self._match : self._match + 1] == [index]
        look = self._look("current" if is_current else "found")
        at = 0
        while (start := lowered.find(needle, at)) >= 0:
            at = start + len(needle)
            begin = self._column(text, start)
            strip = highlighted(strip, begin, self._column(text, at) - 1, look)
        return strip

    @staticmethod
    def _column(text: str, index: int) -> int:
        """Where a character of a line is drawn: lines are set in by a blank."""
        return 1 + cell_len(text[:index])

    def _look(self, name: str) -> Style:
        look = self._looks.get(name)
        if look is None:
            known = f"text-view--{name}" in self.COMPONENT_CLASSES
            look = self._looks[name] = (
                self.get_component_rich_style(f"text-view--{name}") if known else self.rich_style
            )
        return look


def _lowered(text: str) -> str:
    """In lower case, character for character: a place in it is the same place in the text."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def plain_lines(text: str) -> list[Line]:
    """Lines without highlighting, of text that has been made visible."""
    return [[(fit(line, len(line)) if line.isascii() else line, "")] for line in text.split("\n")]
