"""Reading many things of a host, a call or two each: side by side, and no longer than wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import libvirt

from tui.hypervisor.host import Host
from tui.hypervisor.lanes import Lane
from tui.hypervisor.tasks import cancel_all

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 2
"""Helpings side by side: a thread of the lane is left for what a person does meanwhile."""
HELPING = 5
"""Things in one helping at most: so many are still read when nobody wants them any more."""


async def read_each(
    host: Host, things: Sequence[T], read: Callable[[libvirt.virConnect, T], R], what: str
) -> list[R]:
    """``read(connection, thing)`` of each, in their order; ``what`` begins an error's text.

    Has no time-out: it ends with the connection, or when it is cancelled. Raises HypervisorError.
    """
    size = max(1, min(HELPING, -(-len(things) // AT_ONCE)))
    waiting = iter([things[start : start + size] for start in range(0, len(things), size)])
    found: dict[int, list[R]] = {}

    async def one_after_the_other() -> None:
        for helping in waiting:
            place = len(found)
            found[place] = []
            found[place] = await host.run(
                lambda connection, some=helping: [read(connection, thing) for thing in some],  # type: ignore[misc]
                lane=Lane.JOB,
                what=what,
                timeout=None,
            )

    tasks = [asyncio.create_task(one_after_the_other()) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*tasks)
    finally:
        cancel_all(tasks)
        del tasks  # one holds the error, which holds this frame
    return [one for helping in found.values() for one in helping]
