"""What one line of the machines table is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tui.hypervisor.fleet import Fleet
from tui.hypervisor.records import DomainKey, DomainRecord, DomainState, Usage
from tui.model.filter import Facts
from tui.model.text import visible


@dataclass(frozen=True)
class MachineRow:
    """A machine with what the table shows beside its record."""

    record: DomainRecord
    usage: Usage | None
    warnings: tuple[str, ...] = ()
    """Alarms that it is part of, and what of the host's devices speaks against its start."""
    groups: tuple[str, ...] = ()
    """Those that the connection book puts its host into."""

    @property
    def key(self) -> DomainKey:
        """Identity over all hosts."""
        return self.record.key

    @cached_property
    def facts(self) -> Facts:
        """What the filter language looks at."""
        record, details = self.record, self.record.details
        return Facts(
            name=record.name,
            state=_states(record),
            host=record.host,
            title=details.title if details else "",
            tags=details.tags if details else (),
            addresses=details.addresses if details else (),
            groups=self.groups,
        )


def _states(record: DomainRecord) -> str:
    """All that its state may be called: it stays what it was until libvirt says otherwise."""
    saved = "saved" if record.managed_save and record.state is DomainState.SHUTOFF else ""
    stale = "stale" if record.stale else ""
    return " ".join(filter(None, (stale, record.transition, record.state.word, saved)))


def row_of(
    fleet: Fleet, record: DomainRecord, alarms: tuple[str, ...], groups: tuple[str, ...]
) -> MachineRow:
    """The line of a machine as things are now."""
    warnings = alarms + fleet.device_warnings(record)
    return MachineRow(record, fleet.usage(record.key), warnings, groups)


def name_of(record: DomainRecord) -> str:
    """The name as it may be shown."""
    return visible(record.name)
