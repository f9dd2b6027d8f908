"""What the command palette offers of what can be done here."""

from __future__ import annotations

from collections.abc import Callable

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui.actions.base import Action, MachineAction
from tui.model.text import visible
from tui.screens.program import Program

IN_HELP = 0.05
"""The score of an action that is found by its help: below any that is found by its name."""


class ActionCommands(Provider):
    """Every action of the screen in front, by name."""

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for action in self._program.actions_here():
            yield DiscoveryHit(self._label(action), self._runner(action), help=action.help)

    async def search(self, query: str) -> Hits:
        """Those whose name matches; less well, those whose help or virsh command has the words."""
        matcher = self.matcher(query)
        words = query.casefold().split()
        for action in self._program.actions_here():
            score = matcher.match(action.name)
            told = f"{action.help} {self._virsh(action)}".casefold()
            if score <= 0 and all(word in told for word in words):
                score = IN_HELP
            if score > 0:
                yield Hit(score, self._label(action), self._runner(action), help=action.help)

    @property
    def _program(self) -> Program:
        assert isinstance(self.app, Program)
        return self.app

    def _virsh(self, action: Action) -> str:
        """The command that it equals, of the machine it would be done to."""
        machine = self._program.machine_in_view()
        if machine is None or not isinstance(action, MachineAction):
            return ""
        return action.virsh(machine).removesuffix(machine.name)

    def _label(self, action: Action) -> Content:
        key = (f"  {self._program.key_of(action.id)}", "$text-accent")
        reason = self._program.why_not(action)
        if reason:
            return Content.assemble(
                (action.name, "$faint"), key, (f"  {visible(reason)}", "$faint")
            )
        return Content.assemble(action.name, key)

    def _runner(self, action: Action) -> Callable[[], object]:
        program = self._program
        return lambda: program.call_later(program.act, action.id)
