"""Whether a guest knows the size of its console, and telling it by its agent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tui.hypervisor.definition import read_domain
from tui.hypervisor.events import Event
from tui.hypervisor.guest_agent import set_terminal_size
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model.consoles import ConsolePort, console_ports
from tui.model.text import visible

NO_PORT = "this machine has no serial port"
SETTLE = 0.3
"""Seconds that a size has to last before it is told."""
AGAIN = 2.0
"""Seconds until an agent is asked once more: on a busy host it may not have answered in time."""
TRIES = 4
"""How often one size is told to an agent that does not take it."""


class GuestSize:
    """What is known of one machine's consoles and agent, and the size that it was told.

    Where the agent answers, the guest is told by itself: when the console is attached, when the
    agent comes, when the size changes. :meth:`meet` comes before the console is opened,
    :meth:`attached` after it.
    """

    def __init__(self, uuid: str, on_change: Callable[[], None]) -> None:
        self.uuid = uuid
        self.on_change = on_change
        self.ports: list[ConsolePort] = []
        """What can be attached to; empty while it has not been read."""
        self.device: str | None = None
        """Alias of the port that is shown; None for the first."""
        self.wanted = (80, 24)
        self.told: tuple[int, int] | None = None
        """Columns and rows, as the guest was told; None: it believes what it likes, often 80×24."""
        self._has_serial = False
        self._agent = False
        self._machine: tuple[Host, DomainRecord] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def choose(self) -> str:
        """Keep to the port that is shown, else take the first that can be; why there is none."""
        if not self.ports:  # some drivers have ports without names
            return "" if self._has_serial else NO_PORT
        possible = [port for port in self.ports if not port.why_not]
        if self.port not in possible:
            self.device = possible[0].alias if possible else None
        return "" if possible else f"its serial port {visible(self.ports[0].why_not)}"

    @property
    def port(self) -> ConsolePort | None:
        """The port that is shown, where that is known."""
        if self.device is None:
            return self.ports[0] if self.ports else None
        return next((port for port in self.ports if port.alias == self.device), None)

    async def meet(self, host: Host, record: DomainRecord) -> None:
        """Another guest, or the same one again: read what it has. Raises HypervisorError."""
        self.forget()
        self._machine = host, record
        host.observers.add(self._event)
        agent = await self.read(host, record)
        self._agent = self._agent or agent

    def attached(self) -> None:
        """Its console is there: tell it."""
        self.on_change()
        self._tell_soon(0)

    async def read(self, host: Host, record: DomainRecord) -> bool:
        """Read its ports, and whether an agent answers. Raises HypervisorError."""
        live = await read_domain(host, record, inactive=False)
        self.ports, self._has_serial = console_ports(live), live.has_serial
        return live.agent_connected

    def forget(self) -> None:
        """The guest is gone."""
        if self._machine is not None:
            self._machine[0].observers.discard(self._event)
        self._machine = None
        self._agent = False
        self.told = None
        if self._timer is not None:
            self._timer.cancel()

    def resized(self, columns: int, rows: int) -> None:
        """Another size is shown."""
        self.wanted = (columns, rows)
        self._tell_soon(SETTLE)

    async def tell(self, columns: int, rows: int) -> bool:
        """Tell it by its agent; False when it has to be told otherwise."""
        machine, port = self._machine, self.port
        if machine is None or port is None or not port.tty or not self._agent:
            return False
        host, record = machine
        if host.record.readonly or not await set_terminal_size(
            host, record, port.tty, columns, rows
        ):
            return False
        if self._machine is machine:
            self.told = columns, rows
            self.on_change()
        return True

    def _tell_soon(self, seconds: float, tries: int = TRIES) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._agent and self.told != self.wanted:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds, self._tell_now, tries)

    def _tell_now(self, tries: int) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._tell_wanted(tries))

    async def _tell_wanted(self, tries: int) -> None:
        taken, wanted = False, None
        while wanted != self.wanted:  # it may change meanwhile
            wanted = self.wanted
            taken = await self.tell(*wanted)
        if not taken and tries > 1:
            self._tell_soon(AGAIN, tries - 1)

    def _event(self, event: Event) -> None:
        if event.identity != self.uuid:
            return
        if event.kind == "reboot":
            self.told = None
            self.on_change()
        elif event.kind == "agent":
            self._agent = event.detail[0] == 1  # virConnectDomainEventAgentLifecycleState
            self._tell_soon(SETTLE)
