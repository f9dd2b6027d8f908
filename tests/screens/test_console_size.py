"""Telling a guest the size of its console by its agent."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from tests.waiting import until
from tui.model.consoles import ConsolePort
from tui.screens.machine import console_size
from tui.screens.machine.console_size import TRIES, GuestSize


@pytest.mark.parametrize("silent", [0, 2, 99])
async def test_an_agent_that_is_late_is_asked_again_but_not_for_ever(monkeypatch, silent):
    asked: list[tuple[int, int]] = []

    async def tell(_host: object, _record: object, _tty: str, columns: int, rows: int) -> bool:
        asked.append((columns, rows))
        return len(asked) > silent

    async def read(self: GuestSize, _host: object, _record: object) -> bool:
        self.ports = [ConsolePort("serial0", "isa-serial 0", "/dev/ttyS0", "")]
        return True

    monkeypatch.setattr(console_size, "AGAIN", 0.01)
    monkeypatch.setattr(console_size, "set_terminal_size", tell)
    monkeypatch.setattr(GuestSize, "read", read)
    size = GuestSize("uuid", lambda: None)
    await size.meet(SimpleNamespace(record=SimpleNamespace(readonly=False), observers=set()), None)
    size.wanted = (100, 26)
    size.attached()
    await until(lambda: len(asked) == min(silent + 1, TRIES))
    await until(lambda: size._task.done())
    assert size.told == ((100, 26) if silent < TRIES else None)
    assert set(asked) == {(100, 26)}
    # Nothing more is on its way.
    assert size._timer.when() <= asyncio.get_running_loop().time()
