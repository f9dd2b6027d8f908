"""What every key does on the screen in front: made from the actions, so it cannot go stale."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.actions.base import Action, Context
from tui.screens.dialogs import LongDialog
from tui.widgets.cells import fit
from tui.widgets.key_bar import key_words

SIGNS = (
    "▶ running  • idle  ║ paused  ~ suspended  ■ off  ! crashed  ▼ shutting down",
    "… asked for, not confirmed yet    ? last known: its host does not answer",
    "≠ the next boot changes something   ⟳ autostart   ◉ has snapshots   t transient",
    "⚠ an alarm, told under the table: the same machine, disk or address twice, a device taken",
    "~ before a size: as the host sees it; – not known",
)


KEYS, NAME = 9, 22
"""Cells of a line's first two parts."""
INDENT = " " * (2 + KEYS + NAME)
FRAME = 8
"""Cells that border, padding and scrollbar take."""


class Help(LongDialog[None]):
    """The keys of a scope and those that work everywhere, and what the signs mean."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "Close"),
        Binding("space", "page(1)", show=False),
    ]

    def __init__(
        self,
        sections: Sequence[tuple[str, Sequence[tuple[Action, str]]]],
        context: Context,
    ) -> None:
        super().__init__()
        self.sections = sections
        self.context = context

    def compose(self) -> ComposeResult:
        """One line per action: keys, name, help, and the reason when it cannot be done."""
        with VerticalScroll(classes="dialog -wide", can_focus=False):
            yield Static(Content("Keys"), classes="dialog--title")
            yield Static(Content("\n").join(self._lines()))
            yield Static("j k scroll, Escape closes", classes="dialog--hint")

    def _lines(self) -> list[Content]:
        lines = []
        room = min(110, self.app.size.width * 96 // 100) - FRAME
        beside = room > 2 * len(INDENT)
        indent = INDENT if beside else "    "
        width = max(20, room - len(indent))
        for heading, actions in self.sections:
            lines.append(Content.assemble((heading, "bold $text-primary")))
            for action, keys in actions:
                reason = action.why_not(self.context)
                told = f"{action.help} ({reason})" if reason else action.help
                wrapped = textwrap.wrap(told, width)
                first = wrapped.pop(0) if beside else ""
                style = "$text-warning" if reason else ""
                lines.append(
                    Content.assemble(
                        (f"  {fit(key_words(keys), KEYS)}", "bold $text-accent"),
                        (fit(action.name, NAME), "$quiet" if reason else "bold"),
                        (first, style),
                    )
                )
                lines += [Content.assemble((indent + line, style)) for line in wrapped]
            lines.append(Content(""))
        lines.append(Content.assemble(("Signs", "bold $text-primary")))
        lines += [Content("  " + sign) for sign in SIGNS]
        return lines
