"""What the tabs of a machine's screen have in common."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from textual.containers import Vertical

from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.screens.program import Program


class Tab(Vertical):
    """Reads its content when it comes to the front and when the machine changes."""

    app: Program
    note = ""
    """What stands beside the tab line."""

    @property
    def machine(self) -> tuple[Host, DomainRecord] | None:
        """The machine and its host; None when one of them is gone."""
        from tui.screens.machine.screen import MachineScreen

        screen = self.screen
        if not isinstance(screen, MachineScreen):
            return None
        host = self.app.fleet.hosts.get(screen.key[0])
        record = screen.record
        return None if host is None or record is None else (host, record)

    def say(self, note: str) -> None:
        """Show something beside the tab line."""
        if note != self.note:
            self.note = note
            screen = self.screen
            note_changed = getattr(screen, "note_changed", None)
            if note_changed is not None:
                note_changed()

    def read_with(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Read in the background; an earlier reading that is still under way is dropped."""
        self.run_worker(work, group="read", exclusive=True)  # type: ignore[arg-type]

    def shown(self) -> None:
        """The tab has come to the front."""

    def machine_changed(self) -> None:
        """The machine reads differently now."""

    def start_search(self) -> None:
        """Search in the tab's text, where it has one."""
