"""Choosing one of several: values of a field, kinds of hardware, versions of a definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.model.text import visible
from tui.screens.marks import HostMarks
from tui.widgets.cells import fit
from tui.widgets.options import Options

ROOM = 70
"""Cells of a line, its mark aside."""
LABEL = 24
"""Cells of the labels, so that the notes line up."""

OTHER = "\0other"
"""Id of the offer to type a value that is not among the others."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One of the things to choose from."""

    id: str
    label: str
    note: str = ""
    why_not: str = ""
    """Why it cannot be had; it is shown all the same."""


class Choose(ModalScreen[str | None]):
    """A list; Enter takes what the cursor is on, Escape nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Cancel"),
    ]

    def __init__(self, title: str, offers: Sequence[Offer], present: str = "") -> None:
        super().__init__()
        self.heading = title
        self.offers = offers
        self.present = present

    def compose(self) -> ComposeResult:
        """Title, the list, the keys."""
        with Vertical(classes="dialog choose"):
            yield HostMarks()
            yield Static(Content(self.heading), classes="dialog--title")
            yield Options()
            yield Static("Enter takes it, Escape cancels", classes="dialog--hint")

    def on_mount(self) -> None:
        """Fill it; begin at the present one."""
        width = min(LABEL, max((len(visible(offer.label)) for offer in self.offers), default=0) + 2)
        options = self.query_one(Options)
        options.add_options(
            Option(self._line(offer, width), disabled=bool(offer.why_not)) for offer in self.offers
        )
        ids = [offer.id for offer in self.offers]
        options.highlighted = ids.index(self.present) if self.present in ids else 0

    def _line(self, offer: Offer, width: int) -> Content:
        mark = "● " if offer.id == self.present else "  "
        note = visible(offer.why_not or offer.note)
        label = visible(offer.label)
        taken = max(width, len(label) + 2)
        room = min(ROOM, self.app.size.width - 12)
        return Content.assemble(
            mark,
            fit(label, taken),
            (fit(note, max(0, room - taken)), "$text-warning" if offer.why_not else "$quiet"),
        )

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.offers[event.option_index].id)
