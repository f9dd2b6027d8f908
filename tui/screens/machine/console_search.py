"""Searching what a console has printed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.cells import cell_len

from tui.model.text import visible
from tui.screens.machine.tab import Tab

if TYPE_CHECKING:
    from tui.screens.machine.console_session import ConsoleSession
    from tui.widgets.terminal import TerminalView


class ScrollbackSearch(Tab):
    """The part of the Console tab that finds a text, the last one first."""

    if TYPE_CHECKING:  # the whole tab has them

        @property
        def terminal(self) -> TerminalView:
            """The terminal."""

        @property
        def session(self) -> ConsoleSession:
            """This machine's session."""

    _needle = ""
    _found = -1

    async def start_search(self) -> None:  # type: ignore[override]
        """``/``: find a text in what was printed, the last one first."""
        text = await self.app.ask_text("Search the scrollback", "Text", self._needle)
        if text:
            self._needle = text
            self._found = -1
            self.search_back()

    def search_back(self) -> None:
        """``<``: the one before."""
        self._find(-1)

    def search_on(self) -> None:
        """``>``: the next one."""
        self._find(1)

    def _find(self, step: int) -> None:
        lines = self.session.emulator.history()
        places = rows_with(self._needle, lines, self.session.size[0])
        if not places:
            self.say(f"no match for {visible(self._needle)}")
            return
        if self._found < 0:
            place = len(places) - 1
        else:
            place = min(max(self._found + step, 0), len(places) - 1)
        self._found = place
        height = self.terminal.size.height
        top = max(0, min(places[place] - height // 2, len(lines) - height))
        self.terminal.show_found(top, places[place] - top)
        keys = self.app.hint("{console.search-back} {console.search-on} go on")
        self.say(f"match {place + 1} of {len(places)}, {keys}")


def rows_with(needle: str, rows: Sequence[str], columns: int) -> list[int]:
    """The rows in which a text begins; case is ignored.

    A row without room left is taken to go on in the next one, as the parts of a long line do.
    """
    needle = needle.casefold()
    found: list[int] = []
    parts: list[str] = []
    for y, row in enumerate(rows):
        parts.append(row.casefold())
        if cell_len(row) < columns or y == len(rows) - 1:
            found += _parts_with(needle, parts, y + 1 - len(parts))
            parts = []
    return found


def _parts_with(needle: str, parts: Sequence[str], first: int) -> list[int]:
    whole, begins = "".join(parts), [0]
    for part in parts:
        begins.append(begins[-1] + len(part))
    return [
        first + number
        for number, (begin, end) in enumerate(pairwise(begins))
        if needle in whole[begin : end + len(needle) - 1]
    ]
