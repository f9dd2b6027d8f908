"""What one line of the machines table is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tui.hypervisor.fleet import Fleet
from tui.hypervisor.records import DomainRecord, Usage
from tui.model.filter import Facts
from tui.model.text import visible


@dataclass(frozen=True, slots=True)
class MachineRow:
    """A machine with what the table shows beside its record."""

    record: DomainRecord
    usage: Usage | None
    warnings: tuple[str, ...] = ()
    """Alarms that it is part of, and what of the host's devices speaks against its start."""

    @property
    def key(self) -> tuple[str, str]:
        """Identity over all hosts."""
        return self.record.key


def row_of(fleet: Fleet, record: DomainRecord, alarms: tuple[str, ...]) -> MachineRow:
    """The line of a machine as things are now."""
    return MachineRow(record, fleet.usage(record.key), alarms + fleet.device_warnings(record))


def facts_of(record: DomainRecord, groups: Iterable[str]) -> Facts:
    """What the filter language looks at; ``groups`` are its host's."""
    details = record.details
    state = "stale " if record.stale else ""
    return Facts(
        name=record.name,
        state=f"{state}{record.transition or record.state.word}",
        host=record.host,
        title=details.title if details else "",
        tags=details.tags if details else (),
        addresses=details.addresses if details else (),
        groups=groups,
    )


def name_of(record: DomainRecord) -> str:
    """The name as it may be shown."""
    return visible(record.name)
