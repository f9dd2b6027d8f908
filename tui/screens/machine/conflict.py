"""Someone else changed what is being edited: both diffs, and a choice."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.hypervisor.apply import ConflictError
from tui.model.changes import ChangeSet
from tui.model.diff import xml_diff
from tui.model.session import EditSession
from tui.model.text import visible
from tui.screens.machine.hardware_lines import diff_lines
from tui.screens.marks import HostMarks
from tui.screens.program import Program
from tui.widgets.text_view import TextView


class ConflictDialog(ModalScreen[str | None]):
    """Answers ``mine``, ``theirs``, or None for going back to the form."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "dismiss('mine')", "Mine on top"),
        Binding("t", "dismiss('theirs')", "Theirs"),
        Binding("escape,q", "dismiss(None)", "Back"),
    ]

    def __init__(self, conflict: ConflictError) -> None:
        super().__init__()
        self.conflict = conflict

    def compose(self) -> ComposeResult:
        """What they changed, what you changed, the answers."""
        conflict = self.conflict
        with Vertical(classes="dialog -wide -danger"):
            yield HostMarks()
            yield Static("Someone else changed the same thing", classes="dialog--title")
            view = TextView()
            view.set_lines(
                [
                    [("Their change, stored meanwhile:", "muted")],
                    *diff_lines(xml_diff(conflict.base, conflict.theirs)),
                    [("", "")],
                    [("Your change, not stored yet:", "muted")],
                    *diff_lines(xml_diff(conflict.base, conflict.ours)),
                ]
            )
            yield view
            yield Static(
                Content.assemble(
                    ("m", "bold"),
                    " put mine on top of theirs   ",
                    ("t", "bold"),
                    " keep theirs, drop mine   ",
                    ("Esc", "bold"),
                    " back to the form, nothing is lost",
                ),
                classes="dialog--hint",
            )


async def resolve(app: Program, session: EditSession, conflict: ConflictError) -> bool:
    """Ask; True when the session is ready to be applied again."""
    answer = await app.push_screen_wait(ConflictDialog(conflict))
    if answer is None:
        return False
    mine = ChangeSet(conflict.base, conflict.ours).changes if answer == "mine" else ()
    lost = session.begin_on(conflict.theirs, mine)
    if lost:
        told = visible("; ".join(lost))
        app.say(f"{told}. That is left out; look at the rest and apply it.", "warning")
    return bool(session.changes) and not lost
