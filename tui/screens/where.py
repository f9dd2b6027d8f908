"""Where is that machine? The command palette finds machines of every host and opens them."""

from __future__ import annotations

from collections.abc import Callable

from textual.command import Hit, Hits, Provider
from textual.content import Content

from tui.hypervisor.records import DomainRecord
from tui.model.text import visible
from tui.screens.program import Program

LEAST = 2
"""Letters before machines are looked for: fewer fit most of them."""
MOST = 30
"""Machines shown at once."""


class MachineCommands(Provider):
    """Machines by name, UUID, address or tag, with the host that each is on."""

    async def search(self, query: str) -> Hits:
        """Those that hold what was typed; whole names and beginnings first."""
        wanted = query.strip().casefold()
        if len(wanted) < LEAST:
            return
        program = self.app
        assert isinstance(program, Program)
        found = [
            (fit, record)
            for record in program.fleet.domains()
            if (fit := fitness(record, wanted)) > 0
        ]
        found.sort(key=lambda pair: (-pair[0], pair[1].name, pair[1].host))
        for fit, record in found[:MOST]:
            yield Hit(fit, label(record), self._opener(program, record), help=place(record))

    def _opener(self, program: Program, record: DomainRecord) -> Callable[[], object]:
        return lambda: program.call_later(program.open_machine, record.key, "overview")


def fitness(record: DomainRecord, wanted: str) -> float:
    """How well a machine fits, 0.0 to 1.0; 0.0 when it does not."""
    name = record.name.casefold()
    if wanted in name:
        return 1.0 if name == wanted else 0.9 if name.startswith(wanted) else 0.8
    details = record.details
    others = (record.uuid, *details.addresses, *details.tags) if details else (record.uuid,)
    return 0.6 if any(wanted in text.casefold() for text in others) else 0.0


def label(record: DomainRecord) -> Content:
    """Name, host and state in a line."""
    state = f"last known as {record.state.word}" if record.stale else record.state.word
    return Content.assemble(
        visible(record.name), (f"  on {visible(record.host)}, {state}", "$quiet")
    )


def place(record: DomainRecord) -> str:
    """What tells it from others of its name."""
    addresses = " ".join(record.details.addresses) if record.details else ""
    return visible(f"Open it. {record.uuid} {addresses}".rstrip())
