"""What the tabs of a machine's screen have in common."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from textual.containers import Vertical
from textual.message import Message

from tui.actions.base import Scope
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.screens.program import Program


class Tab(Vertical):
    """Reads its content when it comes to the front and when the machine changes."""

    app: Program
    scope: ClassVar[Scope] = Scope.MACHINE
    """Whose keys work while the tab is in front, besides the machine screen's own."""
    note = ""
    """What stands beside the tab line."""

    @property
    def unsaved(self) -> str:
        """What would be lost by leaving, in words; empty when nothing."""
        return ""

    class Noted(Message):
        """A tab has something else to say beside its name."""

    def __init__(self, key: tuple[str, str], tab: str) -> None:
        super().__init__(id=tab)
        self.key = key

    @property
    def machine(self) -> tuple[Host, DomainRecord] | None:
        """The machine and its host; None when one of them is gone."""
        host = self.app.fleet.hosts.get(self.key[0])
        record = self.app.fleet.domain(self.key)
        return None if host is None or record is None else (host, record)

    def say(self, note: str) -> None:
        """Show something beside the tab line."""
        if note != self.note:
            self.note = note
            self.post_message(self.Noted())

    def read_with(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Read in the background; an earlier reading that is still under way is dropped."""
        self.run_worker(work, group="read", exclusive=True)  # type: ignore[arg-type]

    def shown(self) -> None:
        """The tab has come to the front."""

    def machine_changed(self) -> None:
        """The machine reads differently now."""

    def start_search(self) -> None:
        """Search in the tab's text, where it has one."""
