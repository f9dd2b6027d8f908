"""The Hardware tab as it looks: devices to the left, the form of the chosen one to the right."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from tui.actions.base import host_refusal
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.hardware import (
    Hardware,
    read_live,
    read_neighbours,
    read_stored,
    read_surroundings,
)
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainKey, DomainRecord
from tui.hypervisor.volumes import disk_sizes
from tui.model.checks import check
from tui.model.devices import Disk
from tui.model.domain import Domain
from tui.model.plan import counterparts
from tui.model.rules import Finding
from tui.model.session import EditSession
from tui.model.surroundings import Surroundings
from tui.model.text import visible
from tui.model.units import size
from tui.model.views import View
from tui.screens.devices.giving import findings_about
from tui.screens.machine.hardware_lines import device_line, form_rows, ordered
from tui.screens.machine.tab import Tab
from tui.widgets.field_form import FieldForm
from tui.widgets.options import Options

KEYS = (
    "{hardware.add} adds, {hardware.remove} removes, {hardware.history} history, "
    "{hardware.pending} pending"
)
REST = 0.05
"""Seconds without a key after which the help follows the cursor."""


class HardwareView(Tab):
    """Reads what the machine has, stored and live, and shows it as it is edited."""

    def __init__(self, key: DomainKey, tab: str) -> None:
        super().__init__(key, tab)
        self.session: EditSession | None = None
        """None until the definition has been read."""
        self.hardware: Hardware | None = None
        self.surroundings = Surroundings()
        self.findings: Sequence[Finding] = ()
        self.keys: list[str] = []
        """Keys of the views in the list, in its order."""
        self._live_views: Mapping[str, View] | None = None
        """The running machine's views by the keys of the edited one's; None when it is off."""
        self._clashing = ""
        """What someone else has stored against the edits, as far as it was told of."""
        self._ready = asyncio.Event()
        self._settled = asyncio.Event()
        """What runs has been read as well, or it is off, or it cannot be read."""
        self._help_timer: asyncio.TimerHandle | None = None
        self._width = 0
        """Of the list, when it was drawn last."""

    def compose(self) -> ComposeResult:
        """Device list, form, help."""
        with Horizontal(id="hw-body"):
            yield Options(id="hw-list")
            with Vertical(id="hw-right"):
                yield Static(id="hw-title", markup=False)
                yield FieldForm()
                yield Static(id="hw-help", markup=False)

    # -- reading -------------------------------------------------------------------------

    @property
    def list(self) -> Options:
        """The devices."""
        return self.query_one("#hw-list", Options)

    @property
    def form(self) -> FieldForm:
        """The form of the device under the cursor."""
        return self.query_one(FieldForm)

    def shown(self) -> None:
        """Read it."""
        self.screen.set_focus(self.list)
        self.machine_changed()

    def reread(self) -> None:
        """What the host offers as well: networks and firmware come and go."""
        self.surroundings = Surroundings()
        super().reread()

    async def _read(self) -> None:
        await super()._read()
        # Where it failed, or the machine is gone, nothing comes that is worth waiting for.
        self._ready.set()
        self._settled.set()

    async def read(self, host: Host, record: DomainRecord) -> None:
        """What is stored, what runs, what there is around; edits are put on what is new."""
        hardware = await read_stored(host, record)
        if self.hardware is not None and record.state.is_active:
            # What was known to run counts until it has been read again: a review needs it.
            hardware = replace(hardware, live=self.hardware.live)
        self._take(hardware)
        if record.state.is_active:
            self._take(await read_live(host, record, hardware))
        self._settled.set()
        if self.surroundings.capabilities is None:
            found = await read_surroundings(host, hardware.stored)
            self._stand_in(replace(found, macs=self.app.fleet.macs(but=self.key)))
            neighbours = await read_neighbours(host, record.uuid)
            self._stand_in(replace(self.surroundings, neighbours=neighbours))

    def _stand_in(self, surroundings: Surroundings) -> None:
        """Take what there is around: all that shows of it is what does not fit."""
        self.surroundings = surroundings
        if self.session is not None and self.check(self.session.edited) != self.findings:
            self.show()

    def _take(self, hardware: Hardware) -> None:
        self.hardware = hardware
        session, stored = self.session, hardware.stored
        if session is None:
            self.session = EditSession(stored)
            self._ready.set()
        elif (session.base.to_xml(), session.base.edits.beside) == (
            stored.to_xml(),
            stored.edits.beside,
        ):
            pass
        elif not session.changes:
            self.session = EditSession(stored)
        elif session.rebase(stored):
            self.app.say("Someone else changed this machine; your edits are on top of it now.")
        elif self._clashing != (theirs := stored.to_xml()):
            self._clashing = theirs
            self.app.say("Someone else changed what you are editing; applying will ask.", "warning")
        self.show()

    def go_on_with(self, session: EditSession) -> None:
        """Draw what was edited in a session; where another has taken its place meanwhile,
        what someone else has stored since comes under the edits.
        """
        if session is not self.session and self.hardware is not None:
            self.session = session
            self._take(self.hardware)
        else:
            self.show()

    @property
    def _is_drawable(self) -> bool:
        return self.is_whole and bool(self.query("#hw-list, #hw-help"))

    def show(self) -> None:
        """Draw the list and the form afresh; the cursor stays on its device."""
        session, hardware = self.session, self.hardware
        if session is None or hardware is None or not self._is_drawable:
            return
        self.findings = self.check(session.edited)
        views = [*session.edited.sections, *ordered(session.edited.devices)]
        here, place = self.key_here, self.list.highlighted or 0
        self.keys = [view.key for view in views]
        self._width = self.list.size.width
        live = hardware.live
        self._live_views = None if live is None else counterparts(session.edited, live)
        room = max(20, self._width - 2)
        lines = [device_line(v, session, self._live_views, self.findings, room) for v in views]
        with self.prevent(OptionList.OptionHighlighted):
            self.list.show_lines(lines)
            self.list.highlighted = (
                self.keys.index(here) if here in self.keys else min(place, len(self.keys) - 1)
            )
        self.show_form()
        if self.edits:
            keys = self.app.hint("{hardware.review} reviews, {hardware.undo} takes back")
            self.say(f"{self.edits}, {keys}")
        else:
            self.say(self.readonly or self.app.hint(KEYS))

    def check(self, document: Domain) -> tuple[Finding, ...]:
        """What does not fit in a definition of this machine, on this host."""
        about_devices = findings_about(self.app, self.key, document, self.surroundings)
        return *check(document, self.surroundings), *about_devices

    @property
    def edits(self) -> str:
        """How many changes there are, in words; empty when there is none."""
        count = 0 if self.session is None else len(self.session.changes)
        return f"{count} change{'' if count == 1 else 's'}" if count else ""

    @property
    def readonly(self) -> str:
        """Why nothing can be edited; empty when it can."""
        machine = self.machine
        if machine is None:
            return "this machine is gone"
        not_read = "" if self.session is not None else "its definition has not been read yet"
        return host_refusal(machine[0].record, changes=True) or not_read

    @property
    def key_here(self) -> str:
        """Key of the view under the list's cursor."""
        here = self.list.highlighted
        return self.keys[here] if here is not None and here < len(self.keys) else ""

    @property
    def view(self) -> View | None:
        """The edited view under the list's cursor."""
        return self._view(self.key_here)

    def _view(self, key: str) -> View | None:
        return None if self.session is None else self.session.edited.view(key)

    def show_form(self) -> None:
        """Draw the form of the device under the list's cursor afresh."""
        session, view = self.session, self.view
        if session is None or view is None:
            return
        running = None if self._live_views is None else self._live_views.get(view.key)
        rows = form_rows(view, session.original(view), running, self.findings, self.readonly)
        self._show_title(view, (f"  {visible(view.summary)}", "$quiet"))
        self.form.show(rows)
        self.workers.cancel_group(self, "sizes")
        if isinstance(view, Disk) and view.source and session.original(view) is not None:
            work = partial(self._show_sizes, view)
            self.run_worker(work, exclusive=True, group="sizes")  # type: ignore[arg-type]

    async def _show_sizes(self, disk: Disk) -> None:
        """Behind the summary: how large, how much of it is used, what is below it."""
        machine, live = self.machine, self.hardware.live if self.hardware else None
        if machine is None:
            return
        try:
            capacity, used = await disk_sizes(*machine, disk.target)
        except HypervisorError:
            return  # the driver does not tell, or the disk is not there yet
        if not self._is_drawable:
            return
        running = None if live is None else live.device(disk.key)
        chain = running.backing_chain if isinstance(running, Disk) else ()
        below = "".join(f" ← {visible(layer)}" for layer in chain)
        self._show_title(
            disk,
            (f"  {size(capacity)}, {size(used)} used", "$foreground"),
            (f"  {visible(disk.summary)}{below}", "$quiet"),
        )

    def _show_title(self, view: View, *told: tuple[str, str]) -> None:
        title = Content.assemble((visible(view.label), "bold $text-primary"), *told)
        self.query_one("#hw-title", Static).update(title)

    @on(OptionList.OptionHighlighted, "#hw-list")
    def _device_highlighted(self) -> None:
        self.show_form()

    @on(OptionList.OptionSelected, "#hw-list")
    def _device_selected(self) -> None:
        self.form.lines.focus()

    def on_resize(self) -> None:
        """The list's lines are cut to its width."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        if self._is_drawable and self.list.size.width != self._width:
            self.show()

    @on(FieldForm.Moved)
    def _cursor_moved(self, event: FieldForm.Moved) -> None:
        """The help follows once the cursor rests: the key's own lines come first."""
        event.stop()
        if self._help_timer is not None:
            self._help_timer.cancel()
        # Not a timer of Textual's: each of those is a task.
        self._help_timer = asyncio.get_running_loop().call_later(REST, self._show_help)

    def _show_help(self) -> None:
        if not self._is_drawable:
            return
        row = self.form.row
        lines: list[Content] = []
        if row is not None:
            # What is wrong comes first: there may be no room for all.
            view = self.view
            general = [f.text for f in self.findings if view and f.key == view.key and not f.field]
            wrong = [*filter(None, [row.trouble]), *general[:1]]
            lines += [Content.assemble((text, "$text-error")) for text in wrong]
            lines.append(Content(row.help))
            if row.why_not:
                lines.append(Content.assemble((f"Not to be edited: {row.why_not}.", "$quiet")))
        self.query_one("#hw-help", Static).update(Content("\n").join(lines), layout=False)

    @on(FieldForm.Left)
    def _form_left(self) -> None:
        self.list.focus()

    async def when_read(self) -> None:
        """Wait until there is a session to edit in, or it is known that there is none."""
        await self._ready.wait()

    async def when_settled(self) -> None:
        """Wait until what runs is known too, or cannot be: the forecast needs it."""
        await self._settled.wait()
