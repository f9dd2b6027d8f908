"""The open consoles of the program, by machine; they outlive the screens that show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.hypervisor.fleet import Fleet
from tui.hypervisor.records import DomainKey

if TYPE_CHECKING:
    from tui.screens.machine.console_session import ConsoleSession


class Consoles:
    """Sessions in the order of their opening. The emulator is imported with the first."""

    def __init__(self, fleet: Fleet, with_keys: Callable[[str], str]) -> None:
        """``with_keys`` puts keys into hints (:meth:`Program.hint`)."""
        self.fleet = fleet
        self.with_keys = with_keys
        self.sessions: dict[DomainKey, ConsoleSession] = {}

    def session(self, key: DomainKey, columns: int, rows: int) -> ConsoleSession:
        """The session of a machine, made when there is none."""
        from tui.screens.machine.console_session import ConsoleSession

        if key not in self.sessions:
            self.sessions[key] = ConsoleSession(
                self.fleet, key, columns=columns, rows=rows, with_keys=self.with_keys
            )
        return self.sessions[key]

    def close(self, key: DomainKey) -> None:
        """Let go of a console."""
        session = self.sessions.pop(key, None)
        if session is not None:
            session.close()
