"""Files are read and written off the loop, and never keep the program from ending."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Run ``work`` in a daemon thread of its own; returns its result or raises its error."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(setter: Callable[[Any], None], outcome: object) -> None:
        if not future.done():
            setter(outcome)

    def run() -> None:
        with contextlib.suppress(RuntimeError):  # of a loop that has ended meanwhile
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
                loop.call_soon_threadsafe(settle, future.set_exception, error)
            else:
                loop.call_soon_threadsafe(settle, future.set_result, result)

    threading.Thread(target=run, name="file", daemon=True).start()
    return await future
