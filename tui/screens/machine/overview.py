"""The Overview tab."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.hypervisor.definition import Address, read_addresses, read_domain
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model import Domain
from tui.screens.machine.facts import Block, blocks, lines
from tui.screens.machine.tab import Tab

WIDE = 120
"""Cells from which the blocks stand in two columns."""


class OverviewTab(Tab):
    """Everything worth knowing, in blocks."""

    _blocks: Sequence[Block] = ()

    def compose(self) -> ComposeResult:
        """Two columns in a scroll; the second is empty on a narrow screen."""
        with VerticalScroll(id="facts"):
            yield Static(id="facts-left", markup=False)
            yield Static(id="facts-right", markup=False)

    def shown(self) -> None:
        """Read it."""
        self.screen.set_focus(self.query_one(VerticalScroll))
        self.read_again()

    def on_resize(self) -> None:
        """Columns by width."""
        if self.is_whole:
            self._show(self._blocks)

    async def read(self, host: Host, record: DomainRecord) -> None:
        """The definition at once, the addresses when they come: both are asked for together."""
        asking = asyncio.create_task(self._ask(host, record))
        try:
            domain = await read_domain(host, record, inactive=False)
            await self._tell(record, domain, asking)
        finally:
            asking.cancel()

    async def _ask(self, host: Host, record: DomainRecord) -> Sequence[Address]:
        """Its addresses; none where it is off, or cannot tell."""
        if not record.state.is_active:
            return ()
        try:
            return await read_addresses(host, record)
        except HypervisorError as error:
            self.say(error.words)
            return ()

    async def _tell(
        self, record: DomainRecord, domain: Domain, asking: asyncio.Task[Sequence[Address]]
    ) -> None:
        self.say(self.app.hint("{machine.title} title, {machine.description} description"))
        fleet = self.app.fleet
        told = [*fleet.device_warnings(record), fleet.why_not_migratable(record)]
        about = [words for words in told if words]
        if not asking.done():
            self._show(blocks(record, domain, None, about))
        self._show(blocks(record, domain, await asking, about))

    def _show(self, found: Sequence[Block]) -> None:
        self._blocks = found
        wide = self.size.width >= WIDE
        half = 3 if wide else len(found)
        self.set_class(wide, "-wide")
        # Less the padding, the scrollbar and, where there are two columns, a gap between them.
        width = (self.size.width - 8) // 2 if wide else self.size.width - 5
        left, right = lines(found[:half], width), lines(found[half:], width)
        self.query_one("#facts-left", Static).update(Content("\n").join(left))
        self.query_one("#facts-right", Static).update(Content("\n").join(right))
