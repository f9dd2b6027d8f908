"""A console that stays: its stream, its emulator, its log; it outlives the tab that shows it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tui.hypervisor.console import ConsoleInUseError, ConsoleStream, open_console
from tui.hypervisor.console_log import ConsoleLog
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainKey, DomainRecord, HostChange
from tui.screens.machine.console_help import CLEAR, explanation
from tui.screens.machine.console_size import NO_PORT, GuestSize
from tui.widgets.emulator import Emulator, new_emulator

QUIET = 2.0
"""Seconds of silence after which a person is told how to wake a console."""
NO_PORT_HELP = (
    (
        "its serial port is no pty",
        "{machine.tab-hardware} Hardware makes it one, {console.add-port} adds another",
    ),
    (NO_PORT, "{console.add-port} adds one for the next boot"),
)
ALTERNATE = (47, 1047, 1049)
"""Modes in which a full-screen program has the terminal."""
PROMPT = re.compile(r"(login|username|password|passphrase)[^:]*:\s*$", re.IGNORECASE)


class NoPortError(HypervisorError):
    """The machine has no port that a console can attach to."""


class ConsoleSession:
    """One machine's console. ``on_change`` is called when something of it is to be drawn anew.

    ``with_keys`` puts keys into hints (:meth:`Program.hint`).
    """

    def __init__(
        self,
        fleet: Fleet,
        key: DomainKey,
        *,
        columns: int,
        rows: int,
        with_keys: Callable[[str], str] = str,
    ) -> None:
        self.fleet = fleet
        self.with_keys = with_keys
        self.key = key
        self.emulator: Emulator = new_emulator(columns, rows)
        self.size = (columns, rows)
        self.guest = GuestSize(key[1], self._tell)
        self.guest.wanted = self.size
        self.status = "not attached"
        self.hint = ""
        """What key helps, and to what: ``F takes it over``; empty where nothing is amiss."""
        self.error: HypervisorError | None = None
        self.unseen = False
        """There was output while nobody looked."""
        self.last_output = 0.0
        self.attached_at = 0.0
        self.log: ConsoleLog | None = None
        self.on_output: Callable[[], bool] | None = None
        """Draws what came; False when nobody looks."""
        self.on_change: Callable[[], None] | None = None
        self.console: ConsoleStream | None = None
        self._turn = asyncio.Lock()
        """One attempt to attach at a time."""
        self._attaching = False
        self._explained = False
        """The terminal shows our words, not the guest's."""
        self._typed = b""
        self._tasks: set[asyncio.Task[None]] = set()
        self._wanted = False
        self._last_name = ""
        self._unsubscribe = fleet.subscribe(self._changed)

    @property
    def record(self) -> DomainRecord | None:
        """The machine as it is now."""
        return self.fleet.domain(self.key)

    @property
    def name(self) -> str:
        """The machine's name, its last one where it is gone."""
        record = self.record
        if record is not None:
            self._last_name = record.name
        return self._last_name

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

    @property
    def is_explained(self) -> bool:
        """Whether its lines say all there is to say of :attr:`error`."""
        return isinstance(self.error, NoPortError | ConsoleInUseError)

    async def attach(self, *, force: bool = False, at_once: bool = False) -> None:
        """Attach, now and whenever the machine starts again.

        What fails is in :attr:`error`: then only another call, or a start, tries again.
        ``at_once``: the machine runs, though no event has said so yet.
        """
        self._wanted = True
        # Whoever waits for it may go: an attempt is never left half done.
        await asyncio.shield(self._spawn(self._attach(force=force, at_once=at_once)))

    async def _attach(self, *, force: bool, at_once: bool) -> None:
        async with self._turn:
            await self._attach_once(force=force, at_once=at_once)
        if self.console is None:
            self._look()  # it may have stopped meanwhile

    async def _attach_once(self, *, force: bool, at_once: bool) -> None:
        host, record = self.host, self.record
        if self.console is not None or not self._wanted or host is None or record is None:
            return
        if not record.state.is_active and not at_once:
            self._say_off()
            return
        self._attaching, self._typed = True, b""
        self._say("attaching…")
        try:
            await self.guest.meet(host, record)
            if why_not := self.guest.choose():
                raise NoPortError(f"Open the console of {record.name}", words=why_not)
            console = await open_console(
                host, record, self._output, self._ended, device=self.guest.device, force=force
            )
        except HypervisorError as error:
            self.guest.forget()
            self.error = error
            self._say_failed(error)
        else:
            self._begin(console)
        finally:
            self._attaching = False

    def _begin(self, console: ConsoleStream) -> None:
        if not self._wanted or console.ended:  # let go of meanwhile
            console.close()
            self.guest.forget()
            return
        self.console, self.error = console, None
        self._explain(b"")
        typed, self._typed = self._typed, b""
        if typed:
            console.write(typed)
        self.attached_at = time.monotonic()
        self._say("attached")
        self.guest.attached()

    def _say_off(self) -> None:
        self._explain(b"")  # at the next boot it may be otherwise
        self._say("the machine is off", "{console.start} starts it with its console")

    def _say_failed(self, error: HypervisorError) -> None:
        match error:
            case ConsoleInUseError():
                self._say(
                    "held by someone else",
                    "{console.take-over} takes it over, {console.enter} tries again",
                )
            case NoPortError():
                self._say(*NO_PORT_HELP[error.words == NO_PORT])
                self._explain(explanation(error.words, self.hint))
            case _:
                self._say("not attached", "{console.enter} tries again")

    def _explain(self, words: bytes) -> None:
        """Show words of ours in place of the guest's; without any, take them away again."""
        if words or self._explained:
            self._explained = bool(words)
            self.emulator.feed(CLEAR + words)
            if self.on_output is not None:
                self.on_output()

    def note_port_added(self) -> None:
        """What was advised is done."""
        if isinstance(self.error, NoPortError):
            self._say(self.status, "the next boot brings one")

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

    async def tell_size(self) -> str:
        """Tell the guest its size: by its agent, else by typing what a Linux shell needs.

        Returns why it cannot be typed now; empty when it was told.
        """
        columns, rows = self.size
        if await self.guest.tell(columns, rows):
            return ""
        if any(self.emulator.mode(mode) for mode in ALTERNATE):
            return "a full-screen program has the console: leave it first"
        if PROMPT.search(self.emulator.screen().rstrip()):
            return "it is typed into a shell: log in first"
        self.write(f"stty rows {rows} cols {columns}\r".encode())
        self.guest.told = columns, rows
        return ""

    async def switch_to(self, device: str) -> None:
        """Show another port of the machine, by its alias, on a fresh screen."""
        async with self._turn:
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
        is_first = self.last_output < self.attached_at
        self.note_output(data)
        if is_first:
            self._tell()  # it is not silent
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

    def _changed(self, change: HostChange) -> None:
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
            self._say_off()
        elif self.error is None:
            self._spawn(self._attach(force=False, at_once=False))

    def _drop(self, status: str) -> None:
        """The other end is gone; libvirt does not always say so."""
        if self.console is not None:
            self.console.close()
            self.console = None
            self.guest.forget()
        if status != self.status:
            self._say(status)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _say(self, status: str, hint: str = "") -> None:
        self.status, self.hint = status, self.with_keys(hint)
        self._tell()

    def _tell(self) -> None:
        if self.on_change is not None:
            self.on_change()
