"""Hosts that the command line names, none of which is there: the program ends, as virsh would."""

from __future__ import annotations

from time import monotonic

from tui.hypervisor.records import HostState
from tui.screens.program import Program

RIGHT_AWAY = 5.0
"""Seconds from the first picture in which a host that refuses or is not there tells so.

One that does so later, or asks for something, is a matter for the person at the screen.
"""


class Unreached:
    """Follows the hosts until one is reached, or ends the program when all have failed."""

    def __init__(self, app: Program) -> None:
        self._app = app
        self._begin = monotonic()
        self._unsubscribe = app.fleet.subscribe(lambda _change: self._look())
        self._look()

    def _look(self) -> None:
        records = [host.record for host in self._app.fleet.hosts.values()]
        late = monotonic() - self._begin > RIGHT_AWAY
        if late or any(record.facts for record in records):
            self._unsubscribe()
        elif records and all(
            record.error and record.state in (HostState.LOST, HostState.FAILED)
            for record in records
        ):
            self._unsubscribe()
            self._app.exit()
