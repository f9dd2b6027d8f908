"""Textual's command palette, which may be closed before it has begun to search."""

from __future__ import annotations

from textual.command import CommandList, CommandPalette, SearchIcon
from textual.worker import Worker


class Palette(CommandPalette):
    """Closes without a fault however fast Escape follows."""

    def on_mount(self) -> None:
        """A sign that every terminal has: Textual's is two cells wide in some, a box in others."""
        self.query_one(SearchIcon).icon = ">"

    def _action_command_list(self, action: str) -> None:
        """Page up and down: nothing while the list is not laid out, where Textual's own fails."""
        if self.query_one(CommandList).size:
            super()._action_command_list(action)

    def _gather_commands(self, search_value: str) -> Worker[None] | None:  # type: ignore[override]
        """Search only while there is a list to show what is found."""
        if not self.is_attached or not self.query(CommandList):
            return None
        return super()._gather_commands(search_value)
