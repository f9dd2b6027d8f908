"""Taking a snapshot: a form, and beneath it what speaks for and against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.model.snapshot_defaults import default_external, first_request, with_files
from tui.model.snapshot_request import DiskWish, SnapshotRequest
from tui.model.snapshot_rules import Circumstances, forbidden, remarks
from tui.model.text import visible
from tui.screens.choose import Choose, Offer
from tui.screens.machine.snapshot_lines import remark_lines
from tui.screens.marks import HostMarks
from tui.screens.program import Program
from tui.widgets.field_form import FieldForm, FormRow

MODES = {
    "external": "an overlay on top; the image stays as it is",
    "internal": "inside the qcow2 image",
    "no": "left out: reverting does not touch it",
}


class NewSnapshot(Screen[SnapshotRequest | None]):
    """Answers what to take; Ctrl+S takes it when nothing forbids it."""

    app: Program
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take", "Take it", priority=True),
        Binding("escape,q", "dismiss(None)", "Back"),
    ]

    def __init__(self, machine: str, state: str, now: Circumstances) -> None:
        super().__init__()
        self.machine = machine
        self.state = state
        """The machine's, in a word."""
        self.now = now
        self.wanted = first_request(machine, now)
        self._own_files: dict[str, str] = {}
        """Files that the person has named, by row."""

    def compose(self) -> ComposeResult:
        """Heading, form, remarks, keys."""
        yield HostMarks()
        yield Static(
            Content.assemble(
                (f" Take a snapshot of {visible(self.machine)}", "bold $text-primary"),
                (f"  it is {self.state}", "$quiet"),
            ),
            id="heading",
            markup=False,
        )
        yield FieldForm(id="snapshot-form")
        with VerticalScroll(id="snapshot-remarks", can_focus=False):
            yield Static(id="snapshot-told", markup=False)
        yield Static(" Enter edits   Ctrl+S takes the snapshot   Esc back", id="hint", markup=False)

    def on_mount(self) -> None:
        """Show it."""
        self._show()
        self.query_one(FieldForm).lines.focus()

    def on_field_form_left(self) -> None:
        """Escape in the form."""
        self.dismiss(None)

    # -- what is shown -----------------------------------------------------------------------

    def _rows(self) -> list[FormRow]:
        wanted, now = self.wanted, self.now
        external, why = default_external(now)
        rows = [
            _row("name", "Name", wanted.name),
            _row("description", "Description", wanted.description),
            _row(
                "kind",
                "Kind",
                "external" if wanted.external else "internal",
                note=why if wanted.external == external else "",
                why_not="" if now.takes_external else why,
            ),
            _row(
                "memory",
                "Memory as well",
                "yes" if wanted.memory else "no",
                note="going back continues where it was" if wanted.memory else "",
                why_not=_why_not_memory(wanted, now),
            ),
        ]
        if wanted.external and wanted.memory:
            rows.append(_row("memory_file", "Memory file", wanted.memory_file))
        if wanted.external:
            rows.append(
                _row(
                    "quiesce",
                    "Hold still",
                    "yes" if wanted.quiesce else "no",
                    note="the agent freezes the file systems for a moment",
                    why_not=_why_not_quiesce(wanted, now),
                )
            )
        for disk in now.taking_part:
            wish = wanted.disks.get(disk.target)
            if wish is None:
                continue
            rows.append(_row(f"mode {disk.target}", disk.label, wish.mode, note=disk.source))
            if wish.mode == "external":
                rows.append(_row(f"file {disk.target}", "  overlay", wish.file or "libvirt's name"))
        return rows

    def _show(self) -> None:
        self.query_one(FieldForm).show(self._rows(), keep=True)
        found = remarks(self.wanted, self.now)
        command = Content.assemble(("\n" + visible(self.wanted.virsh(self.machine)), "$faint"))
        told = remark_lines(found) if found else Content("Nothing speaks against it.")
        self.query_one("#snapshot-told", Static).update(Content.assemble(told, command))

    # -- editing -----------------------------------------------------------------------------

    @on(FieldForm.Edit)
    async def _edit(self, event: FieldForm.Edit) -> None:
        row = event.row
        if row.why_not:
            self.app.say(f"{row.label}: {visible(row.why_not)}", "warning")
        elif row.name == "memory":
            memory = not self.wanted.memory
            self._take(
                replace(self.wanted, memory=memory, quiesce=self.wanted.quiesce and not memory)
            )
        elif row.name == "quiesce":
            self._take(replace(self.wanted, quiesce=not self.wanted.quiesce))
        elif row.name == "kind":
            external = not self.wanted.external
            self._take(
                replace(
                    self.wanted,
                    external=external,
                    disks={},
                    quiesce=self.wanted.quiesce and external,
                    memory=self.now.running and not external,
                )
            )
        elif row.name.startswith("mode "):
            self.app.run_worker(self._choose_mode(row.name.removeprefix("mode ")))
        else:
            self.query_one(FieldForm).type_in(row)

    async def _choose_mode(self, target: str) -> None:
        present = self.wanted.disks[target].mode
        offers = [Offer(mode, mode, note) for mode, note in MODES.items()]
        chosen = await self.app.push_screen_wait(Choose(f"Disk {target}", offers, present))
        if chosen is not None:
            self._take(replace(self.wanted, disks={**self.wanted.disks, target: DiskWish(chosen)}))

    @on(FieldForm.Typed)
    def _typed(self, event: FieldForm.Typed) -> None:
        self._take_typed(event.name, event.text.strip())

    def _take_typed(self, name: str, text: str) -> None:
        if name == "name":
            self._take(replace(self.wanted, name=text))
        elif name == "description":
            self._take(replace(self.wanted, description=text))
        else:
            self._own_files[name] = text
            self._take(self.wanted)

    def _take(self, wanted: SnapshotRequest) -> None:
        """Name the files anew, but for those that the person has named."""
        wanted = with_files(self.machine, wanted, self.now)
        disks: Mapping[str, DiskWish] = {
            target: replace(wish, file=self._own_files.get(f"file {target}") or wish.file)
            if wish.mode == "external"
            else wish
            for target, wish in wanted.disks.items()
        }
        memory = self._own_files.get("memory_file") or wanted.memory_file
        self.wanted = replace(wanted, disks=disks, memory_file=memory if wanted.memory_file else "")
        self._show()

    def action_take(self) -> None:
        """Answer with what is being typed as well, unless something forbids it."""
        if typed := self.query_one(FieldForm).typed():
            name, text = typed
            self._take_typed(name, text.strip())
        found = remarks(self.wanted, self.now)
        if forbidden(found):
            first = found[0]
            self.app.say(f"{visible(first.what)} {visible(first.advice)}", "warning")
            return
        self.dismiss(self.wanted)


def _why_not_memory(wanted: SnapshotRequest, now: Circumstances) -> str:
    """Why nobody can choose whether memory is part of it; empty when one can."""
    if not now.running:
        return "it is off"
    return "" if wanted.external else "an internal one of a running machine always holds it"


def _why_not_quiesce(wanted: SnapshotRequest, now: Circumstances) -> str:
    """Why the guest cannot be held still; empty when it can, or is to be."""
    if wanted.quiesce:
        return ""
    if not now.running:
        return "it is off"
    if wanted.memory:
        return "with memory nothing has to be held still"
    if not now.agent:
        return "there is no guest agent"
    return "" if now.agent == "connected" else "the guest agent does not answer"


def _row(name: str, label: str, value: str, *, note: str = "", why_not: str = "") -> FormRow:
    shown = visible(value)
    return FormRow(name, label, shown, value, note=visible(why_not or note), why_not=why_not)
