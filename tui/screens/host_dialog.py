"""An entry of the connection book, to write or to change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, Static

from tui.model.text import visible
from tui.screens.host_columns import shown_uri
from tui.settings import HostEntry
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
    if not uri:
        return "A host needs a URI, like qemu:///system or qemu+ssh://user@host/system."
    if uri not in aliases and not _has_scheme(uri):
        return "This is no URI (driver:///path) and no alias in libvirt.conf."
    return ""


def _has_scheme(uri: str) -> bool:
    scheme, found, _rest = uri.partition(":/")
    return bool(found) and scheme[:1].isalpha() and not any(char.isspace() for char in uri)


class HostDialog(ModalScreen[HostEntry | None]):
    """Name, URI, autoconnect, read-only; an alias of libvirt.conf stands for its URI."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "take", "Save", priority=True),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

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

    def compose(self) -> ComposeResult:
        """The fields and what is wrong with them."""
        entry = self.entry or HostEntry("-", "-")
        texts = (entry.name, entry.uri) if self.entry else ("", "")
        with Vertical(classes="dialog"):
            yield Static(Content(self.heading), classes="dialog--title")
            yield Label("Name")
            yield Input(texts[0], id="host-name", compact=True)
            yield Label("URI")
            yield Input(
                texts[1],
                placeholder="qemu+ssh://user@host/system",
                suggester=SuggestFromList([*self.aliases, *USUAL]),
                id="host-uri",
                compact=True,
            )
            if self.aliases:
                yield Static(self._alias_lines(), id="host-aliases")
            yield Tick("Connect at start", entry.autoconnect, id="host-auto", compact=True)
            yield Tick("Read-only", entry.readonly, id="host-readonly", compact=True)
            yield Static("", id="host-fault", markup=False)
            yield Static("Enter or Ctrl+S saves, Escape cancels", classes="dialog--hint")

    def _alias_lines(self) -> Content:
        lines = [f"{visible(name)} = {shown_uri(uri)}" for name, uri in self.aliases.items()]
        more = len(lines) - ALIASES_SHOWN
        if more > 0:
            lines[ALIASES_SHOWN:] = [f"and {more} more in libvirt.conf"]
        return Content("\n".join(lines))

    def on_mount(self) -> None:
        """No blinking: idle costs nothing."""
        for field in self.query(Input):
            field.cursor_blink = False

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
        wrong = fault(name, uri, self.taken, self.aliases)
        if wrong:
            self.query_one("#host-fault", Static).update(Content.assemble((wrong, "$text-error")))
            return
        self.dismiss(
            HostEntry(
                name,
                self.aliases.get(uri, uri),
                autoconnect=self.query_one("#host-auto", Tick).value,
                readonly=self.query_one("#host-readonly", Tick).value,
            )
        )
