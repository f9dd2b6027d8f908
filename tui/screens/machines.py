"""The machines pane: every machine of every host in one table."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widgets import Static

from tui.actions.base import Scope
from tui.actions.registry import bindings_of
from tui.hypervisor.journal import Entry
from tui.hypervisor.records import DomainKey, DomainRecord, HostChange
from tui.model.filter import Filter, parse
from tui.screens.action_table import ActionTable
from tui.screens.activity_columns import words_of
from tui.screens.column_chooser import ColumnChooser
from tui.screens.host_columns import why_not_here
from tui.screens.machine_columns import BY_KEY, COLUMNS, DEFAULT, LARGEST_FIRST, LIVE
from tui.screens.machine_row import MachineRow, row_of
from tui.screens.machine_strip import InView, strip
from tui.screens.marks import entry_of
from tui.screens.target import Pane
from tui.widgets.line_table import Column, LineTable

STRIP_LINES = ((40, 3), (22, 2), (0, 0))
"""Lines of the details strip by the least height of the pane."""


ARRIVING = 5.0
"""Seconds from the start in which the first machine keeps the cursor, if no key is pressed."""
ALARMS_GATHER = 0.5
"""Seconds until alarms follow a change: a look goes over every machine of every host."""
CURSOR_RESTS = 0.12
"""Seconds after the last move of the cursor until strip and key bar follow."""
SLICE = 250
"""Machines whose filter facts are gathered in one turn of the loop."""


class MachinesPane(Pane[MachineRow]):
    """The table, the filter line above it and the details strip under it."""

    scope = Scope.MACHINES
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(scope)]
    FILTER_HINT = "words, state:running host:a group:b tag:web address:10. -word"

    def __init__(self) -> None:
        super().__init__(id="machines")
        self._filter: Filter | None = None
        self._groups: dict[str, tuple[str, ...]] = {}
        self._last_events: dict[DomainKey, str] = {}
        self._alarms: dict[DomainKey, tuple[str, ...]] = {}
        self._alarms_due: Timer | None = None
        self._resting: Timer | None = None
        self._begun = time.monotonic()

    def compose(self) -> ComposeResult:
        """Table and strip."""
        yield ActionTable(self._columns(), enter="machine.open", row_key=lambda row: row.key)
        yield Static(id="strip", markup=False)

    def on_mount(self) -> None:
        """Take what is known already and follow what changes."""
        remembered = self.app.remembered
        self.table.sort("name")
        if remembered.sort:  # does nothing for a column that is no longer shown
            self.table.sort(remembered.sort, remembered.descending)
        self.app.fleet.subscribe(self._changed)
        self.app.fleet.journal.subscribers.add(self._noted)
        self._load()
        self.table.focus()

    def subjects(self) -> Sequence[DomainRecord]:
        """The marked machines, else the one under the cursor."""
        marked = self.table.marked
        if not marked and self.table.cursor_row is not None:
            marked = (self.table.cursor_row,)
        return [row.record for row in marked]

    def machine_in_view(self) -> DomainRecord | None:
        """The machine under the cursor."""
        row = self.table.cursor_row
        return None if row is None else row.record

    # -- records -------------------------------------------------------------------------

    def _load(self) -> None:
        self._alarms = self._find_alarms()
        self.table.set_rows(self._row(record) for record in self.app.fleet.domains())
        keep_for_good(self.table.rows_total)
        self._say_empty()
        self._show_strip()

    def _row(self, record: DomainRecord) -> MachineRow:
        alarms = self._alarms.get(record.key, ())
        return row_of(self.app.fleet, record, alarms, self._groups_of(record.host))

    def _find_alarms(self) -> dict[DomainKey, tuple[str, ...]]:
        """What is wrong over several hosts, by machine."""
        found: dict[DomainKey, tuple[str, ...]] = {}
        for alarm in self.app.fleet.alarms():
            for record in alarm.machines:
                found[record.key] = (*found.get(record.key, ()), alarm.words_for(record))
        return found

    def _look_for_alarms(self) -> None:
        self._alarms_due = None
        before, self._alarms = self._alarms, self._find_alarms()
        other = (key for key in before | self._alarms if before.get(key) != self._alarms.get(key))
        records = [record for key in other if (record := self.app.fleet.domain(key)) is not None]
        if records:
            self.table.update_rows(self._row(record) for record in records)
            self._show_strip()

    def _changed(self, change: HostChange) -> None:
        fleet = self.app.fleet
        host = fleet.hosts.get(change.host)
        if host is None:
            self._load()
            return
        rests_on_top = self._rests_on_top()
        if change.domains:
            domains = host.inventory.domains
            present = [self._row(domains[uuid]) for uuid in change.domains if uuid in domains]
            removed = [(change.host, uuid) for uuid in change.domains if uuid not in domains]
            self.table.update_rows(present, removed)
            keep_for_good(len(present))
            self._say_empty()
        if (change.domains or change.host_changed) and self._alarms_due is None:
            self._alarms_due = self.set_timer(ALARMS_GATHER, self._look_for_alarms)
        if change.node_devices:
            self._devices_changed(change.host)
        if change.sampled:
            self._sampled(change.host)
        if rests_on_top:
            self.table.cursor = 0
        if change.host_changed:
            self._say_empty()
        cursor = self.table.cursor_key
        if isinstance(cursor, tuple) and cursor[0] == change.host:
            if change.sampled or cursor[1] in change.domains:
                self._show_strip()
        elif cursor is None:
            self._show_strip()

    def _rests_on_top(self) -> bool:
        """Machines and figures are still coming, and nobody has pressed a key on any of them."""
        since_begin = time.monotonic() - self._begun
        untouched = self.app.fleet.since_input() > since_begin
        return self.table.cursor == 0 and since_begin < ARRIVING and untouched

    def _devices_changed(self, host: str) -> None:
        """What speaks against the start of machines with devices of the host may be otherwise."""
        records = self.app.fleet.hosts[host].inventory.domains.values()
        with_devices = [r for r in records if r.details is not None and r.details.claims]
        self.table.update_rows(self._row(record) for record in with_devices)
        self._show_strip()

    def _sampled(self, host: str) -> None:
        """New figures: for what is on the screen, or for all when sorted by them."""
        if self.table.sort_column in LIVE:
            domains = self.app.fleet.hosts[host].inventory.domains
            records = list(domains.values())
        else:
            records = [row.record for row in self.table.visible_rows if row.record.host == host]
        fresh = (self.app.fleet.domain(record.key) for record in records)
        self.table.update_rows(self._row(record) for record in fresh if record is not None)

    def _noted(self, entry: Entry) -> None:
        if not entry.subject:
            return
        for host in self.app.fleet.hosts.values():
            if host.record.name == entry.host:
                key = (host.record.key, entry.subject)
                self._last_events[key] = words_of(entry)
        if len(self._last_events) > 10_000:
            self._last_events.clear()

    def _say_empty(self) -> None:
        if self.table.rows_shown:
            return
        if self.table.rows_total:
            clear = self.app.hint("{machines.clear} clears it")
            self.table.set_placeholder(f"No machine matches the filter. {clear}.")
            return
        hosts = [host.record for host in self.app.fleet.hosts.values()]
        if all(record.is_current for record in hosts) and hosts:
            self.table.set_placeholder("No machines here yet.")
        else:
            words = "\n".join(why_not_here(record) for record in hosts if not record.is_current)
            add = self.app.hint("No host: {pane.hosts} and there {host.add} adds one.")
            self.table.set_placeholder(words or add)

    # -- strip ---------------------------------------------------------------------------

    def on_resize(self) -> None:
        """The strip gives way on a low screen."""
        lines = next(lines for least, lines in STRIP_LINES if self.size.height >= least)
        area = self.query_one("#strip", Static)
        area.display = bool(lines)
        area.styles.height = lines
        self._show_strip()

    @on(LineTable.CursorMoved)
    def cursor_moved(self) -> None:
        """Another machine is in view: what depends on it follows once the cursor rests."""
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(CURSOR_RESTS, self._cursor_rests)

    def _cursor_rests(self) -> None:
        self._resting = None
        self._show_strip()
        self.app.show_keys()

    def _show_strip(self) -> None:
        area = self.query_one("#strip", Static)
        if not area.display:
            return
        row = self.table.cursor_row
        if row is None:
            area.update("", layout=False)
            return
        host = self.app.fleet.hosts.get(row.record.host)
        history = host.inventory.history.get(row.record.uuid, ()) if host else ()
        machine = InView(
            row.record,
            self.app.fleet.usage(row.key),
            list(history),
            last_event=self._last_events.get((row.record.host, row.record.name), ""),
            warnings=row.warnings,
            bound=self.app.fleet.why_not_migratable(row.record),
            seen=host.record.last_seen if host else None,
        )
        width = self.size.width - area.gutter.width
        height = int(area.styles.height.value) if area.styles.height else 0
        area.update(strip(machine, width, height), layout=False)

    @on(LineTable.ViewChanged)
    def view_changed(self) -> None:
        """Tell the readers which machines are on the screen, and show their latest figures."""
        self.tell_readers()
        fresh = (self.app.fleet.domain(row.key) for row in self.table.visible_rows)
        self.table.update_rows(self._row(record) for record in fresh if record is not None)

    def tell_readers(self) -> None:
        """Say what the screen shows, so that only that is asked for."""
        kinds = frozenset(LIVE[key] for key in self._column_keys() if key in LIVE)
        self.app.fleet.show(kinds, (row.key for row in self.table.visible_rows))

    @on(LineTable.MarksChanged)
    def marks_changed(self) -> None:
        """The keys now act on others."""
        self.app.show_summary()
        self.app.show_keys()

    # -- commands (tui.actions.machines_view) ----------------------------------------------

    def toggle_mark(self) -> None:
        """Mark and go on."""
        self.table.toggle_mark()
        self.table.action_move(1)

    def mark_all(self) -> None:
        """Mark what the filter shows."""
        self.table.mark_all_shown()

    def clear(self) -> None:
        """Unmark; when nothing was marked, clear the filter."""
        if self.table.marked or self.table.marked_hidden:
            self.table.unmark_all()
        else:
            self.clear_filter()

    def start_filter(self) -> None:
        """Open the filter line, and look up what it compares with before a word is typed."""
        self.run_worker(self._gather_facts(), group="facts", exclusive=True)
        super().start_filter()

    def filter_by(self, text: str) -> None:
        """Show only machines that match."""
        before, self._filter = self._filter, parse(text) if text.strip() else None
        if self._filter is None:
            self.table.set_filter(None)
        else:
            narrower = before is None or self._filter.narrows(before)
            self.table.set_filter(self._passing(self._filter), narrower)
        self._say_empty()
        self.app.show_summary()

    def _passing(self, wanted: Filter) -> Callable[[MachineRow], bool]:
        test = wanted.test()
        return lambda row: test(row.facts)

    def _groups_of(self, key: str) -> tuple[str, ...]:
        """Those that the connection book puts a host into."""
        if key not in self._groups:
            host = self.app.fleet.hosts.get(key)
            entry = entry_of(host.record, self.app.settings.hosts) if host else None
            self._groups[key] = tuple(entry.tags) if entry else ()
        return self._groups[key]

    async def _gather_facts(self) -> None:
        """Have them ready before the first word is typed; keys are answered in between."""
        for number, row in enumerate(self.table.rows):
            _ = row.facts
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)
        keep_for_good(self.table.rows_total)

    @on(LineTable.HeaderClicked)
    def header_clicked(self, event: LineTable.HeaderClicked) -> None:
        """A click on a title sorts by it, another one turns the order."""
        if event.column_key == self.table.sort_column:
            self.sort_reverse()
        else:
            self._sort(event.column_key, event.column_key in LARGEST_FIRST)

    def sort_next(self) -> None:
        """Sort by the next column."""
        self._sort_by(1)

    def sort_previous(self) -> None:
        """Sort by the previous column."""
        self._sort_by(-1)

    def sort_reverse(self) -> None:
        """Turn the order round."""
        if self.table.sort_column:
            self._sort(self.table.sort_column, not self.table.sort_descending)

    def _sort_by(self, step: int) -> None:
        keys = [column.key for column in self._columns() if column.sort_key]
        now = self.table.sort_column
        place = keys.index(now) if now in keys else -1
        key = keys[(place + step) % len(keys)]
        self._sort(key, key in LARGEST_FIRST)

    def _sort(self, key: str, descending: bool) -> None:
        self.table.sort(key, descending)
        self.table.cursor = 0
        self.app.remember(sort=key, descending=descending)

    def choose_columns(self) -> None:
        """Let the person choose the columns."""

        def chosen(keys: list[str] | None) -> None:
            if keys:
                self.app.remember(columns=keys)
                self.table.set_columns(self._columns())
                self.tell_readers()

        titles = {column.key: column.title or "badges" for column in COLUMNS}
        chooser = ColumnChooser(titles, self._chosen_keys(), DEFAULT, self._left_out)
        self.app.push_screen(chooser, chosen)

    def _left_out(self, chosen: Sequence[str]) -> dict[str, str]:
        """Why columns that are chosen are not shown now, by key."""
        left = {key: why for key in chosen if (why := self._why_not(key))}
        usable = [key for key in chosen if key not in left]
        fitting = self.table.fitting([BY_KEY[key] for key in usable])
        return left | {key: "no room now" for key in usable if key not in fitting}

    def _why_not(self, key: str) -> str:
        """Why these hosts or this mode do without a column."""
        if key == "host" and len(self.app.fleet.hosts) < 2:
            return "one host only"
        if key in LIVE and key != "memory" and self.app.fleet.is_thrifty:
            return "low bandwidth"
        return ""

    def _column_keys(self) -> list[str]:
        return [key for key in self._chosen_keys() if not self._why_not(key)]

    def _chosen_keys(self) -> list[str]:
        keys = self.app.remembered.columns or self.app.settings.machines.columns or DEFAULT
        return [key for key in keys if key in BY_KEY] or list(DEFAULT)

    def _columns(self) -> list[Column[MachineRow]]:
        return [BY_KEY[key] for key in self._column_keys()]

    def hosts_changed(self) -> None:
        """One host more or less, another mode or book: columns come and go."""
        self._groups.clear()
        self.table.set_columns(self._columns())
        self._load()
        self.tell_readers()

    async def reread(self) -> None:
        """Read the list of every connected host again."""
        for host in list(self.app.fleet.hosts.values()):
            if host.is_connected:
                await host.refresh()

    def shown(self) -> None:
        """The pane has come to the front."""
        self.tell_readers()
        self.table.focus()


def keep_for_good(count: int) -> None:
    """Take what was made for so many machines out of the garbage collector's sight.

    It stays anyway, and looking through that of thousands costs 40 ms in the middle of a key.
    """
    if count > SLICE:
        gc.freeze()
