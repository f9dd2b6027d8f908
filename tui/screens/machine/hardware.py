"""The Hardware tab: devices to the left, the form of the chosen one to the right."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.actions.base import Scope, host_refusal
from tui.actions.registry import bindings_of
from tui.hypervisor import lifecycle
from tui.hypervisor.apply import Applied, ConflictError, apply
from tui.hypervisor.device_verbs import detach, detach_command
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.hardware import (
    Hardware,
    read_live,
    read_neighbours,
    read_stored,
    read_surroundings,
)
from tui.hypervisor.volumes import delete_volume, disk_sizes
from tui.model.changes import LostError
from tui.model.devices import Disk
from tui.model.fields import Choice, Field, Switch
from tui.model.node_devices import NodeDevice
from tui.model.plan import counterpart
from tui.model.rules import Finding, check
from tui.model.sections import Cpu
from tui.model.session import EditSession
from tui.model.surroundings import Surroundings
from tui.model.text import visible
from tui.model.units import size
from tui.model.views import Device, View
from tui.screens.choose import Choose, Offer
from tui.screens.devices.assign import Assignment
from tui.screens.devices.giving import findings_about, room_for, still_leaving
from tui.screens.machine.disk_data import ask_about_data, ask_for_size, ask_to_force_eject
from tui.screens.machine.hardware_lines import device_line, form_rows, ordered
from tui.screens.machine.pins import FIELDS, PinGrid
from tui.screens.machine.tab import Tab
from tui.widgets.field_form import FieldForm, FormRow
from tui.widgets.options import Options

REST = 0.05
"""Seconds without a key after which the help follows the cursor."""
OTHER = "\0other"
"""Chosen where the person wants to type a value that is not offered."""


class HardwareTab(Tab):
    """Edits stay here until they are applied, dropped, or the person says to forget them."""

    scope = Scope.HARDWARE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.HARDWARE)]

    def __init__(self, key: tuple[str, str], tab: str) -> None:
        super().__init__(key, tab)
        self.session: EditSession | None = None
        self.hardware: Hardware | None = None
        self.surroundings = Surroundings()
        self.findings: Sequence[Finding] = ()
        self._keys: list[str] = []
        self._ready = asyncio.Event()
        self._settled = asyncio.Event()
        """What runs has been read as well, or it is off, or it cannot be read."""
        self._help_timer: asyncio.TimerHandle | None = None
        self._doomed: set[str] = set()
        """Sources whose data goes once their disks are removed."""
        self._leaving: dict[str, NodeDevice] = {}
        """Devices of the host that are taken from its drivers before it is applied, by name."""
        self._applying = False

    def compose(self) -> ComposeResult:
        """Device list, form, help."""
        with Horizontal(id="hw-body"):
            yield Options(id="hw-list")
            with Vertical(id="hw-right"):
                yield Static(id="hw-title", markup=False)
                yield FieldForm(id="hw-form")
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

    @property
    def unsaved(self) -> str:
        """The edits."""
        count = 0 if self.session is None else len(self.session.changes)
        if not count or self.session is None:
            return ""
        word = "change" if count == 1 else "changes"
        return f"{count} {word} to the hardware of {visible(self.session.base.name)}"

    def shown(self) -> None:
        """Read it."""
        self.list.focus()
        self.machine_changed()

    def machine_changed(self) -> None:
        """Read it again; edits are put on what is new where they do not touch."""
        if not self._applying:
            self.read_with(self._read)

    async def _read(self) -> None:
        machine = self.machine
        if machine is None:
            return
        host, record = machine
        try:
            hardware = await read_stored(host, record)
            self._take(hardware)
            if record.state.is_active:
                self._take(await read_live(host, record, hardware))
            self._settled.set()
            if self.surroundings.capabilities is None:
                found = await read_surroundings(host, hardware.stored)
                self.surroundings = replace(found, macs=self._macs_of_others())
                self._show()
                neighbours = await read_neighbours(host, record.uuid)
                self.surroundings = replace(self.surroundings, neighbours=neighbours)
        except HypervisorError as error:
            self._settled.set()
            self.say(error.words)
            return
        self._show()

    def _macs_of_others(self) -> dict[str, str]:
        """MAC addresses of every other machine that we see, on any host."""
        return {
            mac.lower(): record.name
            for record in self.app.fleet.domains()
            if record.key != self.key and record.details is not None
            for mac in record.details.macs
        }

    def _take(self, hardware: Hardware) -> None:
        self.hardware = hardware
        session, stored = self.session, hardware.stored
        if session is None:
            self.session = EditSession(stored)
            self._ready.set()
        elif session.base.to_xml() == stored.to_xml():
            pass
        elif not session.changes:
            self.session = EditSession(stored)
        elif session.rebase(stored):
            self.app.say("Someone else changed this machine; your edits are on top of it now.")
        else:
            self.app.say(
                "Someone else changed what you are editing; the review will ask.", "warning"
            )
        self._show()

    @property
    def _is_drawable(self) -> bool:
        return self.is_whole and bool(self.query("#hw-list, #hw-help"))

    def _show(self) -> None:
        """Draw the list and the form afresh; the cursor stays on its device."""
        session, hardware = self.session, self.hardware
        if session is None or hardware is None or not self._is_drawable:
            return
        about_devices = findings_about(self.app, self.key, session.edited, self.surroundings)
        self.findings = (*check(session.edited, self.surroundings), *about_devices)
        views = [*session.edited.sections, *ordered(session.edited.devices)]
        here = self.key_here
        self._keys = [view.key for view in views]
        width = max(20, self.list.size.width - 2)
        with self.prevent(OptionList.OptionHighlighted):
            self.list.clear_options()
            self.list.add_options(
                Option(device_line(view, session, hardware.live, self.findings, width))
                for view in views
            )
            self.list.highlighted = self._keys.index(here) if here in self._keys else 0
        self._show_form()
        count = len(session.changes)
        word = "change" if count == 1 else "changes"
        if not count:
            self._leaving.clear()
        if count:
            self.say(f"{count} {word}, Ctrl+S reviews, Ctrl+Z takes back")
        else:
            self.say(self.readonly or "a adds, Del removes, h history, P pending")

    @property
    def readonly(self) -> str:
        """Why nothing can be edited; empty when it can."""
        machine = self.machine
        if machine is None:
            return "this machine is gone"
        return host_refusal(machine[0].record, changes=True)

    @property
    def key_here(self) -> str:
        """Key of the view under the list's cursor."""
        here = self.list.highlighted
        return self._keys[here] if here is not None and here < len(self._keys) else ""

    @property
    def view(self) -> View | None:
        """The edited view under the list's cursor."""
        return None if self.session is None else self.session.edited.view(self.key_here)

    def _show_form(self) -> None:
        session, hardware, view = self.session, self.hardware, self.view
        if session is None or hardware is None or view is None:
            return
        running = None
        if hardware.live is not None:
            running = counterpart(session.edited, view.key, hardware.live)
        rows = form_rows(view, session.original(view), running, self.findings, self.readonly)
        summary = visible(view.summary)
        self.query_one("#hw-title", Static).update(
            Content.assemble(
                (visible(view.label), "bold $text-primary"), ("  " + summary, "$quiet")
            )
        )
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
        self.query_one("#hw-title", Static).update(
            Content.assemble(
                (visible(disk.label), "bold $text-primary"),
                (f"  {size(capacity)}, {size(used)} used", "$foreground"),
                (f"  {visible(disk.summary)}{below}", "$quiet"),
            )
        )

    @on(OptionList.OptionHighlighted, "#hw-list")
    def _device_highlighted(self) -> None:
        self._show_form()

    @on(OptionList.OptionSelected, "#hw-list")
    def _device_selected(self) -> None:
        self.form.lines.focus()

    def on_resize(self) -> None:
        """The list's lines are cut to its width."""
        self.call_after_refresh(self._show)

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
            lines.append(Content(row.help))
            if row.trouble:
                lines.append(Content.assemble((row.trouble, "$text-error")))
            elif row.why_not:
                lines.append(Content.assemble((f"Not to be edited: {row.why_not}.", "$quiet")))
            view = self.view
            general = [f.text for f in self.findings if view and f.key == view.key and not f.field]
            lines += [Content.assemble((text, "$text-error")) for text in general[:1]]
        self.query_one("#hw-help", Static).update(Content("\n").join(lines), layout=False)

    @on(FieldForm.Left)
    def _form_left(self) -> None:
        self.list.focus()

    # -- editing -------------------------------------------------------------------------

    def _field(self, name: str) -> Field[object] | None:
        view = self.view
        return None if view is None else type(view).fields().get(name)

    @on(FieldForm.Edit)
    async def _edit(self, event: FieldForm.Edit) -> None:
        row = event.row
        field, view = self._field(row.name), self.view
        if field is None or view is None:
            return
        if row.why_not:
            self.app.say(f"{row.label}: {row.why_not}", "warning")
            return
        if isinstance(field, Switch):
            self._set(row.name, "no" if row.text == "yes" else "yes")
            return
        if isinstance(view, Cpu) and row.name in FIELDS and self.surroundings.cells:
            self.run_worker(self._pin(view), exclusive=True, group="choose")
            return
        offers = field.options(view, self.surroundings) if field.picks else ()
        if not offers:
            self.form.type_in(row, password=field.secret)
            return
        self.run_worker(self._choose(row, field, view), exclusive=True, group="choose")

    async def _choose(self, row: FormRow, field: Field[object], view: View) -> None:
        options = field.options(view, self.surroundings)
        offers = [Offer(o.value, o.label or "none", o.note, o.why_not) for o in options]
        if not isinstance(field, Choice):
            offers.append(Offer(OTHER, "another…", "typed"))
        chosen = await self.app.push_screen_wait(
            Choose(f"{visible(view.label)}: {row.label}", offers, row.text)
        )
        if chosen == OTHER:
            self.form.type_in(row)
        elif chosen is not None:
            self._set(row.name, chosen)

    async def _pin(self, cpu: Cpu) -> None:
        texts = await self.app.push_screen_wait(PinGrid(cpu, self.surroundings))
        for name, text in (texts or {}).items():
            self._set(name, text)

    @on(FieldForm.Typed)
    def _typed(self, event: FieldForm.Typed) -> None:
        field = self._field(event.name)
        if field is not None and field.secret and not event.text:
            return  # nothing typed: the old one stays
        self._set(event.name, event.text)

    def _set(self, name: str, text: str) -> None:
        place = self.list.highlighted or 0
        key = self.edit(self.key_here, name, text)
        if key is not None:
            self._keys[place] = key
            self._show()

    def edit(self, key: str, field: str, text: str) -> str | None:
        """Give a field another value; the view's key after it, None where it was not taken."""
        if self.session is None:
            return None
        try:
            return self.session.set(key, field, text)
        except (ValueError, LostError) as error:
            self.app.say(str(error), "error")
            return None

    def undo(self) -> None:
        """``Ctrl+Z``: take the last edit back."""
        if self.session is not None and self.session.undo():
            self._show()
        else:
            self.app.say("There is no edit to take back.")

    async def remove_device(self) -> None:
        """``Delete``: take the device under the cursor away; a disk's data on request."""
        session, view = self.session, self.view
        if session is None or self.readonly:
            self.app.say(self.readonly, "warning")
            return
        if not isinstance(view, Device) or not view.removable:
            self.app.say("This cannot be removed.", "warning")
            return
        if isinstance(view, Disk) and view.device == "disk" and view.source:
            delete = await ask_about_data(self.app, view)
            if delete is None:
                return
            if delete:
                self._doomed.add(view.source)
        session.remove(view.key)
        self._show()

    async def add(self) -> None:
        """``a``: add hardware."""
        from tui.screens.machine.add_hardware import add_hardware

        machine = self.machine
        if self.session is None or machine is None or self.readonly:
            self.app.say(self.readonly, "warning")
            return
        added = await add_hardware(self.app, *machine, self.session.edited, self.surroundings)
        if added is not None:
            await self.give(added)

    async def give(self, added: Assignment) -> None:
        """Take new devices into the edit; what has to leave the host does so when it is applied."""
        session, hardware = self.session, self.hardware
        if session is None or hardware is None:
            return
        ports = await room_for(self.app, added, hardware.live)
        key = session.add(*added.xmls, *ports)
        self._leaving.update((device.name, device) for device in added.detach)
        self._show()
        if key in self._keys:
            self.list.highlighted = self._keys.index(key)

    async def resize_disk(self) -> None:
        """``z``: enlarge the disk under the cursor, at once."""
        machine, disk = self.machine, self.view
        if machine is None or not isinstance(disk, Disk) or disk.device != "disk" or self.readonly:
            self.app.say(self.readonly or "Only disks can be resized.", "warning")
        elif await ask_for_size(self.app, *machine, disk):
            self._show_form()

    async def force_eject(self) -> None:
        """``E``: open a tray that the guest keeps locked, at once."""
        machine, drive, hardware = self.machine, self.view, self.hardware
        live = hardware.live if hardware is not None else None
        running = None if live is None or drive is None else live.device(drive.key)
        if machine is None or not isinstance(running, Disk) or not running.source or self.readonly:
            self.app.say(self.readonly or "There is no medium in a running drive.", "warning")
        else:
            await ask_to_force_eject(self.app, *machine, running)

    async def restart_to_apply(self) -> None:
        """``B``: shut down and start, so that what is stored takes effect."""
        machine = self.machine
        if machine is None or self.readonly or not machine[1].state.is_active:
            self.app.say(self.readonly or "It is off: start it.", "warning")
            return
        if await self.app.ask(f"Shut down and start {visible(machine[1].name)}?", yes="Restart"):
            await lifecycle.restart(*machine)

    async def when_read(self) -> None:
        """Wait until there is something to edit."""
        await self._ready.wait()

    async def when_settled(self) -> None:
        """Wait until what runs is known too: the forecast needs it."""
        await self._settled.wait()

    # -- applying ------------------------------------------------------------------------

    async def review(self) -> None:
        """``Ctrl+S``: what is changed and when it takes effect; then apply it."""
        from tui.screens.machine.review import Review

        session, hardware, machine = self.session, self.hardware, self.machine
        if session is None or hardware is None or machine is None or not session.changes:
            self.app.say("There is nothing to apply.")
            return
        leaving = still_leaving(self._leaving, session.edited)
        first = [detach_command(device) for device in leaving.values()]
        review = Review(machine[1].name, session, hardware.situation, hardware.live, first)
        if await self.app.push_screen_wait(review):
            await self._apply(session)
        self._show()

    async def _apply(self, session: EditSession) -> None:
        from tui.screens.machine.applied import tell_applied
        from tui.screens.machine.conflict import resolve

        machine = self.machine
        if machine is None:
            self.app.say("The machine is gone; nothing was applied.", "error")
            return
        self._applying = True
        self.say("applying…")
        try:
            for name in still_leaving(self._leaving, session.edited):
                await detach(machine[0], self._leaving[name])
                del self._leaving[name]
            applied: Applied = await apply(
                *machine,
                session.base,
                session.edited,
                held_back=frozenset(session.held_back),
                now_only=frozenset(session.now_only),
            )
        except ConflictError as conflict:
            if await resolve(self.app, session, conflict):
                await self._apply(session)
            return
        except HypervisorError as error:
            self.app.tell_error(error)
            return
        finally:
            self._applying = False
        doomed, self._doomed = self._doomed, set()
        self.session = None
        self.machine_changed()
        await tell_applied(self.app, applied)
        if not applied.failed:
            still_there = {disk.source for disk in session.edited.disks}
            for source in sorted(doomed - still_there):
                await delete_volume(machine[0], source)

    async def show_history(self) -> None:
        """``h``: the definitions that were replaced."""
        from tui.screens.machine.history import choose_version

        machine, session = self.machine, self.session
        if machine is None or session is None:
            return
        version = await choose_version(self.app, *machine, session.base)
        if version is not None:
            session.replace(version)
            self._show()
            await self.review()

    async def show_pending(self) -> None:
        """``P``: what of the definition waits for the next boot."""
        from tui.screens.machine.pending import choose_pending

        session, hardware = self.session, self.hardware
        if session is None or hardware is None or hardware.live is None:
            self.app.say("The machine is off: nothing is pending.")
            return
        reverted = await choose_pending(self.app, hardware.live, session.edited)
        if reverted is not None:
            session.replace(reverted)
            self._show()

    async def edit_xml(self) -> None:
        """``X``: the XML of the machine, at the device under the cursor."""
        from tui.screens.machine.xml_editor import XmlEditor

        session, view = self.session, self.view
        if session is None or self.readonly:
            self.app.say(self.readonly, "warning")
            return
        machine = self.machine
        name = machine[1].name if machine else ""
        edited = await self.app.push_screen_wait(XmlEditor(name, session.edited, view))
        if edited is not None:
            session.replace(edited)
            self._show()
            await self.review()
