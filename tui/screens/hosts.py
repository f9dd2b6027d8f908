"""The hosts pane: connections of this run and the connection book."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui import settings_edit
from tui.actions.base import Scope
from tui.actions.registry import bindings_of
from tui.hypervisor.aliases import uri_aliases
from tui.hypervisor.records import Change, DomainRecord, HostRecord, HostState
from tui.model.text import visible
from tui.screens.host_columns import COLUMNS, HostRow, host_row
from tui.screens.host_dialog import HostDialog
from tui.screens.program import Program
from tui.settings import HostEntry
from tui.widgets.line_table import LineTable


class HostsPane(Vertical):
    """One row per host; below it what there is to know of the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.HOSTS)]
    app: Program

    def compose(self) -> ComposeResult:
        """Table and details."""
        yield LineTable(
            COLUMNS, row_key=lambda row: row.key, placeholder="No host yet: a adds one."
        )
        yield Static(id="host-details", markup=False)

    def on_mount(self) -> None:
        """Follow the hosts."""
        self.table.sort("name")
        self.app.fleet.subscribe(self._changed)

    @property
    def table(self) -> LineTable[HostRow]:
        """The table."""
        return self.query_one(LineTable)

    def subjects(self) -> Sequence[DomainRecord]:
        """No machines here."""
        return ()

    def shown(self) -> None:
        """The pane has come to the front."""
        self._load()
        self.table.focus()

    def _changed(self, change: Change) -> None:
        if self.display and (change.host_changed or change.domains):
            self._load()

    def _load(self) -> None:
        book = {entry.name: entry for entry in self.app.settings.hosts}
        rows = []
        for key, host in self.app.fleet.hosts.items():
            entry = book.pop(key, None)
            rows.append(
                host_row(
                    host.record,
                    host.inventory.domains.values(),
                    entry is not None,
                    entry is not None and entry.autoconnect,
                )
            )
        for entry in book.values():
            record = HostRecord(entry.name, entry.name, entry.uri, entry.readonly)
            rows.append(host_row(record, (), in_book=True, autoconnect=entry.autoconnect))
        gone = {row.key for row in self._all_rows} - {row.key for row in rows}
        self._all_rows = rows
        self.table.update_rows(rows, gone)
        self._show_details()

    _all_rows: Sequence[HostRow] = ()

    @on(LineTable.CursorMoved)
    def cursor_moved(self) -> None:
        """Another host is in view."""
        self._show_details()
        self.app.show_keys()

    @on(LineTable.RowSelected)
    def row_selected(self) -> None:
        """Enter."""
        self.connect()

    def _show_details(self) -> None:
        row = self.table.cursor_row
        area = self.query_one("#host-details", Static)
        area.update("" if row is None else self._details(row))

    def _details(self, row: HostRow) -> Content:
        record = row.record
        lines = [
            Content.assemble(
                (visible(record.name), "bold"), f"  {record.word}  ", (visible(record.uri), "dim")
            )
        ]
        if record.error is not None and record.state is not HostState.CONNECTED:
            lines.append(Content.assemble((record.error.words, "$text-error")))
            if record.error.advice:
                lines.append(Content.assemble((record.error.advice, "$text-warning")))
        if record.facts is not None:
            facts = record.facts
            lines.append(
                Content(
                    visible(
                        f"{facts.hostname}: {facts.driver} {facts.hypervisor_version}, "
                        f"libvirt {facts.libvirt_version}, {facts.cpus} CPUs {facts.cpu_model}"
                    )
                )
            )
        host = self.app.fleet.hosts.get(record.key)
        if host is not None and record.is_current:
            named = host.inventory.named
            counts = (
                f"{len(named['network'])} networks, {len(named['pool'])} storage pools, "
                f"{len(named['node-device'])} node devices"
            )
            events = ", ".join(sorted(host.event_kinds)) or "not yet known"
            lines.append(Content.assemble((counts, "$quiet")))
            lines.append(Content.assemble((f"Events: {events}", "$quiet")))
        return Content("\n").join(lines)

    # -- commands (tui.actions.hosts) ------------------------------------------------------

    def connect(self) -> None:
        """Connect, or try again at once."""
        row = self.table.cursor_row
        if row is None:
            return
        host = self.app.fleet.hosts.get(row.key)
        if host is None:
            self._open(HostEntry(row.record.name, row.record.uri, readonly=row.record.readonly))
        elif host.is_connected:
            self.app.say(f"{visible(row.record.name)} is connected")
        else:
            host.retry()

    def disconnect(self) -> None:
        """Let go of a host."""
        row = self.table.cursor_row
        host = self.app.fleet.hosts.get(row.key) if row else None
        if host is not None:
            host.close()

    def add(self) -> None:
        """A new entry."""

        def added(entry: HostEntry | None) -> None:
            if entry is not None:
                self._write(
                    lambda: settings_edit.add_host(self._file, entry),
                    [*self.app.settings.hosts, entry],
                )
                self._open(entry)

        taken = {row.record.name for row in self._all_rows}
        self.app.push_screen(HostDialog(None, taken, uri_aliases()), added)

    def edit(self) -> None:
        """Change the entry under the cursor."""
        old = self._entry()
        if old is None:
            self.app.say("It is not in the connection book: b writes it there.", "warning")
            return

        def changed(entry: HostEntry | None) -> None:
            if entry is None or entry == old:
                return
            hosts = [entry if host == old else host for host in self.app.settings.hosts]
            self._write(lambda: settings_edit.change_host(self._file, old.name, entry), hosts)
            if old.name in self.app.fleet.hosts:
                self._forget(old.name)
                self._open(entry)

        taken = {row.record.name for row in self._all_rows} - {old.name}
        self.app.push_screen(HostDialog(old, taken, uri_aliases()), changed)

    def keep(self) -> None:
        """Write a host of this run into the book."""
        row = self.table.cursor_row
        if row is None or row.in_book:
            return
        entry = HostEntry(row.record.name, row.record.uri, readonly=row.record.readonly)
        self._write(
            lambda: settings_edit.add_host(self._file, entry), [*self.app.settings.hosts, entry]
        )

    def remove_host(self) -> None:
        """Take the entry under the cursor out, after asking."""
        self.app.run_worker(self._remove())

    async def _remove(self) -> None:
        row = self.table.cursor_row
        if row is None:
            return
        name = row.record.name
        question = f"Remove {visible(name)} from the list of hosts?"
        if not await self.app.ask(question, "Nothing on the host changes.", (), "Remove"):
            return
        if row.in_book:
            left = [host for host in self.app.settings.hosts if host.name != name]
            self._write(lambda: settings_edit.remove_host(self._file, name), left)
        if name in self.app.fleet.hosts:
            self._forget(name)
        self._load()

    # -- the book --------------------------------------------------------------------------

    @property
    def _file(self) -> Path:
        assert self.app.settings_file is not None
        return self.app.settings_file

    def _entry(self) -> HostEntry | None:
        row = self.table.cursor_row
        name = row.record.name if row else ""
        return next((host for host in self.app.settings.hosts if host.name == name), None)

    def _write(self, edit: Callable[[], None], hosts: list[HostEntry]) -> None:
        """Change the settings file in a thread; for this run the change holds at once."""
        self.app.settings = msgspec.structs.replace(self.app.settings, hosts=hosts)
        self._load()
        if self.app.settings_file is None:
            return

        def work() -> None:
            try:
                edit()
            except settings_edit.SettingsError as error:
                self.app.call_later(self.app.say, str(error), "error")

        self.app.run_worker(work, thread=True, group="settings")

    def _open(self, entry: HostEntry) -> None:
        self.app.fleet.add(entry.name, entry.uri, readonly=entry.readonly).open()
        self.app.hosts_changed()

    def _forget(self, key: str) -> None:
        self.app.fleet.remove(key)
        self.app.hosts_changed()
