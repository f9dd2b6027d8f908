"""A snapshot as libvirt describes it, without its secrets."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.model.snapshots import Snapshot
from tui.model.text import visible
from tui.model.xml import mask_secrets
from tui.widgets.text_view import TextView
from tui.widgets.xml_highlight import highlight


class SnapshotXml(Screen[None]):
    """To read."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,X", "dismiss", "Back")]

    def __init__(self, one: Snapshot) -> None:
        super().__init__()
        self.one = one

    def compose(self) -> ComposeResult:
        """Heading, text, keys."""
        yield Static(
            Content.assemble((f" {visible(self.one.name)}", "bold $text-primary")),
            id="heading",
            markup=False,
        )
        yield TextView()
        yield Static(" Esc back", id="hint", markup=False)

    def on_mount(self) -> None:
        """Fill it."""
        view = self.query_one(TextView)
        view.set_lines(highlight(visible(mask_secrets(self.one.xml), newlines=True)))
        view.focus()
