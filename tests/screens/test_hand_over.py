"""The person's own terminal, given to the guest and taken back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from textual.app import SuspendNotSupported

from tests.waiting import until
from tui.hypervisor.console import ConsoleStream
from tui.screens.machine.console_session import ConsoleSession
from tui.screens.machine.hand_over import ESCAPE, hand_over

FLOOD = b"y\r\n" * 20_000
TIMES = 5


class Flooding:
    """Stands in for a console and its session."""

    ended = False
    is_linked = True
    divert: Callable[[bytes], None] | None = None

    def __init__(self) -> None:
        self.emulator = self
        self.typed = b""
        self.fed = self.room = 0

    def write(self, data: bytes) -> None:
        self.typed += data

    def deliver(self) -> None:
        """Nothing has come before."""

    def feed(self, data: bytes) -> None:
        self.fed += len(data)

    def note_output(self, data: bytes) -> None:
        """No log."""

    def has_read(self, count: int) -> None:
        self.room += count


async def test_a_flood_that_the_terminal_is_slow_to_take_is_left_at_once(
    monkeypatch: pytest.MonkeyPatch,
):
    master, slave = os.openpty()
    guest: Any = Flooding()
    shown = b""

    def read() -> bool:
        nonlocal shown
        if select.select([master], [], [], 0)[0]:
            shown += os.read(master, 4096)
        return True

    with os.fdopen(slave, "r+b", buffering=0) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        monkeypatch.setattr("sys.stdout", terminal)
        work = asyncio.create_task(
            asyncio.to_thread(
                hand_over,
                cast(ConsoleSession, guest),
                cast(ConsoleStream, guest),
                "web",
                contextlib.nullcontext,
            )
        )
        await until(lambda: read() and b"comes back" in shown)
        for _ in range(TIMES):
            guest.divert(FLOOD)
        os.write(master, b"ls\r" + ESCAPE)
        await until(lambda: read() and work.done())
    os.close(master)
    assert guest.typed == b"ls\r"
    assert len(shown) < len(FLOOD)  # the rest is nobody's to wait for
    assert guest.fed == guest.room == TIMES * len(FLOOD)  # it is in the scrollback


def test_nothing_stays_open_where_the_terminal_cannot_be_given_away() -> None:
    @contextlib.contextmanager
    def refused() -> Iterator[None]:
        raise SuspendNotSupported
        yield

    guest: Any = Flooding()
    before = os.listdir("/proc/self/fd")
    with pytest.raises(SuspendNotSupported):
        hand_over(cast(ConsoleSession, guest), cast(ConsoleStream, guest), "web", refused)
    assert os.listdir("/proc/self/fd") == before
