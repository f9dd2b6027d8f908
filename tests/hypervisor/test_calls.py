"""Calls on one connection: what counts as an answer, and what is left of those that are dropped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import libvirt
import pytest

from tests.waiting import until
from tui.hypervisor.calls import Calls
from tui.hypervisor.errors import CutError, GoneError, NotConnectedError, NotRespondingError
from tui.hypervisor.lanes import Lane
from tui.hypervisor.mailbox import Mailbox


class Fixture:
    """Calls on the test driver, and a gate that holds one of them up."""

    def __init__(self) -> None:
        self.answers = self.started = 0
        self.closed = False
        self.gate = threading.Event()
        mailbox = Mailbox()
        mailbox.attach(asyncio.get_running_loop())
        self.calls = Calls(libvirt.open("test:///default"), "h", mailbox, self._answered)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.calls.close()

    def _answered(self) -> None:
        self.answers += 1

    async def run(self, work, timeout: float | None = None, **more):
        return await self.calls.run(work, lane=Lane.QUICK, what="Try", timeout=timeout, **more)

    def wait(self, _connection: object) -> str:
        self.started += 1
        self.gate.wait(5)
        return "late"


@pytest.fixture
async def fixture() -> AsyncIterator[Fixture]:
    made = Fixture()
    yield made
    made.gate.set()
    made.close()


async def test_an_answer_counts_whatever_it_says(fixture):
    assert await fixture.run(lambda connection: connection.getType()) == "TEST"
    with pytest.raises(GoneError):
        await fixture.run(lambda connection: connection.lookupByName("nobody"))
    assert fixture.answers == 2


async def test_dropped_calls_are_told_apart_and_are_no_answers(fixture):
    under_way = asyncio.create_task(fixture.run(fixture.wait))
    waiting = asyncio.create_task(fixture.run(lambda connection: connection.getType()))
    await until(lambda: fixture.started == 1)
    fixture.close()
    with pytest.raises(CutError):
        await under_way
    with pytest.raises(NotConnectedError):
        await waiting
    assert fixture.answers == 0  # a host that is silent was not seen just now


async def test_a_call_that_takes_too_long_makes_room_for_the_next(fixture):
    with pytest.raises(NotRespondingError):
        await fixture.run(fixture.wait, timeout=0.05)
    assert await fixture.run(lambda connection: connection.getType()) == "TEST"


async def test_what_comes_too_late_is_handed_to_be_let_go_of(fixture):
    late: list[str] = []
    with pytest.raises(NotRespondingError):
        await fixture.run(fixture.wait, timeout=0.05, discard=late.append)
    cancelled = asyncio.create_task(fixture.run(fixture.wait, discard=late.append))
    await until(lambda: fixture.started == 2)
    taken = asyncio.create_task(fixture.run(fixture.wait, discard=late.append))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    fixture.gate.set()
    assert await taken == "late"
    await until(lambda: len(late) == 2)
    assert late == ["late", "late"]  # and not what somebody has taken


async def test_what_a_dropped_connection_still_says_is_no_sign_of_life(fixture):
    hung = asyncio.create_task(fixture.run(fixture.wait))
    await until(lambda: fixture.started == 1)
    fixture.close()
    with pytest.raises(CutError):
        await hung
    fixture.gate.set()
    await until(lambda: not any(t.name == "h quick" for t in threading.enumerate()))
    await asyncio.sleep(0)
    assert fixture.answers == 0
