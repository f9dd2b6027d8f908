"""Textual's command palette, which may be closed before it has begun to search."""

from __future__ import annotations

from textual.command import CommandPalette
from textual.worker import Worker


class Palette(CommandPalette):
    """Closes without a fault however fast Escape follows."""

    def _gather_commands(self, search_value: str) -> Worker[None] | None:  # type: ignore[override]
        """Search only while there is a list to show what is found."""
        if not self.is_mounted or not self.query("CommandList"):
            return None
        return super()._gather_commands(search_value)
