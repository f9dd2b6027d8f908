"""A program in a pseudo-terminal, read back through a terminal emulator."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import pyghostty

from tests.benchmarks.link import Link

_CHUNK = 65536


class TimeOutError(Exception):
    """What was waited for did not come; carries the screen as it was."""


class Terminal:
    """A command on a terminal of its own, which answers no queries (as an older tmux).

    With `answer`, all that is read goes through it, and what it returns is sent back.

    Times are those of time.monotonic. The terminal is only read while one of the methods
    waits; `started` is the moment before the process was made.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 160,
        rows: int = 45,
        env: Mapping[str, str] | None = None,
        link: Link | None = None,
        answer: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self.columns, self.rows = columns, rows
        self.received = 0
        self.last_read = 0.0
        self.link = link
        self._answer = answer
        self._emulator = pyghostty.Terminal(columns, rows, scrollback=0)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = time.monotonic()
        # Python code between fork and exec (preexec_fn) may wait for ever for a lock that one of
        # this process's other threads held: setsid, of util-linux, takes the terminal instead.
        self._process = subprocess.Popen(
            ("setsid", "--ctty", *command), stdin=slave, stdout=slave, stderr=slave, env=env
        )
        os.close(slave)

    @property
    def pid(self) -> int:
        """The process in the terminal."""
        return self._process.pid

    # -- what is on the screen ----------------------------------------------------------

    def lines(self) -> list[str]:
        """The screen's rows as text."""
        lines = self._emulator.text().split("\n")
        return lines + [""] * (self.rows - len(lines))

    def text(self) -> str:
        """The screen as text."""
        return str(self._emulator.text())

    def mark(self, x: int, y: int) -> tuple[Any, bool]:
        """What a cursor bar changes in a cell: its background and whether it is inverse."""
        style = self._emulator.style(x, y)
        return style["bg"], style["inverse"]

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal's window larger or smaller."""
        self.columns, self.rows = columns, rows
        self._emulator.resize(columns, rows)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    # -- keys and waiting ---------------------------------------------------------------

    def send(self, keys: str) -> float:
        """Type, and return the moment."""
        now = time.monotonic()
        os.write(self._master, keys.encode())
        return now

    def wait_until(self, painted: Callable[[], bool], what: str, timeout: float = 30) -> float:
        """Read until `painted()`; return when the bytes that made it so were read.

        Raises TimeOutError.
        """
        deadline = time.monotonic() + timeout
        while not painted():
            if not self._read(deadline - time.monotonic()):
                raise TimeOutError(f"{what}: not within {timeout:g} s\n{self.text()}")
        return self.last_read

    def wait_for_text(self, text: str, timeout: float = 30) -> float:
        """Read until `text` is on the screen; return when it was painted."""
        return self.wait_until(lambda: text in self.text(), repr(text), timeout)

    def settle(self, quiet: float, timeout: float = 20) -> bool:
        """Read until nothing has come for `quiet` seconds; False when that never was."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not self._read(quiet):
                return True
        return False

    def run(self, seconds: float, seen: Callable[[], None] | None = None) -> int:
        """Read for so long, calling `seen` after each piece; return how many bytes came."""
        before, deadline = self.received, time.monotonic() + seconds
        while (rest := deadline - time.monotonic()) > 0:
            if self._read(rest) and seen is not None:
                seen()
        return self.received - before

    def _read(self, timeout: float) -> bool:
        """Take one piece off the terminal; False when none came in time."""
        if timeout <= 0 or not select.select([self._master], [], [], timeout)[0]:
            return False
        size = self.link.wait() if self.link else _CHUNK
        try:
            data = os.read(self._master, size)
        except OSError as error:  # EIO: the program has closed its side
            status = self._process.wait(5)
            raise TimeOutError(f"the program ended ({status})\n{self.text()}") from error
        self.last_read = time.monotonic()
        self.received += len(data)
        if self.link:
            self.link.passed(len(data))
        self._emulator.feed(data)
        if self._answer and (answer := self._answer(data)):
            os.write(self._master, answer)
        return True

    # -- the end ------------------------------------------------------------------------

    def close(self) -> None:
        """Quit with the program's own key; a signal where that does not help."""
        self.link = None
        if self._process.poll() is None:
            self.send("q")
        for last in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + 2
            while self._process.poll() is None and time.monotonic() < deadline:
                try:
                    self._read(0.05)
                except TimeOutError:
                    break
            if self._process.poll() is None:
                self._process.send_signal(last)
        self._process.wait()
        os.close(self._master)
        self._emulator.close()

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
