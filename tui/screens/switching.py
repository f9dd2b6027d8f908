"""A screen of which one part is in front, and what is typed before that part is there."""

from __future__ import annotations

import asyncio
import contextlib

from textual.screen import Screen

PATIENCE = 10.0
"""Seconds that keys wait at most: should a part never come, one can still leave."""


class Switching(Screen[None]):
    """Brings one of its parts to the front, holding :attr:`switching` until that has the keys."""

    def __init__(self) -> None:
        super().__init__()
        self.switching = asyncio.Lock()
        """A part is shown once it is whole, and one at a time."""

    async def arrived(self) -> None:
        """Return when the part that was asked for last has the keys: those typed are for it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._part_in_front()

    async def _part_in_front(self) -> None:
        async with self.switching:
            pass
