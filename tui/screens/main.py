"""The main screen: a line that says where one is, the panes, the keys."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import ContentSwitcher, Static

from tui.actions.base import Scope
from tui.actions.registry import bindings_of
from tui.hypervisor.records import DomainKey, HostChange, HostRecord, HostState
from tui.model.text import visible
from tui.screens.machines import MachinesPane
from tui.screens.program import Program
from tui.screens.switching import Switching
from tui.screens.target import Pane
from tui.widgets.cells import TextPart
from tui.widgets.key_bar import Bar, clickable

PANES = (
    ("machines", "Machines", ""),
    ("devices", "Devices", "devices.pane:DevicesPane"),
    ("hosts", "Hosts", "hosts:HostsPane"),
    ("activity", "Activity", "activity:ActivityPane"),
)
"""Id, title, and ``module:Class`` below ``tui.screens`` of those made when first shown."""


BAD_NAMED = 2
"""Hosts that are not well and are named on top; where there are more, they are counted."""
MANY = {HostState.NEEDS_AUTHENTICATION.value: "need you"}


class MainScreen(Switching):
    """Panes in a switcher; all but the first are made when first shown."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.EVERYWHERE)]
    app: Program
    _counts = (0, 0)
    """Running machines, and all of them."""
    front = "machines"
    """Id of the pane in front."""

    def compose(self) -> ComposeResult:
        """Top line, panes, key bar."""
        yield Bar(id="top")
        with ContentSwitcher(initial="machines", id="panes"):
            yield MachinesPane()
        yield Bar(id="keys")

    def on_mount(self) -> None:
        """Follow the hosts."""
        self.app.fleet.subscribe(self._changed)
        self._count()
        self.show_summary()
        self.app.show_keys()

    @property
    def pane(self) -> Pane[Any]:
        """The pane in front."""
        return self.query_one(f"#{self.front}", Pane)

    async def show_pane(self, name: str) -> None:
        """Bring a pane to the front, making it first where it has not been shown yet."""
        switcher = self.query_one(ContentSwitcher)
        async with self.switching:
            if not switcher.query(f"#{name}"):
                where = next(where for pane, _title, where in PANES if pane == name)
                module, kind = where.split(":")
                await switcher.mount(getattr(import_module(f"tui.screens.{module}"), kind)(id=name))
            self.front = switcher.current = name
            self.set_focus(self.pane.table)
        self.call_after_refresh(self._pane_shown)

    def go_to_machine(self, key: DomainKey) -> None:
        """Put the cursor of the machines' pane on one that its filter shows."""
        self.query_one(MachinesPane).table.move_cursor_to(key)

    def _pane_shown(self) -> None:
        self.pane.shown()
        self.show_summary()
        self.app.show_keys()

    def on_resize(self) -> None:
        """Both lines are cut to the width."""
        self.show_summary()
        self.app.show_keys()

    def on_screen_resume(self) -> None:
        """Back from another screen."""
        self.app.show_keys()

    def _changed(self, change: HostChange) -> None:
        if change.domains or change.host_changed:
            self._count()
            self.show_summary()
        if change.host_changed and isinstance(self.pane, MachinesPane):
            self.app.show_keys()

    def _count(self) -> None:
        running = total = 0
        for record in self.app.fleet.domains():
            total += 1
            running += record.state.is_running and not record.stale
        self._counts = (running, total)

    def show_summary(self) -> None:
        """The top line: the figures stay whole as long as the panes' titles can give way."""
        if not self.query_one(MachinesPane).is_mounted:
            return
        right = self._figures()
        room = self.size.width - right.cell_length - 2
        lefts = (self._panes(brand=True), self._panes(), self._panes(titles=False))
        left = next((one for one in lefts if one.cell_length <= room), lefts[-1])
        if left.cell_length > room:
            right = right.truncate(max(0, self.size.width - left.cell_length - 2), ellipsis=True)
        space = max(1, self.size.width - left.cell_length - right.cell_length - 1)
        self.query_one("#top", Static).update(
            Content.assemble(left, " " * space, right), layout=False
        )

    def _panes(self, *, brand: bool = False, titles: bool = True) -> Content:
        """The panes and their keys; without ``titles`` only the one in front has its title."""
        parts = [Content.assemble((" virtty ", "reverse"))] if brand else []
        for name, title, _where in PANES:
            key = self.app.key_of(f"pane.{name}")
            in_front = name == self.front
            style = "bold $text-primary underline" if in_front else "$quiet"
            words = f"{key} {title}" if titles or in_front else key
            pane = clickable(Content.assemble((words, style)), f"app.act('pane.{name}')")
            parts += [Content("  "), pane]
        return Content.assemble(*parts)

    def _figures(self) -> Content:
        """What is marked and filtered, how many machines run, how the hosts are."""
        fleet = self.app.fleet
        running, total = self._counts
        words: list[TextPart] = []
        if isinstance(self.pane, MachinesPane):
            table = self.pane.table
            if marks := len(table.marked):
                words.append((f"{marks} marked  ", "bold $text-accent"))
            if table.marked_hidden:
                words.append((f"{table.marked_hidden} marked but hidden  ", "$text-warning"))
            if table.rows_shown != table.rows_total:
                words.append((f"{table.rows_shown} shown  ", "$text-accent"))
        if fleet.is_thrifty:
            words.append(("low bandwidth  ", "$text-warning"))
        words.append(f"{running} of {total} running  ")
        words += host_words([host.record for host in fleet.hosts.values()])
        return Content.assemble(*words)

    def show_keys(self, content: Content) -> None:
        """The bottom line."""
        self.query_one("#keys", Static).update(content, layout=False)


def host_words(records: list[HostRecord]) -> list[TextPart]:
    """The hosts in a few words: the one there is, or how many of them are well."""
    if not records:
        return [("no host", "$text-warning")]
    if len(records) == 1:
        record = records[0]
        style = "$text-success" if record.is_current else "bold $text-error"
        if record.state in (HostState.CONNECTING, HostState.CLOSED) and record.responding:
            style = "$text-warning"
        words = f" {record.word}" if not record.is_current else ""
        mode = " read-only" if record.readonly else ""
        return [(f"{visible(record.name)}{words}{mode}", style)]
    well = sum(record.is_current for record in records)
    if well == len(records):
        mode = " read-only" if all(record.readonly for record in records) else ""
        return [(f"{well} hosts{mode}", "$text-success")]
    by_word: dict[str, list[str]] = {}
    for record in records:
        if not record.is_current:
            by_word.setdefault(record.word, []).append(visible(record.name))
    named = len(records) - well <= BAD_NAMED
    bad = ", ".join(
        f"{', '.join(names) if named or len(names) == 1 else len(names)} "
        f"{MANY.get(word, word) if len(names) > 1 else word}"
        for word, names in by_word.items()
    )
    return [f"{well} of {len(records)} hosts  ", (bad, "bold $text-error")]
