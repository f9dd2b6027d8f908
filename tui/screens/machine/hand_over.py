"""The person's own terminal, byte for byte: the program steps aside, the escape key stays."""

from __future__ import annotations

import collections
import contextlib
import os
import select
import socket
import sys
import termios
import tty
from collections.abc import Callable

from tui.hypervisor.console import ConsoleStream
from tui.screens.machine.console_session import ConsoleSession

ESCAPE = b"\x1d"
PIECE = 256
"""Bytes that a terminal that can be written to takes without a wait."""
RESTORE = (
    b"\x18\x1b\\"  # whatever sequence is open
    b"\x1b[?1049l\x1b[?1l\x1b>\x1b[?7h\x1b[4l\x1b[?6l\x1b[r"
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1004l\x1b[?2004l"
    b"\x1b(B\x0f\x1b[0m\x1b[?25h\x1b[0 q\r\n"
)
"""Undoes what a guest can have done to a terminal."""


def hand_over(
    session: ConsoleSession,
    console: ConsoleStream,
    name: str,
    suspended: Callable[[], contextlib.AbstractContextManager[None]],
) -> None:
    """Give the terminal to the guest until the escape key is pressed or the console is gone.

    Blocks the loop: nothing of ours is on the screen meanwhile.
    """
    with contextlib.closing(_Relay(session, console)) as relay, suspended():
        source, sink = sys.stdin.fileno(), sys.stdout.fileno()
        before = termios.tcgetattr(source)
        greeting = f"\x1b[2J\x1b[HConsole of {name}, byte for byte. Ctrl+] comes back.\r\n"
        try:
            tty.setraw(source, termios.TCSANOW)  # what is typed already is the guest's
            os.write(sink, greeting.encode())
            console.divert = relay.divert
            console.deliver()  # what came before
            relay.pump(source, sink)
        finally:
            console.divert = None
            termios.tcsetattr(source, termios.TCSADRAIN, before)
            os.write(sink, RESTORE)


class _Relay:
    """Between a guest and the terminal: what one says to the other, in both directions.

    Output comes in libvirt's event thread; what is unread here holds the guest up.
    """

    def __init__(self, session: ConsoleSession, console: ConsoleStream) -> None:
        self._session, self._console = session, console
        self._output: collections.deque[bytes] = collections.deque()
        # Sockets: one that is closed is never mistaken for another file that has its number.
        self._wake, self._waker = socket.socketpair()
        self._waker.setblocking(False)

    def divert(self, data: bytes) -> None:
        """Take output, in libvirt's event thread."""
        self._output.append(data)
        with contextlib.suppress(OSError):  # it wakes already, or nobody waits any more
            self._waker.send(b".")

    def pump(self, source: int, sink: int) -> None:
        """Hand over what comes until the escape key, or until nothing more can come."""
        unwritten, wake = b"", self._wake.fileno()
        while not self._console.ended:
            # In pieces: a flood that the terminal is slow to take does not keep the way out shut.
            unwritten = unwritten or (self._take() if self._output else b"")
            sinks = [sink] if unwritten else []
            ready, writable, _ = select.select([source, wake], sinks, [], 1.0)
            if not ready and not writable and not self._console.is_linked:
                return
            if source in ready:
                typed = os.read(source, 4096)
                before, escape, _rest = typed.partition(ESCAPE)
                if before:
                    self._console.write(before)
                if escape or not typed:
                    return
            if wake in ready:
                os.read(wake, 4096)
            if writable:
                unwritten = unwritten[os.write(sink, unwritten[:PIECE]) :]

    def close(self) -> None:
        """The program has been taken up again: what came last is for its own emulator."""
        self._wake.close()
        self._waker.close()
        while self._output:
            self._take()

    def _take(self) -> bytes:
        data = self._output.popleft()
        self._session.emulator.feed(data)  # its answers are the real terminal's to give
        self._session.note_output(data)
        self._console.has_read(len(data))
        return data
