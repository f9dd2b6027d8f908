"""Searching what a console has printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        needle = self._needle.casefold()
        places = [y for y, line in enumerate(lines) if needle in line.casefold()]
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
