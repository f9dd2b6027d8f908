"""The devices pane as it looks: every device of every connected host, and who has it."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from tui.hypervisor.host import Host
from tui.hypervisor.node_devices import NodeDevices
from tui.hypervisor.records import HostChange, HostRecord
from tui.model.node_devices import NodeDevice
from tui.model.passthrough import Devices
from tui.model.text import visible
from tui.screens.action_table import ActionTable
from tui.screens.devices.details import device_details, note
from tui.screens.devices.rows import COLUMNS, GROUPS, TREE, DeviceRow, rows_of
from tui.screens.target import Pane
from tui.widgets.line_table import LineTable

GATHER = 0.1
"""Seconds that changes are gathered before the rows are made again."""
CURSOR_RESTS = 0.12
"""Seconds after the last move of the cursor until details and key bar follow."""
DETAILS_LINES = ((36, 9), (22, 6), (0, 0))
"""Lines of the details by the least height of the pane."""
REREAD_EVERY = 30.0
"""Seconds between two readings while the pane is looked at: no event tells of a bound driver."""


class DevicesView(Pane[DeviceRow]):
    """A table in the order of the tree or of the IOMMU groups; below it the device in view."""

    FILTER_HINT = "words, driver:vfio-pci group:15 numa:1"
    _due: Timer | None = None
    _resting: Timer | None = None

    def compose(self) -> ComposeResult:
        """Note, table, details."""
        yield Static(id="devices-note", markup=False)
        yield ActionTable(COLUMNS, enter="device.open", row_key=lambda row: row.key)
        yield Static(id="device-details", markup=False)

    def on_mount(self) -> None:
        """Follow the hosts."""
        self._view = TREE
        self._words: list[str] = []
        self._rows: list[DeviceRow] = []
        self.app.fleet.subscribe(self._changed)
        self.set_interval(REREAD_EVERY, self._look_again)
        self.shown()

    def shown(self) -> None:
        """The pane has come to the front."""
        fleet = self.app.fleet
        for host in fleet.hosts.values():
            fleet.devices_of(host.record.key).want()
        self._tell_readers()
        self.load()
        self.table.focus()

    def _tell_readers(self) -> None:
        """Who holds what is in the definitions: those not read yet are read now."""
        fleet = self.app.fleet
        fleet.show(frozenset(), [d.key for d in fleet.domains() if d.details is None])

    # -- records -------------------------------------------------------------------------

    def _readers(self) -> list[tuple[Host, NodeDevices]]:
        fleet = self.app.fleet
        return [(host, fleet.devices_of(host.record.key)) for host in fleet.hosts.values()]

    def _changed(self, change: HostChange) -> None:
        if not self.display:
            return  # shown() reads everything
        if change.host_changed:
            host = self.app.fleet.hosts.get(change.host)
            if host is not None and host.is_connected:
                self.app.fleet.devices_of(change.host).want()
        if change.domains:
            self._tell_readers()
        if (change.node_devices or change.host_changed) and self._due is None:
            self._due = self.set_timer(GATHER, self.load)

    def load(self) -> None:
        """Make the rows again; only what differs is drawn."""
        if self._due is not None:
            self._due.stop()
            self._due = None
        readers = self._readers()
        rows: list[DeviceRow] = []
        for host, reader in readers:
            titled = len(readers) > 1
            rows += rows_of(host.record.key, reader.devices, self._view, titled=titled)
        before = self._rows
        self._rows = rows
        if [row.key for row in rows] == [row.key for row in before]:
            self.table.update_rows(new for new, old in zip(rows, before, strict=True) if new != old)
        else:
            self.table.set_rows(rows)
        self._say()
        self._show_details()

    def _say(self) -> None:
        """The note above the table, and what an empty one says."""
        readers = self._readers()
        told = note(reader.devices for _host, reader in readers)
        unread = sum(reader.unread for _host, reader in readers)
        if unread and not told:
            told = f"{unread} machines are not read yet: they may have devices too."
        area = self.query_one("#devices-note", Static)
        area.display = bool(told)
        area.update(told)
        if self._words and self._rows:
            self.table.set_placeholder(
                self.app.hint("No device matches; {device.clear} shows all.")
            )
            return
        words = []
        for host, reader in readers:
            name = visible(host.record.name)
            if not host.record.is_current:
                words.append(f"{name}: {host.record.word}")
            elif reader.error is not None:
                words.append(f"{name}: {reader.error.words}")
            elif reader.is_read:
                words.append(f"{name}: its driver tells of no devices")
            else:
                words.append(f"{name}: reading…")
        self.table.set_placeholder(
            "; ".join(words)
            or self.app.hint("No host: {pane.hosts} and there {host.add} adds one.")
        )

    async def _look_again(self) -> None:
        if self.display and self.app.screen is self.screen and not self.app.fleet.is_thrifty:
            for _host, reader in self._readers():
                self.run_worker(reader.refresh(), group="devices")

    async def reread(self) -> None:
        """``F5``: read the devices of every host again."""
        for _host, reader in self._readers():
            await reader.refresh()

    # -- what is in view -------------------------------------------------------------------

    @property
    def row(self) -> DeviceRow | None:
        """The line under the cursor."""
        return self.table.cursor_row

    @property
    def host(self) -> Host | None:
        """The host of the line under the cursor."""
        row = self.row
        return None if row is None else self.app.fleet.hosts.get(row.host)

    @property
    def devices(self) -> Devices:
        """The devices of that host."""
        host = self.host
        return Devices() if host is None else self.app.fleet.devices_of(host.record.key).devices

    @property
    def device(self) -> NodeDevice | None:
        """The device under the cursor; None on a heading."""
        row = self.row
        return None if row is None else self.devices.index.by_name.get(row.name)

    def hosts_in_view(self) -> list[HostRecord]:
        """The host that a command would work on."""
        host = self.host
        return [] if host is None else [host.record]

    @on(LineTable.CursorMoved)
    def cursor_moved(self) -> None:
        """Another device is in view: what depends on it follows once the cursor rests."""
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(CURSOR_RESTS, self._show_details)

    def on_resize(self) -> None:
        """The details give way on a low screen."""
        lines = next(lines for least, lines in DETAILS_LINES if self.size.height >= least)
        area = self.query_one("#device-details", Static)
        area.display = bool(lines)
        area.styles.height = lines

    def _show_details(self) -> None:
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
        row, device = self.row, self.device
        shown = Content("")
        if device is not None:
            shown = device_details(self.devices, device)
        elif row is not None:
            shown = Content(visible(f"{row.address}  {row.what}"))
        self.query_one("#device-details", Static).update(shown, layout=False)
        self.app.show_keys()

    # -- view and filter -------------------------------------------------------------------

    def toggle_view(self) -> None:
        """``t``: the tree, or by IOMMU group; the cursor stays on its device."""
        self._view = GROUPS if self._view == TREE else TREE
        self.load()

    def filter_by(self, text: str) -> None:
        """Show only devices that have every word."""
        words = self._words = text.casefold().split()
        self.table.set_filter((lambda row: row.matches(words)) if words else None)
        self._say()
        self._show_details()
