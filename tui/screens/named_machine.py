"""The machine that the command line names: opened as soon as a host has it."""

from __future__ import annotations

from tui.hypervisor.records import HostChange, HostState
from tui.model.text import visible
from tui.screens.program import Program

WAITED_FOR = (HostState.CONNECTING, HostState.NEEDS_AUTHENTICATION)
LIST_PATIENCE = 2.0
"""Seconds from the last host's connection until its machines must be in the list."""


class NamedMachine:
    """Follows the hosts until the machine is there, or none of them has it, and says so then."""

    def __init__(self, app: Program, name: str, tab: str) -> None:
        self._app = app
        self._name = name
        self._tab = tab
        self._unsubscribe = app.fleet.subscribe(self._changed)
        self._giving_up = False
        self._done = False
        self._look()

    def _changed(self, change: HostChange) -> None:
        if change.domains or change.host_changed:
            self._look()

    def _look(self) -> None:
        if self._done:
            return
        for record in self._app.fleet.domains():
            if self._name in (record.name, record.uuid):
                self._end()
                self._app.open_machine(record.key, self._tab)
                return
        if not self._giving_up and not self._is_waiting():
            self._giving_up = True
            self._app.set_timer(LIST_PATIENCE, self._give_up)

    def _is_waiting(self) -> bool:
        hosts = self._app.fleet.hosts.values()
        return any(host.record.state in WAITED_FOR for host in hosts)

    def _give_up(self) -> None:
        self._giving_up = False
        if self._done or self._is_waiting():
            return
        self._end()
        hosts = self._app.fleet.hosts.values()
        names = ", ".join(visible(host.record.name) for host in hosts if host.record.is_current)
        where = f"on {names}" if names else "to be seen: no host is connected"
        told = f"There is no machine {visible(self._name)} {where}."
        self._app.say(told, "warning")
        self._app.fleet.journal.event("", "", told)

    def _end(self) -> None:
        self._done = True
        self._unsubscribe()
