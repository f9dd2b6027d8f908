"""A checkbox that can be read without colour."""

from __future__ import annotations

from textual.widgets import Checkbox


class Tick(Checkbox):
    """Textual's checkbox draws its sign always and tells by colour: this one by the sign."""

    BUTTON_LEFT = ""
    BUTTON_RIGHT = ""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]  # noqa: N802 - Textual's name
        """The sign."""
        return "[x]" if self.value else "[ ]"
