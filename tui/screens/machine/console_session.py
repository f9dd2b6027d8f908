"""A console that stays: its stream, its emulator, its log; it outlives the tab that shows it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from tui.hypervisor.console import Console, ConsoleInUseError, open_console
from tui.hypervisor.console_log import ConsoleLog
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.records import Change, DomainRecord
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
        self.told: tuple[int, int] | None = None
        """The size that the guest was told; None: it believes what it likes, often 80×24."""
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
            self.console = await open_console(host, record, self._output, self._ended, force=force)
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

    def tell_size(self) -> None:
        """Type what a Linux shell needs to know the size."""
        columns, rows = self.size
        self.write(f"stty rows {rows} cols {columns}\r".encode())
        self.told = self.size

    def close(self) -> None:
        """Let go of it for good."""
        self._wanted = False
        self._unsubscribe()
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
            task = asyncio.get_running_loop().create_task(self.attach())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _drop(self, status: str) -> None:
        """The other end is gone; libvirt does not always say so."""
        if self.console is not None:
            self.console.close()
            self.console = None
        if status != self.status:
            self._say(status)

    def _say(self, status: str) -> None:
        self.status = status
        self._tell()

    def _tell(self) -> None:
        if self.on_change is not None:
            self.on_change()
