"""The Snapshots tab: the tree, what the chosen one holds, and all that can be done with them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widgets import Static

from tui.actions.base import Scope
from tui.actions.registry import bindings_of
from tui.hypervisor import block_jobs, snapshots
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.snapshot_situation import Looked, look_at
from tui.model import units
from tui.model.snapshot_rules import advice
from tui.model.snapshots import SORTS, Snapshot, descendants, matches, tree_rows
from tui.model.text import visible
from tui.screens.action_table import ActionTable
from tui.screens.choose import Choose, Offer
from tui.screens.filter_line import Filtered
from tui.screens.machine import snapshot_work
from tui.screens.machine.snapshot_lines import COLUMNS, SnapshotRow, details, row_of
from tui.screens.machine.tab import Tab
from tui.widgets.line_table import LineTable

EMPTY = "No snapshot yet: {snapshot.take} takes one."
LOOK_AGAIN = 20.0
"""Seconds: libvirt has no event for snapshots, so the tab looks again while it is in front."""

Ask = Callable[[Host, DomainRecord, Looked], Awaitable[object]]
"""Asks what there is to ask about what was looked at, and does it."""


class SnapshotsTab(Filtered[SnapshotRow], Tab):
    """The tree above, all about the one under the cursor below."""

    scope = Scope.SNAPSHOTS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(scope)]
    FILTER_HINT = "words of name, description, kind, state"

    known: Sequence[Snapshot] = ()
    looked: Looked | None = None
    """What is known of the images; comes after the tree."""
    _sort = "time"
    _descending = False
    _words: Sequence[str] = ()
    _timer: Timer | None = None
    _looking = False
    """A question is being prepared."""

    def compose(self) -> ComposeResult:
        """Tree and details."""
        yield ActionTable(
            COLUMNS,
            enter="snapshot.revert",
            row_key=lambda row: row.snapshot.name,
            placeholder="Reading…",
        )
        yield Static(id="snapshot-details", markup=False)

    def on_mount(self) -> None:
        """Look again from time to time."""
        self._timer = self.set_interval(LOOK_AGAIN, self._look_again)

    @property
    def current(self) -> Snapshot | None:
        """The one under the cursor."""
        row = self.table.cursor_row
        return None if row is None else row.snapshot

    # -- reading -----------------------------------------------------------------------------

    def shown(self) -> None:
        """The tab has come to the front."""
        self.screen.set_focus(self.table)
        self.read_again()

    def machine_changed(self) -> None:
        """A revert, a start, a stop: what is known may be another."""
        if self.display:
            self.read_again()

    def _look_again(self) -> None:
        if self.in_front:
            self.read_again()

    async def read(self, host: Host, record: DomainRecord) -> None:
        """The tree at once, then what is known of the images."""
        self.known = await snapshots.read_snapshots(host, record)
        self._show()
        self.looked = await look_at(host, record)
        self.known = self.looked.situation.snapshots
        self._show()

    def unread(self, error: HypervisorError) -> None:
        """In the table's place."""
        self.table.set_placeholder(f"{visible(error.what)}: {visible(error.words)}")

    def _show(self) -> None:
        if not self.is_whole:
            return
        now = time.time()
        images = self.looked.situation.uses.images if self.looked is not None else {}
        rows = [
            row_of(tree, images, now)
            for tree in tree_rows(self.known, self._sort, self._descending)
            if matches(tree.snapshot, self._words)
        ]
        empty = "None matches; {machine.leave} shows all." if self._words else EMPTY
        self.table.set_placeholder(self.app.hint(empty))
        self.table.set_rows(rows)
        self.say(self._note(now))
        self._show_details()

    def _note(self, now: float) -> str:
        depths = {}
        if self.looked is not None:
            depths = {chain.target: chain.depth for chain in self.looked.situation.chains}
        told = ["looking at its disks…"] if self._looking else []
        told += [units.count(len(self.known), "snapshot"), *advice(tuple(self.known), depths, now)]
        if self.looked is not None:
            jobs = [disk for disk in self.looked.circumstances.disks if disk.job]
            told += [f"{disk.target}: {disk.job} runs (J)" for disk in jobs]
        return ", ".join(told)

    @on(LineTable.CursorMoved)
    def _show_details(self) -> None:
        if not self.is_whole:
            return
        one, area = self.current, self.query_one("#snapshot-details", Static)
        if one is None:
            area.update("")
            return
        images = self.looked.situation.uses.images if self.looked is not None else {}
        below = len(descendants(self.known, one.name))
        area.update(details(one, images, time.time(), below))

    # -- commands (tui.actions.snapshots) ----------------------------------------------------

    def refusal(self, command: str) -> str:
        """Why a command cannot be done now; empty when it can."""
        if self.machine is None:
            return "the machine is gone"
        if command in ("revert", "delete", "describe", "show_snapshot_xml") and not self.current:
            return "there is no snapshot"
        if command == "merge" and self.current is not None and not self.current.external_disks:
            return "it is not an external one: there is nothing to merge"
        return ""

    async def _look_and(self, ask: Ask, *, who_else: bool = True) -> None:
        """Look afresh, then ask. Nothing is asked twice, nor once the person has gone elsewhere."""
        if self._looking:
            return
        self._looking = True
        self._show()
        try:
            host, record = self._machine()
            with self.app.reading(f"the disks of {visible(record.name)}"):
                looked = await look_at(host, record, who_else=who_else)
        finally:
            self._looking = False
            self._show()
        if self.in_front:
            await self._then_read(ask(host, record, looked))

    async def _then_read(self, work: Awaitable[object]) -> None:
        """No event tells of snapshots: look again, also after a failure."""
        try:
            await work
        finally:
            if self._is_open:
                self.read_again()

    def _machine(self) -> tuple[Host, DomainRecord]:
        machine = self.machine
        if machine is None:
            raise HypervisorError("Snapshots", words="the machine is gone")
        return machine

    async def take(self) -> None:
        """``a``: a dialog with its pre-check."""
        await self._look_and(self._take, who_else=False)

    async def _take(self, host: Host, record: DomainRecord, looked: Looked) -> bool:
        from tui.screens.machine.new_snapshot import NewSnapshot

        wanted = await self.app.push_screen_wait(
            NewSnapshot(record.name, record.state.word, looked.circumstances)
        )
        if wanted is None:
            return False
        await snapshots.create(host, self.app.fleet.domain(self.key) or record, wanted)
        self.app.say(f"{visible(record.name)}: {visible(wanted.name)} is taken.")
        return True

    async def revert(self) -> None:
        """``Enter``: go back to the one under the cursor."""
        one = self.current
        if one is not None:
            await self._look_and(partial(snapshot_work.revert, self.app, self._take, one.name))

    async def delete(self) -> None:
        """``Delete``: the marked ones, else the one under the cursor, with or without children."""
        marked = [row.snapshot.name for row in self.table.marked]
        one = self.current
        if marked:
            await self._look_and(partial(snapshot_work.delete, self.app, marked))
        elif one is not None:
            await self._look_and(partial(snapshot_work.delete_which, self.app, one.name))

    async def merge(self) -> None:
        """``m``: delete the one under the cursor; its overlay is merged down."""
        one = self.current
        if one is not None:
            await self._look_and(partial(snapshot_work.delete, self.app, [one.name]))

    async def describe(self) -> None:
        """``F2``: another description."""
        one = self.current
        if one is None:
            return
        title = f"Describe {visible(one.name)}"
        text = await self.app.ask_text(title, "Description", one.description)
        if text is not None and text != one.description:
            await self._then_read(snapshots.describe(*self._machine(), one.name, text))

    def show_chains(self) -> None:
        """``D``: the chain of every disk."""
        from tui.screens.machine.chains import Chains

        if self.machine is not None:
            self.app.push_screen(Chains(self.key))

    def show_snapshot_xml(self) -> None:
        """``X``: libvirt's description of it."""
        from tui.screens.machine.snapshot_xml import SnapshotXml

        one = self.current
        if one is not None:
            self.app.push_screen(SnapshotXml(one))

    def toggle_mark(self) -> None:
        """``Space``: mark or unmark the one under the cursor, and go on."""
        self.table.toggle_mark()
        self.table.action_move(1)

    def next_sort(self) -> None:
        """``>``: by time, name, kind; then the same downwards."""
        order = [(name, down) for down in (False, True) for name in SORTS]
        place = order.index((self._sort, self._descending))
        self._sort, self._descending = order[(place + 1) % len(order)]
        self._show()
        way = "newest or last first" if self._descending else "oldest or first first"
        self.app.say(f"Siblings by {self._sort}, {way}.")

    async def jobs(self) -> None:
        """``J``: what runs on the disks; cancel it or slow it down."""
        await self._look_and(self._jobs, who_else=False)

    async def _jobs(self, host: Host, record: DomainRecord, looked: Looked) -> None:
        targets = [disk.target for disk in looked.circumstances.disks]
        with self.app.reading("its block jobs"):
            running = await block_jobs.read_jobs(host, record, targets) if looked.active else []
        if not running:
            self.app.say("No block job runs on its disks.")
            return
        offers = []
        for job in running:
            speed = f"at most {units.rate(job.bandwidth)}" if job.bandwidth else "without a limit"
            note = f"{job.word} {job.share:.0%}, {speed}"
            offers.append(Offer(f"limit {job.target}", f"{job.target}: limit its speed", note))
            offers.append(Offer(f"cancel {job.target}", f"{job.target}: cancel", note))
        chosen = await self.app.push_screen_wait(Choose("Block jobs", offers))
        if chosen is None:
            return
        verb, _, target = chosen.partition(" ")
        if verb == "cancel":
            await block_jobs.cancel(host, record, target)
            return
        text = await self.app.ask_text(f"Limit the job on {target}", "MiB a second, 0: none", "50")
        if text is not None:
            if not text.strip().isdecimal():
                self.app.say("A whole number of MiB a second.", "warning")
                return
            await block_jobs.limit(host, record, target, int(text) * 1024**2)

    # -- filter ------------------------------------------------------------------------------

    def start_search(self) -> None:
        """``/``: show only those that match."""
        self.start_filter()

    def filter_by(self, text: str) -> None:
        """Show only those that have every word."""
        self._words = text.casefold().split()
        self._show()

    def clear(self) -> bool:
        """``Esc``: all again, and none marked."""
        had = self.is_filtered or bool(self.table.marked)
        self.clear_filter()
        self.table.unmark_all()
        return had
