"""Calls on one connection: what counts as an answer, and what is left of those that are dropped."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable

import libvirt
import pytest

from tests.waiting import until
from tui.hypervisor.calls import Calls
from tui.hypervisor.errors import (
    CutError,
    GoneError,
    HypervisorError,
    NotConnectedError,
    NotRespondingError,
)
from tui.hypervisor.lanes import Lane
from tui.hypervisor.mailbox import Mailbox
from tui.model import Domain


class Fixture:
    """Calls on the test driver, and a gate that holds one of them up."""

    def __init__(self) -> None:
        self.answers = self.started = 0
        self.when_answered: Callable[[], object] = lambda: None
        self.closed = False
        self.begun, self.gate = threading.Event(), threading.Event()
        mailbox = Mailbox()
        mailbox.attach(asyncio.get_running_loop())
        self.calls = Calls(libvirt.open("test:///default"), "h", mailbox, self._answered)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.calls.close()

    def _answered(self) -> None:
        self.answers += 1
        self.when_answered()

    async def run(self, work, timeout: float | None = None, **more):
        return await self.calls.run(work, lane=Lane.QUICK, what="Try", timeout=timeout, **more)

    def wait(self, _connection: object) -> str:
        self.started += 1
        self.begun.set()
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


async def test_xml_that_cannot_be_read_is_an_error_like_others(fixture):
    with pytest.raises(HypervisorError, match="h describes it in XML that cannot be read"):
        await fixture.run(lambda _connection: Domain.from_xml("<domain><name>a\x9b"))
    assert fixture.answers == 1


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
    hung = asyncio.create_task(fixture.run(fixture.wait, timeout=0.05, discard=late.append))
    await asyncio.sleep(0)
    assert fixture.begun.wait(5)  # holds the loop: what has not begun would be no more than dropped
    with pytest.raises(NotRespondingError):
        await hung
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


async def test_what_comes_in_the_turn_that_gives_it_up_is_let_go_of_too(fixture):
    late: list[str] = []
    asked = asyncio.create_task(fixture.run(lambda _connection: "here", discard=late.append))
    loop = asyncio.get_running_loop()
    # Ahead of the task, which the answer wakes in the same turn.
    fixture.when_answered = lambda: loop.call_soon(asked.cancel)
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert late == ["here"]


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


@pytest.mark.parametrize("how", ["refused", "dropped", "late", "cancelled"])
async def test_a_call_that_fails_leaves_nothing_to_the_garbage_collector(fixture, how):
    """What it frees, it frees in the loop: the last of libvirt's objects closes the connection."""

    class Held:
        """In place of a handle that the work goes on with."""

    async def ask() -> weakref.ref[Held]:
        held = Held()

        def work(connection: libvirt.virConnect, _held: Held = held) -> None:
            if how == "refused":
                connection.lookupByName("nobody")
            fixture.wait(connection)

        with contextlib.suppress(HypervisorError, asyncio.CancelledError):
            await fixture.run(work, timeout=0.05 if how == "late" else None)
        return weakref.ref(held)

    gc.collect()
    gc.disable()
    try:
        task = asyncio.create_task(ask())
        if how in ("dropped", "cancelled"):
            await until(lambda: fixture.started == 1)
            task.cancel() if how == "cancelled" else fixture.close()
        gone = await task
        fixture.gate.set()
        del task
        await until(lambda: gone() is None)
    finally:
        gc.enable()
