"""The Hardware tab: what is edited at its keys (tui.actions.hardware), and applied."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from tui.actions.base import Scope
from tui.actions.machine import ShutDown, Start, needs_persistent
from tui.actions.registry import bindings_of
from tui.hypervisor import lifecycle
from tui.hypervisor.apply import Applied, ConflictError, apply
from tui.hypervisor.device_verbs import detach, detach_command
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.hardware import Hardware
from tui.hypervisor.records import DomainKey
from tui.hypervisor.volumes import delete_volume
from tui.model.changes import DeviceRemoved, LostError
from tui.model.compound import BootOrder
from tui.model.devices import Disk
from tui.model.devices.disk_source import DiskSource
from tui.model.domain import Domain
from tui.model.fields import Choice, Field, Switch, fields_of
from tui.model.node_devices import NodeDevice
from tui.model.rules import Finding
from tui.model.sections import Cpu
from tui.model.session import EditSession
from tui.model.text import visible
from tui.model.views import Device, View
from tui.screens.choose import OTHER, Choose, Offer
from tui.screens.devices.assign import Assignment
from tui.screens.devices.giving import room_for, still_leaving
from tui.screens.machine.boot_order import ask_boot_order
from tui.screens.machine.disk_data import (
    ask_about_data,
    ask_for_size,
    ask_to_force_eject,
    choose_medium,
)
from tui.screens.machine.hardware_view import HardwareView
from tui.screens.machine.new_volumes import NewVolumes
from tui.screens.machine.pins import PIN_FIELDS, PinGrid
from tui.widgets.field_form import FieldForm, FormRow

if TYPE_CHECKING:
    from tui.screens.machine.review import Review

SHUT_DOWN, START = ShutDown(), Start()
SAVED = Finding(
    "",
    "",
    "warning",
    "It has a saved state: the next start brings back the hardware of then. What is changed here "
    "comes with the start after that, or once the saved state is dropped.",
)


class HardwareTab(HardwareView):
    """Edits stay here until they are applied, dropped, or the person says to forget them."""

    scope = Scope.HARDWARE
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(Scope.HARDWARE),
        Binding("right", "to_form", show=False),
    ]

    def __init__(self, key: DomainKey, tab: str) -> None:
        super().__init__(key, tab)
        self._doomed: set[str] = set()
        """Sources whose data goes once their disks are removed."""
        self._leaving: dict[str, NodeDevice] = {}
        """Devices of the host that are taken from its drivers before it is applied, by name."""
        self._review: Review | None = None
        """The last one; it follows what becomes of the machine while it is in front."""
        self._volumes = NewVolumes()
        self._asked_for = ""
        """Key of the view that a value is asked for: the cursor may come to another meanwhile."""
        self._applying = False

    @property
    def unsaved(self) -> str:
        """The edits."""
        if self.session is None or not self.edits:
            return ""
        return f"{self.edits} to the hardware of {visible(self.session.base.name)}"

    def machine_changed(self) -> None:
        """Read it again, unless what changes it is our own doing, which is not over."""
        if not self._applying:
            super().machine_changed()

    def show(self) -> None:
        """Draw it afresh; what no edit needs any more stays with the host's drivers."""
        super().show()
        if self.session is not None and not self.session.changes:
            self._leaving.clear()

    # -- editing -------------------------------------------------------------------------

    @on(FieldForm.Edit)
    async def _edit(self, event: FieldForm.Edit) -> None:
        row, view = event.row, self.view
        if view is None or (field := fields_of(type(view)).get(row.name)) is None:
            return
        self._asked_for = self.key_here
        if row.why_not:
            self.app.say(f"{row.label}: {row.why_not}", "warning")
            return
        if isinstance(field, Switch):
            self._set(row.name, "no" if row.text == "yes" else "yes")
            return
        work = self._asking(row, field, view)
        if work is None:
            self.form.type_in(row, password=field.secret)
        else:
            self.run_worker(work, exclusive=True, group="choose")

    def _asking(
        self, row: FormRow, field: Field[object], view: View
    ) -> Coroutine[Any, Any, None] | None:
        """The dialog that asks for another value; None where it is typed into its row."""
        if isinstance(view, Cpu) and row.name in PIN_FIELDS and self.surroundings.cells:
            return self._pin(view)
        if isinstance(field, BootOrder):
            return self._order(row.name)
        if isinstance(view, Disk) and isinstance(field, DiskSource):
            return self._choose_medium(row, view)
        if field.picks and field.options(view, self.surroundings):
            return self._choose(row, field, view)
        return None

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

    async def _order(self, name: str) -> None:
        if self.session is None:
            return
        order = await ask_boot_order(self.app, self.session.edited)
        if order is not None:
            self._set(name, order)

    async def _choose_medium(self, row: FormRow, disk: Disk) -> None:
        machine = self.machine
        if machine is None:
            return
        try:
            chosen = await choose_medium(self.app, machine[0], disk, self.surroundings)
        except HypervisorError as error:
            self.app.tell_error(error)
            return
        if chosen is None:
            return
        source, kind = chosen
        if source == OTHER:
            self.form.type_in(row)
        elif self._set(row.name, source) and kind and disk.format != kind:
            self._set("format", kind)

    async def _pin(self, cpu: Cpu) -> None:
        texts = await self.app.push_screen_wait(PinGrid(cpu, self.surroundings))
        for name, text in (texts or {}).items():
            self._set(name, text)

    @on(FieldForm.Typed)
    def _typed(self, event: FieldForm.Typed) -> None:
        self._take_typed(event.name, event.text)

    def _take_typed(self, name: str, text: str) -> bool:
        """What cannot be taken stays in the line that it was typed in."""
        view, row = self._view(self._asked_for), self.form.row
        secret = view is not None and fields_of(type(view))[name].secret
        if secret and not text:
            return True  # nothing typed: the old one stays
        if self._set(name, text):
            return True
        if row is not None and view is not None:
            self.form.type_in(row, password=secret, typed=text)
        return False

    def _set(self, name: str, text: str) -> bool:
        key = self.edit(self._asked_for, name, text)
        if key is None:
            return False
        self.keys = [key if old == self._asked_for else old for old in self.keys]
        self._asked_for = key
        self.show()
        return True

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
            self.show()
        else:
            before = self.app.hint("{hardware.history} brings back what was applied before.")
            self.app.say(f"There is no edit to take back; {before}")

    async def remove_device(self) -> None:
        """``Delete``: take the device under the cursor away; a disk's data on request."""
        session, view = self.session, self.view
        if session is None or self.readonly:
            self.app.say(self.readonly, "warning")
            return
        if not isinstance(view, Device) or not view.removable:
            self.app.say("This cannot be removed.", "warning")
            return
        stored = session.original(view) is not None
        if isinstance(view, Disk) and view.device == "disk" and view.source and stored:
            delete = await ask_about_data(self.app, view)
            if delete is None:
                return
            (self._doomed.add if delete else self._doomed.discard)(view.source)
        session.remove(view.key)
        self.go_on_with(session)

    def _data_going(self, session: EditSession) -> list[str]:
        """Sources of removed disks whose data is to go with them."""
        removed = {c.key for c in session.changes.changes if isinstance(c, DeviceRemoved)}
        still_there = {disk.source for disk in session.edited.disks}
        gone = {disk.source for disk in session.base.disks if disk.key in removed}
        return sorted(self._doomed & gone - still_there)

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
        self._volumes.add(added.volumes)
        self.go_on_with(session)
        if key in self.keys:
            self.list.highlighted = self.keys.index(key)

    async def resize_disk(self) -> None:
        """``z``: enlarge the disk under the cursor, at once."""
        machine, disk = self.machine, self.view
        if machine is None or not isinstance(disk, Disk) or disk.device != "disk" or self.readonly:
            self.app.say(self.readonly or "Only disks can be resized.", "warning")
        elif await ask_for_size(self.app, *machine, disk):
            self.show_form()

    async def force_eject(self) -> None:
        """``E``: open a tray that the guest keeps locked, at once."""
        machine, drive, hardware = self.machine, self.view, self.hardware
        live = hardware.live if hardware is not None else None
        running = None if live is None or drive is None else live.device(drive.key)
        if machine is None or not isinstance(running, Disk) or not running.source or self.readonly:
            self.app.say(self.readonly or "There is no medium in a running drive.", "warning")
        else:
            await ask_to_force_eject(self.app, *machine, running)

    def action_to_form(self) -> None:
        """``→`` in the list, as ``←`` in the form comes back."""
        self.form.lines.focus()

    def refusal(self, command: str) -> str:
        """Why a command cannot be done now; empty when it can."""
        machine = self.machine
        if command != "restart_to_apply" or machine is None:
            return ""
        return needs_persistent(machine[1]) or SHUT_DOWN.refusal(self.app.fleet, machine[1])

    async def restart_to_apply(self) -> None:
        """``B``: shut down and start, so that what is stored takes effect."""
        machine = self.machine
        if machine is None:
            return
        record = machine[1]
        question = f"Shut down and start {visible(record.name)}?"
        steps = [visible(step.virsh(record)) for step in (SHUT_DOWN, START)]
        if await self.app.ask(question, lines=steps, yes="Restart"):
            await lifecycle.restart(*machine)

    # -- applying ------------------------------------------------------------------------

    async def review(self) -> None:
        """``Ctrl+S``: what is changed and when it takes effect; then apply it."""
        from tui.screens.machine.review import Review

        typed = self.form.typed()
        if typed is not None and not self._take_typed(*typed):
            return
        if self.session is not None and self.session.changes:
            await self.when_settled()
        session, hardware, machine = self.session, self.hardware, self.machine
        if session is None or hardware is None or machine is None or not session.changes:
            self.app.say("There is nothing to apply.")
            return
        self._review = Review(
            machine[1].name,
            session,
            hardware.status,
            hardware.live,
            check=self._check_with_saved,
            first=self._commands_before,
            going=self._data_going,
        )
        if await self.app.push_screen_wait(self._review):
            await self._apply(session)
        self.show()

    def _take(self, hardware: Hardware) -> None:
        super()._take(hardware)
        if self._review is not None:
            self._review.follow(hardware.status, hardware.live)

    def _check_with_saved(self, document: Domain) -> Sequence[Finding]:
        machine = self.machine
        saved = (SAVED,) if machine is not None and machine[1].managed_save else ()
        return *saved, *self.check(document)

    def _commands_before(self, session: EditSession) -> list[str]:
        """What is run on the host before the definition is stored, as virsh would."""
        leaving = still_leaving(self._leaving, session.edited)
        commands = [detach_command(device) for device in leaving.values()]
        return commands + [volume.command for volume in self._volumes.wanted(session)]

    async def _apply(self, session: EditSession) -> None:
        from tui.screens.machine.applied import tell_applied
        from tui.screens.machine.conflict import resolve

        machine = self.machine
        if machine is None:
            self.app.say("The machine is gone; nothing was applied.", "error")
            return
        doomed = self._data_going(session)
        self._applying = True
        self.say("applying…")
        try:
            for name in still_leaving(self._leaving, session.edited):
                await detach(machine[0], self._leaving[name])
                del self._leaving[name]
            await self._volumes.make(machine[0], session)
            applied: Applied = await apply(
                *machine,
                session.base,
                session.edited,
                held_back=frozenset(session.held_back),
                now_only=frozenset(session.now_only),
            )
        except ConflictError as conflict:
            await self._volumes.unmake(self.app, machine[0])
            if await resolve(self.app, session, conflict):
                await self._apply(session)
            return
        except HypervisorError as error:
            self.app.tell_error(error)
            await self._volumes.unmake(self.app, machine[0])
            return
        finally:
            self._applying = False
        self._volumes.done()
        self._doomed = set()
        self.session = None
        self.machine_changed()
        await tell_applied(self.app, machine[1], applied)
        if applied.failed and doomed:
            paths = visible(", ".join(doomed))
            self.app.say(f"Not deleted, because not all could be done: {paths}.", "warning")
            return
        for source in doomed:
            try:
                await delete_volume(machine[0], source)
            except HypervisorError as error:  # the others go all the same
                self.app.tell_error(error)

    async def show_history(self) -> None:
        """``h``: the definitions that were replaced."""
        from tui.screens.machine.history import choose_version

        machine, session = self.machine, self.session
        if machine is None or session is None:
            return
        version = await choose_version(self.app, *machine, session.base)
        if version is not None:
            session.replace(version)
            self.go_on_with(session)
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
            self.go_on_with(session)

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
            self.go_on_with(session)
            await self.review()
