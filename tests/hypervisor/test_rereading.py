"""Domains that events named are read again; the order of answers is not that of events."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.waiting import until
from tui.hypervisor import rereading
from tui.hypervisor.inventory import Inventory
from tui.hypervisor.listing import DomainSize, Flags
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


async def test_what_was_read_of_all_machines_does_not_undo_what_one_of_them_said_meanwhile():
    inventory = Inventory("h", lambda _change: None, lambda _uuid: None)
    saved = DomainRecord("h", UUID, "a", state=DomainState.SHUTOFF, managed_save=True)
    other, gone = (f"{UUID[:-1]}{number}" for number in (2, 3))
    running = [
        DomainRecord("h", uuid, uuid, state=DomainState.RUNNING) for uuid in (UUID, other, gone)
    ]
    inventory.load(running)
    answers: asyncio.Queue[Any] = asyncio.Queue()

    async def read(_work: object, _lane: object) -> Any:
        return await answers.get()

    reread = Rereading(inventory, read, lambda _work: None)

    async def answered(reading: Coroutine[Any, Any, None], *older: Any) -> None:
        """What was read before one was saved and another one went arrives after it is known."""
        task = asyncio.create_task(reading)
        for answer in older:
            await until(lambda: reread._named_since)
            reread.changed(UUID)
            inventory.refresh(UUID, saved)
            reread.changed(gone)
            inventory.remove(gone)
            answers.put_nowait(answer)
            await until(lambda: answers.empty())
            await asyncio.sleep(0)
        await task

    all_of_them = frozenset((UUID, other, gone))
    flags = Flags(all_of_them, all_of_them, frozenset((other,)), {other: 1})
    await answered(reread.everything(), running, (all_of_them, frozenset((other,))))
    await answered(reread.rest(), dict.fromkeys(all_of_them, DomainSize(2, 1024)), flags)
    assert inventory.domains.keys() == {UUID, other}
    assert inventory.domains[UUID] == saved
    assert inventory.domains[other].autostart
    assert inventory.domains[other].vcpus == 2
    assert not reread._named_since


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
