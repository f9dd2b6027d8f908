"""Work that Activity can cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Cancel = Callable[[], None]


async def cancellable(begin: Callable[[Cancel], Coroutine[Any, Any, None]]) -> bool:
    """Await ``begin(cancel)``; answers whether it came to its end instead of being cancelled."""
    work: asyncio.Task[None]

    def cancel() -> None:
        work.cancel()

    work = asyncio.ensure_future(begin(cancel))
    try:
        await work
    except asyncio.CancelledError:
        if not work.cancelled():
            raise
        return False
    return True
