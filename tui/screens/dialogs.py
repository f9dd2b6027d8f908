"""Questions: yes or no, a line of text, the results of many.

They may hold names and words of others: whoever asks need not make them visible.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tui.model.text import UNSTORABLE, is_storable, visible
from tui.screens.marks import HostMarks

NARROW = 58
"""Cells of a line that a narrow dialog has room for."""

R = TypeVar("R")


def _shown(text: str) -> Content:
    return Content(visible(text, newlines=True))


class LongDialog(ModalScreen[R], Generic[R]):
    """One that may be longer than the screen: the keys scroll what it stands in, at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines, up where negative."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by pages, up where negative."""
        self.action_scroll(pages * max(1, self.query_one(VerticalScroll).size.height - 1))


class Confirm(LongDialog[bool]):
    """A question with Cancel focused; ``y`` and ``n`` answer it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
        Binding("left,h", "app.focus_previous", show=False),
        Binding("right,l", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        question: str,
        consequence: str,
        lines: Sequence[str],
        yes: str,
    ) -> None:
        super().__init__()
        self.question = question
        self.consequence = consequence
        self.lines = lines
        self.yes = yes

    def compose(self) -> ComposeResult:
        """Question, consequence, what it stands for, the two answers."""
        broad = any(Content(line).cell_length > NARROW for line in self.lines)
        classes = "dialog -danger -broad" if broad else "dialog -danger"
        with VerticalScroll(classes=classes, can_focus=False):
            yield HostMarks()
            yield Static(_shown(self.question), classes="dialog--title")
            if self.consequence:
                yield Static(_shown(self.consequence))
            if self.lines:
                yield Static(_shown("\n".join(self.lines)), classes="dialog--lines")
            with Horizontal(classes="dialog--buttons"):
                yield Button("Cancel (n)", id="no")
                yield Button(f"{self.yes} (y)", id="yes", variant="error")

    def on_mount(self) -> None:
        """The harmless answer is the one that Enter gives."""
        self.query_one("#no").focus()

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        """A button was pressed."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """A key was pressed."""
        self.dismiss(answer)


class AskText(ModalScreen[str | None]):
    """A line of text; Enter takes it, Escape backs out.

    ``why_not(text)`` tells what is wrong with a text that cannot be taken, "" for one that can;
    what no XML can hold, and so libvirt not keep, is never taken.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(
        self,
        title: str,
        question: str,
        value: str,
        why_not: Callable[[str], str] = lambda _text: "",
    ) -> None:
        super().__init__()
        self.heading = title
        self.question = question
        self.value = value
        self.why_not = why_not

    def compose(self) -> ComposeResult:
        """Title, question, field, keys."""
        with Vertical(classes="dialog"):
            yield HostMarks()
            yield Static(_shown(self.heading), classes="dialog--title")
            yield Static(_shown(self.question))
            if (honest := visible(self.value)) != self.value:
                yield Static(Content(f"It is: {honest}"), classes="dialog--hint")
            field = Input(self.value, select_on_focus=True)
            field.cursor_blink = False
            yield field
            yield Static(id="why-not", classes="dialog--why-not", markup=False)
            yield Static("Enter takes it, Escape cancels", classes="dialog--hint")

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Enter in the field."""
        wrong = self.why_not(event.value) if is_storable(event.value) else UNSTORABLE
        if wrong:
            self.query_one("#why-not", Static).update(wrong)
        else:
            self.dismiss(event.value)


class Results(LongDialog[None]):
    """What became of each of many."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "dismiss", "Close")]

    def __init__(self, title: str, results: Sequence[Content]) -> None:
        super().__init__()
        self.heading = title
        self.results = results

    def compose(self) -> ComposeResult:
        """Title, a line or more for each, the key that closes."""
        with VerticalScroll(classes="dialog -wide", can_focus=False):
            yield Static(_shown(self.heading), classes="dialog--title")
            yield Static(Content("\n").join(self.results), classes="dialog--lines")
            yield Static("Enter closes; Activity keeps it", classes="dialog--hint")
