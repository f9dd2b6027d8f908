"""What the tabs of a machine's screen have in common."""

from __future__ import annotations

from typing import ClassVar

from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.dom import NoScreen
from textual.message import Message

from tui.actions.base import Scope
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainKey, DomainRecord
from tui.screens.program import Program

LATE = 0.5
"""Seconds without an answer after which a person is told that there will be one."""
BEING_READ = "being read…"


class Tab(Vertical):
    """Reads its content when it comes to the front and when the machine changes."""

    app: Program
    scope: ClassVar[Scope] = Scope.MACHINE
    """Whose keys work while the tab is in front, besides the machine screen's own."""
    note = ""
    """What stands beside the tab line."""
    _has_been_read = False

    @property
    def bar(self) -> list[tuple[str, str, bool]]:
        """Keys, name, whether possible: what works while a part of the tab takes every key.

        Empty while the keys are the actions'.
        """
        return []

    @property
    def unsaved(self) -> str:
        """What would be lost by leaving, in words; empty when nothing."""
        return ""

    class Noted(Message):
        """A tab has something else to say beside its name."""

    def __init__(self, key: DomainKey, tab: str) -> None:
        super().__init__(id=tab)
        self.key = key

    @property
    def is_whole(self) -> bool:
        """Whether its widgets are there: not before it is mounted, not while it is taken away.

        What was read meanwhile is then nobody's any more.
        """
        return self.is_mounted and self.is_running and bool(self.children)

    @property
    def _is_open(self) -> bool:
        try:
            return self.screen in self.app.screen_stack
        except NoScreen:
            return False

    @property
    def in_front(self) -> bool:
        """Whether it is looked at: no other tab, screen or dialog is before it."""
        return self.is_whole and self.display and self._is_open and self.screen is self.app.screen

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

    def read_again(self) -> None:
        """Read in the background; an earlier reading that is still under way is dropped."""
        self.run_worker(self._read, group="read", exclusive=True)  # type: ignore[arg-type]

    async def _read(self) -> None:
        machine = self.machine
        if machine is None:
            return
        late = self.set_timer(LATE, self._say_that_it_is_read)
        try:
            await self.read(*machine)
            self._has_been_read = True
        except HypervisorError as error:
            self.unread(error)
        except NoMatches:
            if self._is_open:  # else it was left while it read
                raise
        finally:
            late.stop()
            if self.note == BEING_READ:
                self.say("")

    def _say_that_it_is_read(self) -> None:
        """An empty tab has a reason: its host is slow to answer."""
        if not self._has_been_read and not self.note:
            self.say(BEING_READ)

    async def read(self, host: Host, record: DomainRecord) -> None:
        """Read what it shows, and show it. Raises HypervisorError where that fails."""

    def unread(self, error: HypervisorError) -> None:
        """It could not be read."""
        self.say(error.words)

    def shown(self) -> None:
        """The tab has come to the front."""

    def seen_again(self) -> None:
        """What covered it has gone."""

    def machine_changed(self) -> None:
        """The machine reads differently now."""
        self.read_again()

    def reread(self) -> None:
        """The person wants all of it as it is now, also what changed without an event."""
        if (machine := self.machine) is not None:
            machine[0].reread_whole(self.key[1])  # told to the screen, which has the tab read

    def start_search(self) -> None:
        """Search in the tab's text, where it has one."""

    def clear(self) -> bool:
        """Show what is filtered or marked as it was before; False where nothing is."""
        return False
