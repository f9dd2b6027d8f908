"""Domains that events named are read again; the order of answers is not that of events."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.waiting import until
from tui.hypervisor import rereading
from tui.hypervisor.inventory import Inventory
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.rereading import Rereading
from tui.model.states import DomainState

UUID = "00000000-0000-4000-8000-000000000001"


async def test_an_answer_older_than_the_last_event_is_not_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rereading, "VERIFY_AFTER", 0.01)
    loop = asyncio.get_running_loop()
    inventory = Inventory("h", lambda _change: None, lambda _uuid: None)
    inventory.load([DomainRecord("h", UUID, "a", state=DomainState.SHUTOFF)])
    answers: list[asyncio.Future[dict[str, Any]]] = []
    tasks = []

    async def read(_work: object, _lane: object) -> Any:
        answers.append(loop.create_future())
        return await answers[-1]

    reread = Rereading(inventory, read, lambda work: tasks.append(loop.create_task(work)))
    reread.soon(UUID)
    await until(lambda: len(answers) == 1)
    reread.soon(UUID)  # it went off after the first question was asked
    await until(lambda: len(answers) == 2)
    answers[0].set_result({UUID: DomainRecord("h", UUID, "a", state=DomainState.RUNNING)})
    await tasks[0]
    assert inventory.domains[UUID].state is DomainState.SHUTOFF
    answers[1].set_result({UUID: DomainRecord("h", UUID, "b", state=DomainState.SHUTOFF)})
    await tasks[1]
    assert inventory.domains[UUID].name == "b"
    reread.soon(UUID)
    await until(lambda: len(answers) == 3)
    answers[2].set_result({UUID: DomainRecord("h", UUID, "c", state=DomainState.RUNNING)})
    await tasks[2]
    assert inventory.domains[UUID].state is DomainState.RUNNING


async def test_machines_that_come_and_go_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rereading, "VERIFY_AFTER", 0.001)
    inventory = Inventory("h", lambda _change: None, lambda _uuid: None)
    read = 0

    async def nothing(_work: object, _lane: object) -> Any:
        nonlocal read
        read += 1
        return [] if read == 1 else (frozenset(), frozenset())

    tasks = []
    loop = asyncio.get_running_loop()
    reread = Rereading(inventory, nothing, lambda work: tasks.append(loop.create_task(work)))
    for number in range(100):
        reread.soon(f"{UUID}{number}")
    await until(lambda: read == 2)
    await tasks[0]
    assert not reread._asked
