"""Many things are read side by side, in order, and not long after nobody wants them."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.waiting import until
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.helpings import AT_ONCE, HELPING, read_each
from tui.hypervisor.host import Host


@pytest.mark.parametrize("count", [0, 1, 3, AT_ONCE * HELPING, 47])
async def test_the_answers_are_in_the_order_of_the_questions(host: Host, count: int) -> None:
    things = range(count)
    assert await read_each(host, things, lambda _c, thing: -thing, "Try") == [-n for n in things]


async def test_two_are_read_at_once(host: Host) -> None:
    both = threading.Barrier(AT_ONCE, timeout=5)
    await read_each(host, range(AT_ONCE), lambda _c, _thing: both.wait(), "Try")


async def test_what_nobody_wants_any_more_is_not_read_to_its_end(host: Host) -> None:
    begun: list[int] = []
    gate = threading.Event()

    def wait(_connection: object, thing: int) -> None:
        begun.append(thing)
        gate.wait(5)

    task = asyncio.create_task(read_each(host, range(1000), wait, "Try"))
    await until(lambda: len(begun) == AT_ONCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
    await until(lambda: len(begun) == AT_ONCE * HELPING)
    assert await read_each(host, [7], lambda _c, thing: thing, "Try") == [7]
    assert len(begun) == AT_ONCE * HELPING


async def test_one_that_fails_ends_it(host: Host) -> None:
    begun: list[int] = []

    def fail(_connection: object, thing: int) -> None:
        begun.append(thing)
        if thing == 0:
            raise HypervisorError("Try", words="no")

    with pytest.raises(HypervisorError):
        await read_each(host, range(1000), fail, "Try")
    assert len(begun) < 1000
