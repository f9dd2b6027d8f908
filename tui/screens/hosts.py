"""The hosts pane: connections of this run and the connection book."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widgets import Static

from tui import settings_edit
from tui.actions.base import Scope
from tui.actions.registry import bindings_of
from tui.demo import demo_uri
from tui.hypervisor.alarms import versions_differ
from tui.hypervisor.aliases import uri_aliases
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import HostChange, HostRecord, HostState
from tui.in_thread import in_thread
from tui.model.text import visible
from tui.model.uri import expand
from tui.screens.action_table import ActionTable
from tui.screens.host_columns import COLUMNS, HostRow, book_row, host_details, host_row, matches
from tui.screens.host_dialog import HostDialog
from tui.screens.host_totals import totals
from tui.screens.marks import entry_of
from tui.screens.target import Pane
from tui.settings import HostEntry
from tui.widgets.line_table import LineTable

Book = list[HostEntry]
EMPTY = "No host yet: {host.add} adds one."
GATHER = 0.5
"""Seconds that changes of machines are gathered before the sums are made again."""


class HostsPane(Pane[HostRow]):
    """One row per host; below it what there is to know of the one under the cursor."""

    scope = Scope.HOSTS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(scope)]
    FILTER_HINT = "words, tag:web, node[01:20]"
    _totals_due: Timer | None = None

    def compose(self) -> ComposeResult:
        """Table and details."""
        yield Static(id="hosts-totals", markup=False)
        yield ActionTable(
            COLUMNS,
            enter="host.connect",
            row_key=lambda row: row.key,
            placeholder=self.app.hint(EMPTY),
        )
        yield Static(id="host-details", markup=False)

    def on_mount(self) -> None:
        """Follow the hosts."""
        self._saving = asyncio.Lock()
        self.table.sort("name")
        self.app.fleet.subscribe(self._changed)
        self.shown()

    def shown(self) -> None:
        """The pane has come to the front."""
        self._load()
        self.table.focus()

    # -- records -------------------------------------------------------------------------

    def _changed(self, change: HostChange) -> None:
        if not self.display:
            return  # shown() reads everything
        host = self.app.fleet.hosts.get(change.host)
        if host is None:
            self._load()
        elif change.host_changed or change.domains:
            self.table.update_rows([self._row(host)])
            self._show_totals_soon()
        row = self.table.cursor_row
        told = change.host_changed or change.networks or change.pools or change.node_devices
        if told and row is not None and row.record.key == change.host:
            self._show_details()

    def _row(self, host: Host) -> HostRow:
        record = host.record
        entry = entry_of(record, self.app.settings.hosts)
        return host_row(record, host.inventory.domains.values(), entry)

    def hosts_in_view(self) -> list[HostRecord]:
        """The host that a command would work on."""
        row = self.table.cursor_row
        return [row.record] if row is not None else []

    def _load(self) -> None:
        rows = [self._row(host) for host in self.app.fleet.hosts.values()]
        present = {row.key for row in rows}
        book = (book_row(entry) for entry in self.app.settings.hosts)
        self.table.set_rows([*rows, *(row for row in book if row.key not in present)])
        self._show_totals()
        self._show_details()

    def _show_totals_soon(self) -> None:
        """Sums go over every machine: several changes at once cost one look."""
        if self._totals_due is None:
            self._totals_due = self.set_timer(GATHER, self._show_totals)

    def _show_totals(self) -> None:
        self._totals_due = None
        fleet = self.app.fleet
        hosts = fleet.hosts.values()
        shown = totals(
            [self._row(host) for host in hosts],
            fleet.alarms(),
            versions_differ(host.record for host in hosts),
        )
        area = self.query_one("#hosts-totals", Static)
        area.display = bool(shown.plain)
        area.update(shown)

    def filter_by(self, text: str) -> None:
        """Show only hosts that have every word."""
        words = text.casefold().split()
        self.table.set_filter((lambda row: matches(row, words)) if words else None)
        empty = "No host matches; {host.clear} shows all." if words else EMPTY
        self.table.set_placeholder(self.app.hint(empty))
        self._show_details()

    @on(LineTable.CursorMoved)
    def cursor_moved(self) -> None:
        """Another host is in view."""
        self._show_details()

    def _show_details(self) -> None:
        row = self.table.cursor_row
        area = self.query_one("#host-details", Static)
        if row is None:
            area.update("")
        else:
            host = self._host(row)
            named = host.inventory.named if host else {}
            counts = {kind: len(records) for kind, records in named.items()}
            area.update(host_details(row, counts, host.event_kinds if host else ()))
        self.app.show_keys()

    # -- commands (tui.actions.hosts) ------------------------------------------------------

    def refusal(self, command: str) -> str:
        """Why a command cannot be done to the host under the cursor; empty when it can."""
        row = self.table.cursor_row
        if command in ("add", "start_filter", "clear_filter"):
            return ""
        if row is None:
            return "no host selected"
        state, responding = row.record.state, row.record.responding
        reasons = {
            "connect": (
                (state is HostState.CONNECTED, "it is connected"),
                (state is HostState.CONNECTING and responding, "it is being connected"),
                (
                    not row.in_run and row.record.name in self.app.fleet.hosts,
                    "another host of this run has its name",
                ),
            ),
            "disconnect": ((state is HostState.CLOSED, "it is not connected"),),
            "edit": ((row.entry is None, "it is not in the connection book"),),
            "keep": ((row.entry is not None, "it is in the connection book already"),),
        }
        return next((reason for holds, reason in reasons.get(command, ()) if holds), "")

    def connect(self) -> None:
        """Connect, or try again at once."""
        row = self._current
        host = self._host(row)
        if host is not None and host.question is not None:
            self.app.show_sign_in(host)
        elif host is not None:
            host.retry()
        elif row.entry is not None:
            self._open(row.entry)

    async def disconnect(self) -> None:
        """Let go of a host, after asking where work is running on it."""
        row = self._current
        host = self._host(row)
        if host is not None and await self._agreed("Disconnect", row):
            host.close()

    async def add(self) -> None:
        """A new entry."""
        await self._add(None)

    async def keep(self) -> None:
        """Write a host of this run into the book; under another name when its own is taken."""
        record = self._current.record
        entry = HostEntry(record.name, record.uri, readonly=record.readonly)
        if record.name in self._names():
            await self._add(entry)
        else:
            await self._save_new(entry)
            if entry in self.app.settings.hosts:
                self.app.say(f"{visible(entry.name)} is in the connection book.")

    async def _add(self, template: HostEntry | None) -> None:
        taken = self._names() if template else self._names() | self.app.fleet.hosts.keys()
        entry = await self._ask_for("Add a host", template, taken)
        if entry is None:
            return
        names, uris = expand(entry.name), expand(entry.uri)
        if clash := next((name for name in names if len(names) > 1 and name in taken), ""):
            self.app.say(f"There is a host called {visible(clash)} already.", "error")
            return
        for name, uri in zip(names, uris, strict=True):
            one = msgspec.structs.replace(entry, name=name, uri=uri)
            if template is None or one.uri != template.uri:
                self._open(one)
            await self._save_new(one)

    async def _save_new(self, entry: HostEntry) -> None:
        await self._save(
            lambda path: settings_edit.add_host(path, entry), lambda book: [*book, entry]
        )

    async def edit(self) -> None:
        """Change the entry under the cursor."""
        row = self._current
        old = row.entry
        assert old is not None
        taken = (self._names() | self.app.fleet.hosts.keys()) - {old.name}
        new = await self._ask_for("Change a host", old, taken)
        if new is None or new == old:
            return
        same_connection = (new.name, new.uri, new.readonly) == (old.name, old.uri, old.readonly)
        host = self._host(row)
        if host is not None and not same_connection:
            was_open = host.record.state is not HostState.CLOSED
            if was_open and not await self._agreed("Reconnect", row):
                return
            self._forget(row)
            if was_open:
                self._open(new)
        await self._save(
            lambda path: settings_edit.change_host(path, old.name, new),
            lambda book: [new if entry.name == old.name else entry for entry in book],
        )

    async def remove_host(self) -> None:
        """Take the host under the cursor out, after asking."""
        row = self._current
        name = row.record.name
        where = "the connection book" if row.entry else "this run"
        question = f"Remove {visible(name)} from {where}?"
        consequence = "It is disconnected. Nothing on the host changes."
        if not await self.app.ask(question, consequence, self._work_on(row), "Remove"):
            return
        if self._host(row) is not None:
            self._forget(row)
        if row.entry is not None:
            await self._save(
                lambda path: settings_edit.remove_host(path, name),
                lambda book: [entry for entry in book if entry.name != name],
            )

    # -- small parts -----------------------------------------------------------------------

    @property
    def _current(self) -> HostRow:
        """The host under the cursor: commands are refused where there is none."""
        row = self.table.cursor_row
        assert row is not None
        return row

    def _host(self, row: HostRow) -> Host | None:
        return self.app.fleet.hosts.get(row.record.key) if row.in_run else None

    def _names(self) -> set[str]:
        return {entry.name for entry in self.app.settings.hosts}

    async def _ask_for(
        self, title: str, entry: HostEntry | None, taken: set[str]
    ) -> HostEntry | None:
        with self.app.reading("libvirt.conf"):
            aliases = await in_thread(uri_aliases)
        return await self.app.push_screen_wait(HostDialog(title, entry, taken, aliases))

    def _work_on(self, row: HostRow) -> list[str]:
        return [
            visible(f"{entry.text} {entry.subject}")
            for entry in self.app.fleet.journal.running.values()
            if entry.host == row.record.name
        ]

    async def _agreed(self, verb: str, row: HostRow) -> bool:
        """Asks only where work is running, whose end would not be seen."""
        work = self._work_on(row)
        question = f"{verb} {visible(row.record.name)} while work is running on it?"
        consequence = "The work goes on, but how it ends is not seen here."
        return not work or await self.app.ask(question, consequence, work, verb)

    async def _save(self, edit: Callable[[Path], None], change: Callable[[Book], Book]) -> None:
        """Change the settings file, then the book as this run sees it."""
        path = self.app.settings_file
        async with self._saving:
            if path is not None:
                try:
                    await in_thread(lambda: edit(path))
                except settings_edit.SettingsError as error:
                    self._tell_unsaved(error)
                    return
            book = change(self.app.settings.hosts)
            self.app.settings = msgspec.structs.replace(self.app.settings, hosts=book)
        self._hosts_changed()

    def _tell_unsaved(self, error: settings_edit.SettingsError) -> None:
        failure = HypervisorError(
            "Saving the connection book",
            words=visible(str(error)),
            advice="Connections opened now last until virtty ends.",
        )
        self.app.fleet.journal.event("", "", "the connection book was not saved", failure)
        self.app.tell_error(failure)

    def _open(self, entry: HostEntry) -> None:
        demo = entry.uri == demo_uri()
        host = self.app.fleet.add(entry.name, entry.uri, readonly=entry.readonly, demo=demo)
        host.open()
        self._hosts_changed()

    def _forget(self, row: HostRow) -> None:
        self.app.fleet.remove(row.record.key)
        self._hosts_changed()

    def _hosts_changed(self) -> None:
        self._load()
        self.app.hosts_changed()
