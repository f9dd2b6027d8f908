"""The person's own terminal, byte for byte: the program steps aside, the escape key stays."""

from __future__ import annotations

import collections
import contextlib
import os
import select
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

    Blocks the loop: nothing of ours is on the screen meanwhile. Output comes from libvirt's
    event thread, through a pipe that wakes this one; what is unread there holds the guest up.
    """
    output: collections.deque[bytes] = collections.deque()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)

    def divert(data: bytes) -> None:
        output.append(data)
        with contextlib.suppress(BlockingIOError):
            os.write(wake_write, b".")

    def take() -> bytes:
        data = output.popleft()
        session.emulator.feed(data)  # its answers are the real terminal's to give
        session.note_output(data)
        console.has_read(len(data))
        return data

    def pump(source: int, sink: int) -> None:
        unwritten = b""
        while not console.ended:
            # In pieces: a flood that the terminal is slow to take does not keep the way out shut.
            unwritten = unwritten or (take() if output else b"")
            sinks = [sink] if unwritten else []
            ready, writable, _ = select.select([source, wake_read], sinks, [], 1.0)
            if not ready and not writable and not console.is_linked:
                return
            if source in ready:
                typed = os.read(source, 4096)
                before, escape, _rest = typed.partition(ESCAPE)
                if before:
                    console.write(before)
                if escape or not typed:
                    return
            if wake_read in ready:
                os.read(wake_read, 4096)
            if writable:
                unwritten = unwritten[os.write(sink, unwritten[:PIECE]) :]

    with suspended():
        source, sink = sys.stdin.fileno(), sys.stdout.fileno()
        before = termios.tcgetattr(source)
        greeting = f"\x1b[2J\x1b[HConsole of {name}, byte for byte. Ctrl+] comes back.\r\n"
        try:
            tty.setraw(source, termios.TCSANOW)  # what is typed already is the guest's
            os.write(sink, greeting.encode())
            console.divert = divert
            console.deliver()  # what came before
            pump(source, sink)
        finally:
            console.divert = None
            termios.tcsetattr(source, termios.TCSADRAIN, before)
            os.write(sink, RESTORE)
    os.close(wake_read)
    os.close(wake_write)
    while output:  # what came last; no more does, the program has been taken up again
        take()
