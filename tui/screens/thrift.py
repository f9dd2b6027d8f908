"""Low-bandwidth mode: switched by the person, offered once for each reason."""

from __future__ import annotations

from tui.hypervisor.records import HostChange
from tui.model.text import visible
from tui.screens.program import Program

ON = "Low-bandwidth mode: no live figures; only what is on the screen is read."
OFF = "Low-bandwidth mode is off."
OFFER = (
    "Low-bandwidth mode ({host.low-bandwidth}) leaves live figures out and reads only what is on "
    "the screen."
)


class Thrift:
    """Watches how slow hosts and terminal are. Lives as long as the application."""

    def __init__(self, app: Program) -> None:
        self._app = app
        self._offered: set[str] = set()
        app.fleet.subscribe(self._changed)

    def terminal_is_slow(self) -> None:
        """What is written to the terminal has been held up."""
        self._offer("terminal", "This terminal takes its time")

    def toggle(self) -> None:
        """Switch it on or off, and say which it is."""
        fleet = self._app.fleet
        fleet.be_thrifty(not fleet.is_thrifty)
        self._app.hosts_changed()
        self._app.say(ON if fleet.is_thrifty else OFF)

    def _changed(self, change: HostChange) -> None:
        host = self._app.fleet.hosts.get(change.host)
        if change.host_changed and host is not None and host.record.is_slow:
            from tui.screens.host_columns import round_trip

            record = host.record
            reason = f"{visible(record.name)} answers in {round_trip(record.round_trip)}"
            self._offer(record.key, reason)

    def _offer(self, what: str, reason: str) -> None:
        if not self._app.fleet.is_thrifty and what not in self._offered:
            self._offered.add(what)
            self._app.say(f"{reason}. {self._app.hint(OFFER)}")
