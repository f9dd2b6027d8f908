"""The activity pane: running work, what happened, what was changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from tui.actions.base import Scope
from tui.actions.registry import bindings_of
from tui.hypervisor.journal import Entry, Outcome, read_audit
from tui.in_thread import in_thread
from tui.model.text import visible
from tui.screens.activity_columns import COLUMNS, ActivityRow, activity_row, details, haystack
from tui.screens.target import Pane
from tui.widgets.line_table import LineTable

GATHER = 0.1
"""Seconds that entries are gathered before the table takes them: a storm costs no more."""

EMPTY = "Nothing has happened yet."

Choice = Callable[[Entry], bool]

CHOICES: dict[str, Choice] = {
    "errors": lambda entry: entry.error is not None or entry.outcome is Outcome.FAILED,
    "changes": lambda entry: bool(entry.virsh),
}
"""What can be chosen besides everything, by the word that says it."""


class ActivityPane(Pane[ActivityRow]):
    """Running work on top, then newest first; below it all about the entry in view."""

    scope = Scope.ACTIVITY
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(scope)]
    FILTER_HINT = "words of a machine, host, error or command"
    _earlier: Sequence[ActivityRow] = ()
    _choice = ""
    """A key of CHOICES; empty for everything."""
    _words: Sequence[str] = ()

    def compose(self) -> ComposeResult:
        """Table, what it is filtered by, details."""
        yield LineTable(COLUMNS, row_key=lambda row: row.key)
        yield Static(id="activity-shown", markup=False)
        yield Static(id="entry-details", markup=False)

    def on_mount(self) -> None:
        """Follow the journal; the clock runs only while work does."""
        self._fresh: dict[int, Entry] = {}
        self._gathering: Timer | None = None
        self._clock = self.set_interval(1.0, self._tick, pause=True)
        self.table.sort("time", descending=True)
        self.app.fleet.journal.subscribers.add(self._noted)
        self.shown()

    def shown(self) -> None:
        """The pane has come to the front."""
        self._load()
        self.table.focus()

    # -- entries -------------------------------------------------------------------------

    def _load(self) -> None:
        now = time.time()
        journal = self.app.fleet.journal
        self._fresh.clear()
        self._take(
            lambda: self.table.set_rows(
                [*(activity_row(entry, now) for entry in journal.entries), *self._earlier]
            )
        )

    def _take(self, change: Callable[[], None]) -> None:
        """Change the table; a cursor on the newest entry stays on the newest."""
        at_top = self.table.cursor == 0
        change()
        if at_top:
            self.table.cursor = 0
        self._run_clock()
        self._show_filter()
        self._show_details()

    def _noted(self, entry: Entry) -> None:
        if not self.display:
            return  # shown() reads everything
        self._fresh[entry.number] = entry
        if self._gathering is None:
            self._gathering = self.set_timer(GATHER, self._take_fresh)

    def _take_fresh(self) -> None:
        self._gathering = None
        now = time.time()
        rows = [activity_row(entry, now) for entry in self._fresh.values()]
        self._fresh.clear()
        entries = self.app.fleet.journal.entries
        if len(entries) == entries.maxlen:  # the oldest fall out
            self._load()
        elif rows:
            self._take(lambda: self.table.update_rows(rows))

    def _run_clock(self) -> None:
        if self.display and self.app.fleet.journal.running:
            self._clock.resume()
        else:
            self._clock.pause()

    def _tick(self) -> None:
        """A second more for what is running, where somebody sees it."""
        self._run_clock()
        if not self.display or not self.screen.is_current:
            return
        now = time.time()
        running = self.app.fleet.journal.running
        self.table.update_rows(activity_row(entry, now) for entry in running.values())
        if self.table.cursor_key in running:
            self._show_details()

    @on(LineTable.CursorMoved)
    def cursor_moved(self) -> None:
        """Another entry is in view."""
        self._show_details()

    def _show_details(self) -> None:
        row = self.table.cursor_row
        self.query_one("#entry-details", Static).update("" if row is None else details(row))
        self.app.show_keys()

    # -- commands (tui.actions.activity) ---------------------------------------------------

    def refusal(self, command: str) -> str:
        """Why a command cannot be done to the entry under the cursor; empty when it can."""
        row = self.table.cursor_row
        entry = row.entry if row else None
        if command == "cancel":
            if entry is None or entry.outcome is not Outcome.RUNNING:
                return "it is not running"
            return "" if entry.cancel else "libvirt cannot stop this; it ends by itself"
        if command == "copy_command":
            return "" if entry is not None and entry.virsh else "it has no virsh command"
        if command == "toggle_earlier" and self.app.fleet.journal.audit_path is None:
            return "this run has no audit log"
        return ""

    def cancel(self) -> None:
        """Ask the work under the cursor to stop."""
        row = self.table.cursor_row
        if row is not None and row.entry.cancel is not None:
            row.entry.cancel()

    def copy_command(self) -> None:
        """The virsh command, to the person's own clipboard."""
        row = self.table.cursor_row
        if row is not None:
            self.app.copy_to_clipboard(row.entry.virsh)
            self.app.say(f"Copied: {visible(row.entry.virsh)}")

    def show_errors(self) -> None:
        """Only what failed."""
        self._choose("errors")

    def show_changes(self) -> None:
        """Only what was changed from here."""
        self._choose("changes")

    def show_everything(self) -> None:
        """All entries."""
        self._choose("")

    def _choose(self, choice: str) -> None:
        self._choice = choice
        self._filter()

    def filter_by(self, text: str) -> None:
        """Show only entries that hold every word."""
        self._words = text.casefold().split()
        self._filter()

    def clear(self) -> None:
        """Clear the words; where there are none, show everything."""
        if self.is_filtered:
            self.clear_filter()
        else:
            self._choose("")

    def _filter(self) -> None:
        chosen, words = CHOICES.get(self._choice), self._words

        def passes(row: ActivityRow) -> bool:
            if chosen is not None and not chosen(row.entry):
                return False
            text = haystack(row) if words else ""
            return all(word in text for word in words)

        self.table.set_filter(passes if chosen or words else None)
        self._show_filter()
        self._show_details()

    def _show_filter(self) -> None:
        """A line that says what is left out, while something is."""
        filtered = bool(self._choice or self._words)
        line = self.query_one("#activity-shown", Static)
        line.display = filtered
        if filtered:
            choice = f"{self._choice} only: " if self._choice else ""
            counts = f"{self.table.rows_shown} of {self.table.rows_total} entries, "
            counts += self.app.hint("{activity.clear} shows all")
            line.update(Content.assemble((choice, "$text-accent"), (counts, "$quiet")))
        empty = "Nothing matches; {activity.clear} shows all." if filtered else EMPTY
        self.table.set_placeholder(self.app.hint(empty))

    async def toggle_earlier(self) -> None:
        """Take in the audit log's last lines, or leave them out again."""
        if self._earlier:
            self._earlier = ()
            self._load()
        else:
            await self._read_earlier()

    async def _read_earlier(self) -> None:
        journal = self.app.fleet.journal
        path = journal.audit_path
        if path is None:
            return
        before = min((entry.time for entry in journal.entries), default=time.time())
        found = await in_thread(lambda: read_audit(path, before))
        self._earlier = [ActivityRow(entry, earlier=True) for entry in found]
        self._load()
        if not found:
            self.app.say("The audit log has nothing of earlier runs.")
