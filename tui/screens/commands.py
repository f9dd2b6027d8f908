"""What the command palette offers of what can be done here."""

from __future__ import annotations

from collections.abc import Callable

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui.actions.base import Action
from tui.model.text import visible
from tui.screens.program import Program


class ActionCommands(Provider):
    """Every action of the screen in front, by name."""

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for action in self._program.actions_here():
            yield DiscoveryHit(self._label(action), self._runner(action), help=action.help)

    async def search(self, query: str) -> Hits:
        """Those that match."""
        matcher = self.matcher(query)
        for action in self._program.actions_here():
            score = matcher.match(action.name)
            if score > 0:
                yield Hit(score, self._label(action), self._runner(action), help=action.help)

    @property
    def _program(self) -> Program:
        assert isinstance(self.app, Program)
        return self.app

    def _label(self, action: Action) -> Content:
        reason = self._program.why_not(action)
        if reason:
            return Content.assemble((f"{action.name}  ({visible(reason)})", "$faint"))
        return Content(action.name)

    def _runner(self, action: Action) -> Callable[[], object]:
        program = self._program
        return lambda: program.call_later(program.act, action.id)
