"""One machine: header, tabs, keys; it follows the record wherever it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import ContentSwitcher, Static

from tui.actions.base import Scope
from tui.actions.registry import bindings_of
from tui.hypervisor import lifecycle
from tui.hypervisor.definition import read_domain
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.records import DomainKey, DomainRecord, HostChange
from tui.in_thread import in_thread
from tui.model.text import visible
from tui.screens.host_columns import last_known
from tui.screens.machine.tab import Tab
from tui.screens.machine.tabs import TABS
from tui.screens.marks import mark_of
from tui.screens.program import Program
from tui.screens.switching import Switching
from tui.screens.target import Target
from tui.widgets.cells import TextPart, fit
from tui.widgets.key_bar import Bar, clickable, key_bar


class MachineScreen(Target, Switching):
    """A machine by key. What is shown of a host that is lost says so."""

    scope = Scope.MACHINE
    no_subjects = "this machine is gone"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(scope),
        *bindings_of(Scope.EVERYWHERE),
    ]
    app: Program

    def __init__(
        self, key: DomainKey, tab: str = "overview", error: HypervisorError | None = None
    ) -> None:
        super().__init__()
        self.key = key
        self._first_tab = tab
        self.error = error
        """Why it did not start, until it does; the log tab shows it."""
        self._opened = asyncio.Event()
        """The first tab has the keys, or the screen was left before."""
        self._last: DomainRecord | None = None
        self._unsubscribe: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        """Header, tab line, the tabs, key bar."""
        yield Static(id="machine-top", markup=False)
        yield Bar(id="machine-tabs")
        yield ContentSwitcher()
        yield Bar(id="machine-keys")

    def on_mount(self) -> None:
        """Follow the machine."""
        self._last = self.app.fleet.domain(self.key)
        self._unsubscribe = self.app.fleet.subscribe(self._changed)
        host = self.app.fleet.hosts.get(self.key[0])
        if host is not None and not self.app.fleet.is_thrifty:
            host.inventory.read_again((self.key[1],))  # --config changes it without an event
        self._show_header()
        self.run_worker(self._open())

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        self._opened.set()
        if self._unsubscribe is not None:
            self._unsubscribe()

    def on_resize(self) -> None:
        """The lines are cut to the width."""
        self._show_header()

    def on_screen_resume(self) -> None:
        """In front again."""
        if self.tab is not None:
            self.tab.seen_again()

    def subjects(self) -> Sequence[DomainRecord]:
        """This machine, as long as it is there."""
        record = self.record
        return () if record is None else (record,)

    def scopes(self) -> list[Scope]:
        """The tab's keys first."""
        here = [self.scope] if self.tab is None else [self.tab.scope, self.scope]
        return list(dict.fromkeys(here))

    @property
    def record(self) -> DomainRecord | None:
        """The machine as it is now; None when it is gone."""
        return self.app.fleet.domain(self.key)

    @property
    def unsaved(self) -> str:
        """What would be lost by leaving; empty when nothing."""
        return ", ".join(tab.unsaved for tab in self.query(Tab) if tab.unsaved)

    @property
    def tab(self) -> Tab | None:
        """The tab in front; None until the first one is there."""
        for switcher in self.query(ContentSwitcher):
            for shown in switcher.children:
                if shown.id == switcher.current and isinstance(shown, Tab):
                    return shown
        return None

    def _changed(self, change: HostChange) -> None:
        if change.host != self.key[0] or not self.is_running:
            return
        if self.key[1] in change.domains or change.host_changed:
            record = self.record
            if record is not None:
                self._last = record
                if record.state.is_active:
                    self.error = None
            self._show_header()
            if record is not None and self.key[1] in change.domains and self.tab is not None:
                self.tab.machine_changed()

    def _show_header(self) -> None:
        if not self.is_mounted or not self.is_running or not self.query("#machine-keys"):
            return
        top = self._heading()
        if top.cell_length > self.size.width:
            top = self._heading(short=True)
        note = self.tab.note if self.tab is not None else ""
        line = self._tabs()
        if line.cell_length > self.size.width:
            line = self._tabs(titles=False)
        if line.cell_length + len(note) + 3 <= self.size.width:
            line = Content.assemble(line, (f"   {note}", "$quiet"))
        else:  # a small terminal: at the end of the line above, which has more room
            if top.cell_length + len(note) + 3 > self.size.width:
                top = self._heading(short=True)
            room = self.size.width - top.cell_length - 3
            top = Content.assemble(top, (f"  {fit(note, room, 'right')}", "$quiet"))
        self.query_one("#machine-top", Static).update(top, layout=False)
        self.query_one("#machine-tabs", Static).update(line, layout=False)
        keys_of_tab = self.tab.bar if self.tab is not None else []
        bar = [(*entry, f"app.simulate_key('{entry[0].split(',')[0]}')") for entry in keys_of_tab]
        width = self.size.width
        self.query_one("#machine-keys", Static).update(
            key_bar(bar, width) if bar else self.app.key_content(width), layout=False
        )

    def _tabs(self, *, titles: bool = True) -> Content:
        """The tabs and their keys; without ``titles`` only the one in front has its title."""
        front = self.query_one(ContentSwitcher).current
        tabs: list[str | Content] = []
        for place in TABS:
            style = "bold $text-primary underline" if place.name == front else "$quiet"
            key = self.app.key_of(f"machine.tab-{place.name}")
            words = f"{key} {place.title}" if titles or place.name == front else key
            title = Content.assemble((words, style))
            tabs += [" ", clickable(title, f"app.act('machine.tab-{place.name}')"), " "]
        return Content.assemble(*tabs)

    def _heading(self, *, short: bool = False) -> Content:
        """Which machine this is, and how it is; of one that is gone only that.

        ``short``: without what can do without, for a small terminal.
        """
        record = self.record
        known = record or self._last
        if known is None:
            return Content.assemble((" There is no such machine.", "bold $text-error"))
        host = self.app.fleet.hosts.get(known.host)
        name = Content.assemble((visible(known.name), "bold $text-primary"))
        parts: list[TextPart] = [
            name.truncate(self.size.width // 2, ellipsis=True),
            (f"  on {visible(known.host)}", "$quiet"),
        ]
        if record is None:
            gone = "  this machine is gone: deleted, or transient and stopped"
            return Content.assemble(" ", *parts, (gone, "bold $text-error"))
        state = record.transition + "…" if record.transition else record.state.word
        parts.insert(0, (f" {record.state.glyph} {state}  ", "bold"))
        mark = mark_of(host.record, self.app.settings.hosts) if host else None
        if mark is not None:
            parts += ["  ", mark]
        if record.id is not None and not short:
            parts.append((f"  id {record.id}", "$quiet"))
        if record.managed_save:
            parts.append(("  saved", "$text-accent"))
        if not record.persistent:
            parts.append(("  transient", "$text-warning"))
        pending = record.details is not None and record.details.pending
        if pending and not (short and record.stale):
            differs = "config differs" if short else "config differs from live"
            parts.append((f"  {differs}", "$text-warning"))
        if record.stale:
            seen = host.record.last_seen if host else None
            parts.append((f"  {last_known(seen)}", "bold $text-error"))
        return Content.assemble(*parts)

    def on_tab_noted(self) -> None:
        """A tab has something else to say beside its name."""
        self._show_header()

    async def _part_in_front(self) -> None:
        await self._opened.wait()  # the first tab comes by itself
        await super()._part_in_front()

    # -- commands (tui.actions.machine_screen) ---------------------------------------------

    async def _open(self) -> None:
        await self._switch_to(self._first_tab)
        self._opened.set()

    async def show_tab(self, name: str) -> None:
        """Bring a tab to the front and have it read what it shows; made at its first time."""
        await self._opened.wait()
        if self in self.app.screen_stack:
            await self._switch_to(name)

    async def _switch_to(self, name: str) -> None:
        switcher = self.query_one(ContentSwitcher)
        async with self.switching:
            if not switcher.query(f"#{name}"):
                place = next(place for place in TABS if place.name == name)
                kind = await in_thread(place.load)
                if self in self.app.screen_stack:
                    await switcher.add_content(kind(self.key, name), id=name)
            if not switcher.query(f"#{name}"):
                return  # the screen was left meanwhile
            switcher.current = name
            if self.tab is not None and self.tab.is_whole:
                self.tab.shown()
        self._show_header()

    async def edit_xml(self) -> None:
        """``X``: by way of the Hardware tab, which keeps what is edited."""
        from tui.screens.machine.hardware import HardwareTab

        with self.app.reading("its definition"):
            await self.show_tab("hardware")
            if isinstance(self.tab, HardwareTab):
                await self.tab.when_read()
        if isinstance(self.tab, HardwareTab):
            await self.tab.edit_xml()

    def leave(self) -> None:
        """``Esc``: first what the tab has filtered or marked is cleared."""
        if self.tab is None or not self.tab.clear():
            self.app.back_or_quit()

    async def edit_title(self) -> None:
        """``T``: ask for another title, and store it."""
        await self._edit_text("title")

    async def edit_description(self) -> None:
        """``D``: have the description edited, and store it."""
        await self._edit_text("description")

    async def _edit_text(self, kind: str) -> None:
        from tui.screens.machine.edit_text import EditText

        record, host = self.record, self.app.fleet.hosts.get(self.key[0])
        if record is None or host is None:
            return
        with self.app.reading(f"the {kind} of {visible(record.name)}"):
            document = await read_domain(host, record, inactive=record.persistent)
        old = document.title if kind == "title" else document.description
        if kind == "title":
            new = await self.app.ask_text(f"Title of {visible(record.name)}", "Title", old)
        else:
            new = await self.app.push_screen_wait(EditText(f"Describe {visible(record.name)}", old))
        if new is not None and new != old:
            await lifecycle.set_text(host, record, kind, new)
