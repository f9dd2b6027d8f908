"""A console that stays: its stream, its emulator, its log; it outlives the tab that shows it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tui.hypervisor.console import Console, ConsoleInUseError, open_console
from tui.hypervisor.console_log import ConsoleLog
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.records import Change, DomainRecord
from tui.screens.machine.console_size import GuestSize
from tui.widgets.emulator import Emulator, new_emulator

QUIET = 2.0
"""Seconds of silence after which a person is told how to wake a console."""


class ConsoleSession:
    """One machine's console. ``on_change`` is called when something of it is to be drawn anew."""

    def __init__(self, fleet: Fleet, key: tuple[str, str], *, columns: int, rows: int) -> None:
        self.fleet = fleet
        self.key = key
        self.emulator: Emulator = new_emulator(columns, rows)
        self.size = (columns, rows)
        self.guest = GuestSize(key[1], self._tell)
        self.guest.wanted = self.size
        self.status = "not attached"
        self.error: HypervisorError | None = None
        self.unseen = False
        """There was output while nobody looked."""
        self.last_output = 0.0
        self.attached_at = 0.0
        self.log: ConsoleLog | None = None
        self.on_output: Callable[[], bool] | None = None
        """Draws what came; False when nobody looks."""
        self.on_change: Callable[[], None] | None = None
        self.console: Console | None = None
        self._attaching = False
        self._typed = b""
        self._tasks: set[asyncio.Task[None]] = set()
        self._wanted = False
        self._unsubscribe = fleet.subscribe(self._changed)

    @property
    def record(self) -> DomainRecord | None:
        """The machine as it is now."""
        return self.fleet.domain(self.key)

    @property
    def host(self) -> Host | None:
        """Its host."""
        return self.fleet.hosts.get(self.key[0])

    @property
    def attached(self) -> bool:
        """Whether bytes go both ways."""
        return self.console is not None

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come since it was attached, for long enough to say so."""
        since = time.monotonic() - self.attached_at
        return self.attached and self.last_output < self.attached_at and since > QUIET

    async def attach(self, *, force: bool = False, at_once: bool = False) -> None:
        """Attach, now and whenever the machine starts again. What fails is in :attr:`error`.

        ``at_once``: the machine runs, though no event has said so yet.
        """
        self._wanted = True
        host, record = self.host, self.record
        if self.console is not None or self._attaching or host is None or record is None:
            return
        if not record.state.is_active and not at_once:
            self._say("the machine is off: s starts it with the console attached")
            return
        self._attaching, self._typed = True, b""
        self._say("attaching…")
        try:
            self.console = await open_console(
                host, record, self._output, self._ended, device=self.guest.device, force=force
            )
        except ConsoleInUseError as error:
            self.error = error
            self._say("someone else holds the console: F takes it over")
        except HypervisorError as error:
            self.error = error
            self._say(error.words)
        else:
            self.error = None
            typed, self._typed = self._typed, b""
            if typed:
                self.console.write(typed)
            self.attached_at = time.monotonic()
            self._say("attached")
            self._spawn(self.guest.attached(host, record))
        finally:
            self._attaching = False
        if self.console is None:
            self._look()  # it may have stopped meanwhile

    def write(self, data: bytes) -> None:
        """To the guest; what is typed while it is being attached waits for that."""
        if self.console is not None:
            self.console.write(data)
        elif self._attaching:
            self._typed += data

    def resize(self, columns: int, rows: int) -> None:
        """Another size of what shows it."""
        if (columns, rows) != self.size and columns > 1 and rows > 1:
            self.size = (columns, rows)
            self.emulator.resize(columns, rows)
            self.guest.resized(columns, rows)

    async def tell_size(self) -> None:
        """Tell the guest its size: by its agent, else by typing what a Linux shell needs."""
        columns, rows = self.size
        if not await self.guest.tell(columns, rows):
            self.write(f"stty rows {rows} cols {columns}\r".encode())
            self.guest.told = columns, rows

    async def switch_to(self, device: str) -> None:
        """Show another port of the machine, by its alias, on a fresh screen."""
        self._drop("attaching…")
        self.guest.device = device
        self.emulator.close()
        self.emulator = new_emulator(*self.size)
        self.last_output, self.error = 0.0, None
        await self.attach()

    def close(self) -> None:
        """Let go of it for good."""
        self._wanted = False
        self._unsubscribe()
        self.guest.forget()
        self.log_to(None)
        if self.console is not None:
            self.console.close()
            self.console = None
        self.emulator.close()

    # -- the log -------------------------------------------------------------------------

    def log_to(self, path: Path | None, *, plain: bool = False) -> None:
        """Write what comes to a file from now on; None ends it."""
        if self.log is not None:
            self.log.close()
        self.log = None if path is None else ConsoleLog(path, plain=plain)
        self._tell()

    # -- what comes ----------------------------------------------------------------------

    def note_output(self, data: bytes) -> None:
        """What comes is logged, whoever shows it."""
        self.last_output = time.monotonic()
        if self.log is not None:
            self.log.write(data)

    def _output(self, data: bytes) -> None:
        self.note_output(data)
        answer = self.emulator.feed(data)
        if answer:
            self.write(answer)
        seen = self.on_output is not None and self.on_output()
        if not seen and not self.unseen:
            self.unseen = True
            self._tell()

    def _ended(self, reason: str) -> None:
        self.console = None
        self.guest.forget()
        self._say(f"detached: {reason}")
        self._look()

    def _changed(self, change: Change) -> None:
        if change.host == self.key[0] and (change.host_changed or self.key[1] in change.domains):
            self._look()

    def _look(self) -> None:
        """Attach again once the machine runs again, and say what has become of it."""
        record, host = self.record, self.host
        if record is None or host is None:
            self._drop("the machine is gone")
            return
        if record.stale or not host.is_connected:
            self.error = None
            self._drop(f"detached: {host.record.name} is {host.record.word}")
            return
        if self.console is not None or self._attaching or not self._wanted:
            return
        if not record.state.is_active:
            self.error = None
            self._say("the machine is off: s starts it with the console attached")
        elif self.error is None:
            self._spawn(self.attach())

    def _drop(self, status: str) -> None:
        """The other end is gone; libvirt does not always say so."""
        if self.console is not None:
            self.console.close()
            self.console = None
            self.guest.forget()
        if status != self.status:
            self._say(status)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _say(self, status: str) -> None:
        self.status = status
        self._tell()

    def _tell(self) -> None:
        if self.on_change is not None:
            self.on_change()
