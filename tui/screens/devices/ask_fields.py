"""A few lines of text asked at once, with what is wrong with them told before they are taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from tui.model.text import visible
from tui.screens.marks import HostMarks

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AskField:
    """One line of the dialog."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    """Shown while it is empty."""


class AskFields(ModalScreen[dict[str, str] | None]):
    """Enter goes to the next line and, on the last one, takes them; Escape backs out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "take", "Take", priority=True),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(
        self,
        title: str,
        fields: Sequence[AskField],
        fault: Callable[[Answers], str],
        lines: Callable[[Answers], Sequence[str]] = lambda _answers: (),
    ) -> None:
        """``fault`` says what is wrong, ``lines`` what would be done; both as it is typed."""
        super().__init__()
        self.heading = title
        self.fields = fields
        self._fault = fault
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The lines, what they mean, what is wrong."""
        with VerticalScroll(classes="dialog -wide", can_focus=False):
            yield HostMarks()
            yield Static(Content(visible(self.heading)), classes="dialog--title")
            for field in self.fields:
                with Horizontal(classes="ask-row"):
                    yield Label(Content(field.label))
                    entry = Input(
                        field.value, placeholder=field.hint, id=f"ask-{field.name}", compact=True
                    )
                    entry.cursor_blink = False
                    yield entry
            yield Static(id="ask-lines", markup=False)
            yield Static(id="ask-fault", markup=False)
            yield Static("Enter takes it, Escape cancels", classes="dialog--hint")

    def on_mount(self) -> None:
        """Begin at the first line."""
        self._show()
        self.query(Input).first().focus()

    @property
    def answers(self) -> dict[str, str]:
        """What is typed now."""
        return {f.name: self.query_one(f"#ask-{f.name}", Input).value for f in self.fields}

    @on(Input.Changed)
    def _changed(self) -> None:
        self._show()

    def _show(self) -> None:
        answers = self.answers
        self.query_one("#ask-lines", Static).update("\n".join(self._lines(answers)))
        self.query_one("#ask-fault", Static).update(self._fault(answers))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        entries = list(self.query(Input))
        place = entries.index(event.input)
        if place + 1 < len(entries):
            entries[place + 1].focus()
        else:
            self.action_take()

    def action_take(self) -> None:
        """Answer, unless something is wrong."""
        if not self._fault(self.answers):
            self.dismiss(self.answers)
