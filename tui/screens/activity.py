"""The activity pane: running work, what happened, what was changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from tui.actions.base import Scope
from tui.actions.registry import bindings_of
from tui.hypervisor.journal import Entry, Outcome, read_audit
from tui.hypervisor.records import DomainRecord
from tui.screens.activity_columns import COLUMNS, details
from tui.screens.program import Program
from tui.widgets.line_table import LineTable


class ActivityPane(Vertical):
    """Running work on top, then newest first; below it all about the entry in view."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.ACTIVITY)]
    app: Program
    _earlier: Sequence[Entry] = ()

    def compose(self) -> ComposeResult:
        """Table and details."""
        yield LineTable(
            COLUMNS, row_key=lambda entry: entry.number, placeholder="Nothing has happened yet."
        )
        yield Static(id="entry-details", markup=False)

    def on_mount(self) -> None:
        """Follow the journal."""
        self.table.sort("time", descending=True)
        self.app.fleet.journal.subscribe(self._noted)

    @property
    def table(self) -> LineTable[Entry]:
        """The table."""
        return self.query_one(LineTable)

    def subjects(self) -> Sequence[DomainRecord]:
        """No machines here."""
        return ()

    def shown(self) -> None:
        """The pane has come to the front."""
        self._load()
        self.table.focus()

    def _load(self) -> None:
        self.table.set_rows([*self.app.fleet.journal.entries, *self._earlier])
        self._show_details()

    def _noted(self, entry: Entry) -> None:
        if self.display:
            self.table.update_rows([entry])
            if self.table.cursor_key == entry.number:
                self._show_details()

    @on(LineTable.CursorMoved)
    def cursor_moved(self) -> None:
        """Another entry is in view."""
        self._show_details()

    def _show_details(self) -> None:
        entry = self.table.cursor_row
        area = self.query_one("#entry-details", Static)
        area.update("" if entry is None else details(entry))

    # -- commands (tui.actions.activity) ---------------------------------------------------

    def cancel(self) -> None:
        """Ask the work under the cursor to stop."""
        entry = self.table.cursor_row
        if entry is None or entry.outcome is not Outcome.RUNNING:
            self.app.say("Nothing runs here.", "warning")
        elif entry.cancel is None:
            self.app.say("libvirt cannot stop this; it ends by itself.", "warning")
        else:
            entry.cancel()

    def copy_command(self) -> None:
        """The virsh command, to the person's own clipboard."""
        entry = self.table.cursor_row
        if entry is not None and entry.virsh:
            self.app.copy_to_clipboard(entry.virsh)
            self.app.say(f"Copied: {entry.virsh}")

    def show_errors(self) -> None:
        """Only what failed."""
        self._filter(lambda entry: entry.error is not None or entry.outcome is Outcome.FAILED)

    def show_changes(self) -> None:
        """Only what was changed from here."""
        self._filter(lambda entry: bool(entry.virsh))

    def show_everything(self) -> None:
        """All entries."""
        self._filter(None)

    def _filter(self, predicate: Callable[[Entry], bool] | None) -> None:
        self.table.set_filter(predicate)
        self._show_details()

    def toggle_earlier(self) -> None:
        """Take in the audit log's last lines, or leave them out again."""
        if self._earlier:
            self._earlier = ()
            self._load()
            return
        path = self.app.fleet.journal.audit_path
        if path is None:
            return
        before = min((entry.time for entry in self.app.fleet.journal.entries), default=float("inf"))

        def work() -> None:
            found = read_audit(path, before)
            self.app.call_later(self._take_earlier, found)

        self.app.run_worker(work, thread=True, group="audit")

    def _take_earlier(self, found: Sequence[Entry]) -> None:
        self._earlier = found
        self._load()
        if not found:
            self.app.say("The audit log has nothing of earlier runs.")
