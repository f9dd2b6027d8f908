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
from textual.widgets import Checkbox, Input, Static

from tui.model.text import visible
from tui.settings import HostEntry


def fault(name: str, uri: str, taken: Collection[str], aliases: Collection[str]) -> str:
    """What is wrong with a new entry; empty when it will do."""
    if not name.strip():
        return "A host needs a name."
    if name.strip() in taken:
        return f"There is a host called {visible(name.strip())} already."
    if not uri.strip():
        return "A host needs a URI, like qemu:///system or qemu+ssh://user@host/system."
    if ":/" not in uri and uri.strip() not in aliases:
        return "That is no URI (driver:///path) and no alias in libvirt.conf."
    return ""


class HostDialog(ModalScreen[HostEntry | None]):
    """Name, URI, autoconnect, read-only; the aliases of libvirt.conf are offered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+s", "take", "Save", priority=True),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(
        self, entry: HostEntry | None, taken: Collection[str], aliases: Mapping[str, str]
    ) -> None:
        super().__init__()
        self.entry = entry
        self.taken = taken
        self.aliases = aliases

    def compose(self) -> ComposeResult:
        """The fields and what is wrong with them."""
        entry = self.entry
        offered = [*self.aliases, "qemu:///system", "qemu:///session", "qemu+ssh://"]
        with Vertical(classes="dialog"):
            yield Static(
                Content("Change a host" if entry else "Add a host"), classes="dialog--title"
            )
            yield Static("Name")
            yield Input(entry.name if entry else "", id="host-name", compact=True)
            yield Static("URI")
            yield Input(
                entry.uri if entry else "",
                placeholder="qemu+ssh://user@host/system",
                suggester=SuggestFromList(offered),
                id="host-uri",
                compact=True,
            )
            if self.aliases:
                names = ", ".join(visible(name) for name in self.aliases)
                yield Static(Content(f"Aliases: {names}"), classes="dialog--hint")
            yield Checkbox("Connect at start", entry.autoconnect if entry else True, compact=True)
            yield Checkbox(
                "Read-only", entry.readonly if entry else False, id="host-readonly", compact=True
            )
            yield Static("", id="host-fault", markup=False)
            yield Static("Enter or Ctrl+S saves, Escape cancels", classes="dialog--hint")

    def on_mount(self) -> None:
        """No blinking: idle costs nothing."""
        for field in self.query(Input):
            field.cursor_blink = False

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Enter in a field."""
        self.action_take()

    def action_take(self) -> None:
        """Answer with the entry, or say what is wrong with it."""
        name = self.query_one("#host-name", Input).value
        uri = self.query_one("#host-uri", Input).value
        wrong = fault(name, uri, self.taken, self.aliases)
        if wrong:
            self.query_one("#host-fault", Static).update(Content.assemble((wrong, "$text-error")))
            return
        self.dismiss(
            HostEntry(
                name.strip(),
                uri.strip(),
                self.query(Checkbox).first().value,
                self.query_one("#host-readonly", Checkbox).value,
            )
        )
