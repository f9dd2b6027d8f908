"""What actions work on: the pane or the machine's screen in front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.containers import Vertical

from tui.actions.base import Scope
from tui.hypervisor.records import DomainRecord, HostRecord
from tui.screens.filter_line import Filtered, R
from tui.screens.program import Program


class Target:
    """Says which machines and hosts a command would work on, and whose keys work."""

    app: Program
    scope: ClassVar[Scope]
    no_subjects: ClassVar[str] = "no machine selected"
    """Why there is no machine to act on, where there is none."""

    def subjects(self) -> Sequence[DomainRecord]:
        """The machines: none, where it does not show machines."""
        return ()

    def machine_in_view(self) -> DomainRecord | None:
        """The one that is looked at, whatever is marked."""
        return next(iter(self.subjects()), None)

    def hosts_in_view(self) -> list[HostRecord]:
        """The hosts: those of the machines."""
        hosts = self.app.fleet.hosts
        keys = dict.fromkeys(record.host for record in self.subjects())
        return [hosts[key].record for key in keys if key in hosts]

    def scopes(self) -> list[Scope]:
        """Whose keys work, the nearest first."""
        return [self.scope]


class Pane(Target, Filtered[R], Vertical):
    """One of the main screen's panes: a table, and what there is to know beside it."""

    app: Program

    def shown(self) -> None:
        """The pane has come to the front."""
