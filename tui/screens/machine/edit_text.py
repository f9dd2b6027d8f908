"""Several lines of text to edit."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from tui.screens.program import Program


class EditText(ModalScreen[str | None]):
    """Ctrl+S takes the text, Escape backs out, asking where something was written."""

    app: Program
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take", "Take", priority=True),
        Binding("escape", "leave", "Cancel", priority=True),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.heading = title
        self.text = text
        self._begin = text

    def compose(self) -> ComposeResult:
        """Title, field, keys."""
        with Vertical(classes="dialog -wide"):
            yield Static(Content(self.heading), classes="dialog--title")
            area = TextArea(self.text)
            area.cursor_blink = False
            yield area
            yield Static("Ctrl+S takes it, Escape cancels", classes="dialog--hint")

    def on_mount(self) -> None:
        """What the area has made of it: a line end of each character that is one to it."""
        self._begin = self.query_one(TextArea).text

    @property
    def _written(self) -> str:
        text = self.query_one(TextArea).text
        return self.text if text == self._begin else text.strip()

    def action_take(self) -> None:
        """Answer with the text."""
        self.dismiss(self._written)

    def action_leave(self) -> None:
        """Give up; asks when something would be lost."""
        self.run_worker(self._leave(), exclusive=True)

    async def _leave(self) -> None:
        if self._written in (self.text, self.text.strip()) or await self.app.ask(
            "Forget what you have written?", yes="Forget"
        ):
            self.dismiss(None)
