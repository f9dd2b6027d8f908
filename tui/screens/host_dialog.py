"""An entry of the connection book, to write or to change."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from tui.hypervisor.host import Host
from tui.hypervisor.records import HostState
from tui.hypervisor.signin import AGAIN
from tui.hypervisor.support import lacking
from tui.in_thread import in_thread
from tui.model import units
from tui.model.text import visible
from tui.model.uri import expand
from tui.screens.host_columns import round_trip, shown_uri
from tui.screens.host_form import PARTS, Part, choices_of, fault_of, parts_of, uri_of
from tui.screens.program import Program
from tui.screens.sign_in import LOOK_AGAIN
from tui.settings import COLOURS, HostEntry
from tui.widgets.tick import Tick

USUAL = ("qemu:///system", "qemu:///session", "qemu+ssh://", "test:///default")
"""URIs offered while typing, after the aliases."""
ALIASES_SHOWN = 4


def fault(name: str, uri: str, taken: Collection[str], aliases: Collection[str]) -> str:
    """What is wrong with a new entry; empty when it will do."""
    name, uri = name.strip(), uri.strip()
    if not name:
        return "A host needs a name."
    if name in taken:
        return f"There is a host called {visible(name)} already."
    if wrong := _fault_of_uri(uri, aliases):
        return wrong
    try:
        names, uris = expand(name), expand(uri)
    except ValueError as error:
        return f"The range {error}."
    if len(names) != len(uris):
        return "Name and URI need the same range: node[01:20]."
    return ""


def _fault_of_uri(uri: str, aliases: Collection[str]) -> str:
    if not uri:
        return "A host needs a URI, like qemu:///system or qemu+ssh://user@host/system."
    scheme, found, _rest = uri.partition(":/")
    is_uri = found and scheme[:1].isalpha() and not any(char.isspace() for char in uri)
    if uri not in aliases and not is_uri:
        return "This is no URI (driver:///path) and no alias in libvirt.conf."
    return ""


def _row(*fields: str | Widget) -> Horizontal:
    """A line of the dialog; texts are labels."""
    widgets = (Label(field) if isinstance(field, str) else field for field in fields)
    return Horizontal(*widgets, classes="host-row")


def _entry(
    id: str, value: str, hint: str = "", choices: Sequence[str] = (), classes: str | None = None
) -> Input:
    """``hint`` is shown while it is empty; ``choices`` are offered while one types."""
    suggester = SuggestFromList(choices) if choices else None
    entry = Input(
        value, placeholder=hint, suggester=suggester, id=id, classes=classes, compact=True
    )
    entry.cursor_blink = False  # idle costs nothing
    return entry


def _part(part: Part, parts: Mapping[str, str]) -> Input:
    """The field of a part of the URI, with the text that it has in ``parts``."""
    value = parts.get(part.id, "")
    return _entry(f"part-{part.id}", value, part.hint, part.choices, classes="host-part")


class HostDialog(ModalScreen[HostEntry | None]):
    """Name, URI, ticks, the URI's parts, groups and mark.

    An alias of libvirt.conf stands for its URI. A part that is changed is written into the
    URI; a URI typed by hand is taken as it is and shows its parts.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "take", "Save", priority=True),
        Binding("ctrl+t", "test", "Test", priority=True),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    app: Program

    def __init__(
        self,
        title: str,
        entry: HostEntry | None,
        taken: Collection[str],
        aliases: Mapping[str, str],
    ) -> None:
        super().__init__()
        self.heading = title
        self.entry = entry
        self.taken = taken
        self.aliases = aliases
        self._trial: Host | None = None
        self._lacks: Mapping[str, str] = {}

    def compose(self) -> ComposeResult:
        """The fields and what is wrong with them."""
        entry = self.entry or HostEntry("-", "-")
        name, uri = (entry.name, entry.uri) if self.entry else ("", "")
        parts = parts_of(uri)
        with VerticalScroll(classes="dialog -wide", can_focus=False):
            yield Static(Content(self.heading), classes="dialog--title")
            yield _row("Name", _entry("host-name", name))
            usual = [*self.aliases, *USUAL]
            yield _row("URI", _entry("host-uri", uri, "qemu+ssh://user@host/system", usual))
            if self.aliases:
                yield Static(self._alias_lines(), id="host-aliases")
            yield _row(
                "",
                Tick("Connect at start", entry.autoconnect, id="host-auto", compact=True),
                Tick("Read-only", entry.readonly, id="host-readonly", compact=True),
            )
            for left, right in PARTS:
                yield _row(left.label, _part(left, parts), right.label, _part(right, parts))
            yield _row("Groups", _entry("host-tags", " ".join(entry.tags), "words"))
            colours = COLOURS[1:]
            yield _row(
                "Mark",
                _entry("host-mark", entry.mark, "a word where actions are confirmed"),
                "Colour",
                _entry("host-colour", entry.colour, " ".join(colours), colours),
            )
            yield Static("", id="host-choices", markup=False)
            yield Static("", id="host-fault", markup=False)
            yield Static(
                "Enter or Ctrl+S saves, Ctrl+T tests the connection, Escape cancels",
                classes="dialog--hint",
            )

    def _alias_lines(self) -> Content:
        lines = [f"{visible(name)} = {shown_uri(uri)}" for name, uri in self.aliases.items()]
        more = len(lines) - ALIASES_SHOWN
        if more > 0:
            lines[ALIASES_SHOWN:] = [f"and {more} more in libvirt.conf"]
        return Content("\n".join(lines))

    def on_mount(self) -> None:
        """Find out what libvirt lacks here."""
        self.run_worker(self._find_out())

    async def _find_out(self) -> None:
        """Asked once in a run, in a thread."""
        self._lacks = await in_thread(lacking)
        self._show_choices()

    def on_descendant_focus(self) -> None:
        """Another field: what may be put there."""
        self._show_choices()

    def _show_choices(self) -> None:
        focused = self.focused.id if self.focused is not None else None
        part = next((p for row in PARTS for p in row if f"part-{p.id}" == focused), None)
        line = choices_of(part, self._lacks) if part is not None and part.choices else Content("")
        for area in self.query("#host-choices").results(Static):  # none in a dialog that goes
            area.display = bool(line.plain)
            area.update(line)

    def on_unmount(self) -> None:
        """A test under way ends with the dialog."""
        self._end_trial()

    # -- URI and parts -------------------------------------------------------------------------

    @on(Input.Changed, "#host-uri")
    def uri_typed(self, event: Input.Changed) -> None:
        """What the URI says is shown in the parts, unless it comes from there."""
        if not event.input.has_focus:
            return
        parts = parts_of(self.aliases.get(event.value.strip(), event.value))
        with self.prevent(Input.Changed):
            for field in self.query(".host-part").results(Input):
                field.value = parts.get(str(field.id).removeprefix("part-"), "")

    @on(Input.Changed, ".host-part")
    def part_typed(self, event: Input.Changed) -> None:
        """A part that was changed by hand is written into the URI."""
        if event.input.has_focus:
            uri = self.query_one("#host-uri", Input)
            with self.prevent(Input.Changed):
                uri.value = uri_of(self._parts(), uri.value)
            parts = self._parts()
            lack = next((self._lacks[p] for p in parts.values() if p in self._lacks), "")
            self._say(lack or fault_of(parts), "$text-warning")

    def _parts(self) -> dict[str, str]:
        fields = self.query(".host-part").results(Input)
        return {str(field.id).removeprefix("part-"): field.value for field in fields}

    def _say(self, text: str, style: str) -> None:
        self.query_one("#host-fault", Static).update(Content.assemble((text, style)))

    # -- answering -----------------------------------------------------------------------------

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Enter in a field: on to the URI while that is empty."""
        uri = self.query_one("#host-uri", Input)
        if self.query_one("#host-name", Input).has_focus and not uri.value.strip():
            uri.focus()
        else:
            self.action_take()

    def action_take(self) -> None:
        """Answer with the entry, or say what is wrong with it."""
        name = self.query_one("#host-name", Input).value.strip()
        uri = self.query_one("#host-uri", Input).value.strip()
        colour = self.query_one("#host-colour", Input).value.strip()
        wrong = fault(name, uri, self.taken, self.aliases)
        if not wrong and colour not in COLOURS:
            wrong = f"No such colour. There are {', '.join(COLOURS[1:])}."
        if not wrong and self.entry is not None and len(expand(name)) > 1:
            wrong = "A range makes several hosts: this is one. Add makes several."
        parts = parts_of(uri)
        if not wrong and parts:
            wrong = fault_of(parts) if parts["transport"] in ("ssh", "") else ""
        if wrong:
            self._say(wrong, "$text-error")
            return
        self.dismiss(
            HostEntry(
                name,
                self.aliases.get(uri, uri),
                autoconnect=self.query_one("#host-auto", Tick).value,
                readonly=self.query_one("#host-readonly", Tick).value,
                tags=self.query_one("#host-tags", Input).value.split(),
                mark=self.query_one("#host-mark", Input).value.strip(),
                colour=colour,
            )
        )

    # -- testing -------------------------------------------------------------------------------

    def action_test(self) -> None:
        """Connect as the fields say, and tell how that went."""
        typed = self.query_one("#host-uri", Input).value.strip()
        if wrong := _fault_of_uri(typed, self.aliases):
            self._say(wrong, "$text-error")
            return
        uri = self.aliases.get(typed, typed)
        self._end_trial()
        with contextlib.suppress(ValueError):
            uri = expand(uri)[0]
        self._say("Connecting…", "$text-warning")
        readonly = self.query_one("#host-readonly", Tick).value
        self._trial = self.app.fleet.trial(uri, readonly, self._told)
        self._trial.open()

    def _told(self, host: Host) -> None:
        if host is not self._trial or not self.is_running:
            return
        record = host.record
        if host.question is not None:
            self.call_later(self._let_ask, host)
        elif record.facts is not None:
            facts = record.facts
            machines = len(host.inventory.domains)
            self._say(
                f"It works: {facts.driver} {facts.hypervisor_version}, libvirt "
                f"{facts.libvirt_version}, {units.count(machines, 'machine')}, "
                f"{round_trip(record.round_trip)}",
                "$text-success",
            )
            self._end_trial()
        elif record.error is not None and record.state is not HostState.CONNECTING:
            advice = record.error.advice.replace(AGAIN, "Ctrl+T asks again.")
            told = f"{record.error.words}\n{advice}".strip()
            self._say(visible(told, newlines=True), "$text-error")
            if record.state is not HostState.NEEDS_AUTHENTICATION or host.question is None:
                self._end_trial()

    def _let_ask(self, host: Host) -> None:
        """Show what it asks, once the dialog of the question before is gone."""
        if host is not self._trial:
            return
        if self.is_active:
            self.app.show_sign_in(host)
        elif host.question is not None:
            self.set_timer(LOOK_AGAIN, partial(self._let_ask, host))

    def _end_trial(self) -> None:
        trial, self._trial = self._trial, None
        if trial is not None:
            trial.close()
