"""The definitions that were replaced: when, why, what differs; any can be brought back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar

from lxml import etree
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.hypervisor import history
from tui.hypervisor.history import Version
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.in_thread import in_thread
from tui.model import units
from tui.model.diff import xml_diff
from tui.model.domain import Domain
from tui.model.text import visible
from tui.screens.machine.hardware_lines import diff_lines
from tui.screens.program import Program
from tui.widgets.options import Options
from tui.widgets.text_view import TextView


async def choose_version(
    app: Program, host: Host, record: DomainRecord, present: Domain
) -> Domain | None:
    """Show what is kept; answers the definition to bring back."""
    directory, uri = history.directory_of(host), host.record.uri
    found: list[Version] = []
    if directory is not None:
        with app.reading("what was replaced"):
            found = await in_thread(lambda: history.versions(directory, uri, record.uuid))
    if not found:
        app.say("Nothing has been replaced yet: every definition that virtty replaces is kept.")
        return None
    return await app.push_screen_wait(HardwareHistory(record.name, found, present))


class HardwareHistory(Screen[Domain | None]):
    """Versions above, the difference from the present definition below."""

    app: Program
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Back"),
        Binding("tab", "app.focus_next", show=False),
    ]

    def __init__(self, name: str, versions: Sequence[Version], present: Domain) -> None:
        super().__init__()
        self.machine = name
        self.versions = versions
        self.present = present

    def compose(self) -> ComposeResult:
        """Heading, versions, diff, keys."""
        yield Static(
            Content.assemble((f" History of {visible(self.machine)}", "bold $text-primary")),
            id="heading",
            markup=False,
        )
        yield Options(id="above")
        yield TextView(id="difference")
        yield Static(
            " Enter brings it back through the review   Tab to the difference   Esc back",
            id="hint",
            markup=False,
        )

    def on_mount(self) -> None:
        """Newest first."""
        options = self.query_one(Options)
        options.add_options(Option(_line(version)) for version in self.versions)
        options.highlighted = 0
        options.focus()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self.run_worker(self._compare(self.versions[event.option_index]), exclusive=True)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        # Read, not taken from below: what is compared there may still be the one before.
        self.run_worker(self._bring_back(self.versions[event.option_index]), exclusive=True)

    async def _bring_back(self, version: Version) -> None:
        with self.app.reading("what was replaced"):
            definition = await self._compare(version)
        if definition is not None:
            self.dismiss(definition)

    async def _compare(self, version: Version) -> Domain | None:
        """Show the difference from a version; answers its definition, None where it has none."""
        view = self.query_one(TextView)
        try:
            definition = await in_thread(lambda: history.read(version))
        except (OSError, ValueError, KeyError, etree.XMLSyntaxError) as error:
            view.set_lines([[(f"It cannot be read: {visible(str(error))}", "error")]])
            return None
        lines = diff_lines(xml_diff(self.present, definition))
        view.set_lines(lines or [[("The same as the present definition.", "muted")]])
        return definition


def _line(version: Version) -> Content:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(version.time))
    return Content.assemble(
        (f"{when}  ", "bold"),
        (f"{units.ago(time.time() - version.time):<12} ", "$quiet"),
        "before " + visible(", ".join(version.why)),
    )
