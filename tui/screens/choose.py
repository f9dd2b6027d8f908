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
from tui.screens.filter_line import FilterLine
from tui.screens.marks import HostMarks
from tui.widgets.cells import fit
from tui.widgets.options import Options

ROOM = 70
"""Cells of a line, its mark aside."""
LABEL = 24
"""Cells of the labels, so that the notes line up."""

MANY = 8
"""Offers beyond which the hint tells of the filter."""

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


class _ChooseFilter(FilterLine):
    """Enter takes what the cursor is on, without a way round by the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.take", show=False),
        Binding("up", "screen.move(-1)", show=False),
        Binding("down", "screen.move(1)", show=False),
    ]


class Choose(ModalScreen[str | None]):
    """A list; Enter takes what the cursor is on, Escape nothing; ``/`` narrows it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Cancel"),
        Binding("slash", "filter", "Filter", show=False),
    ]

    def __init__(self, title: str, offers: Sequence[Offer], present: str = "") -> None:
        super().__init__()
        self.heading = title
        self.offers = offers
        self.present = present
        self._shown = [*offers]

    def compose(self) -> ComposeResult:
        """Title, the list, the keys."""
        with Vertical(classes="dialog choose"):
            yield HostMarks()
            yield Static(Content(visible(self.heading)), classes="dialog--title")
            yield Options()
            many = "/ filters, " if len(self.offers) > MANY else ""
            yield Static(f"Enter takes it, {many}Escape cancels", classes="dialog--hint")

    def on_mount(self) -> None:
        """Fill it; begin at the present one."""
        self._fill(self.present)

    def _fill(self, begin: str | None) -> None:
        """Show the offers that are left; the cursor on one, else on the first that can be had."""
        width = min(LABEL, max((len(visible(offer.label)) for offer in self.offers), default=0) + 2)
        options = self.query_one(Options)
        options.clear_options()
        options.add_options(
            Option(self._line(offer, width), disabled=bool(offer.why_not)) for offer in self._shown
        )
        places = [n for n, offer in enumerate(self._shown) if offer.id == begin]
        places += [n for n, offer in enumerate(self._shown) if not offer.why_not]
        options.highlighted = places[0] if places else None

    # -- narrowing -----------------------------------------------------------------------

    def action_filter(self) -> None:
        """``/``: type words; what has all of them stays."""
        options = self.query_one(Options)
        lines = self.query(_ChooseFilter)
        if not lines:
            options.styles.height = options.size.height  # the dialog stays as high
            line = _ChooseFilter("words of what is looked for", self._narrow, options)
            self.query_one(".dialog").mount(line, before=options)
        else:
            line = lines.first()
        line.open()

    def _narrow(self, text: str) -> None:
        words = text.casefold().split()
        self._shown = [
            offer
            for offer in self.offers
            if all(word in f"{offer.label} {offer.note}".casefold() for word in words)
        ]
        self._fill(None if words else self.present)

    def action_move(self, step: int) -> None:
        """The cursor of the list, while words are typed."""
        options = self.query_one(Options)
        options.action_cursor_down() if step > 0 else options.action_cursor_up()

    def action_take(self) -> None:
        """Take what the cursor is on."""
        self.query_one(Options).action_select()

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
        self.dismiss(self._shown[event.option_index].id)
