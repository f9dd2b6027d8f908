"""Ending tasks, also when their loop has ended before them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any


def cancel_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel these. What was begun while the loop was ending has ended with it."""
    for task in list(tasks):
        if not task.get_loop().is_closed():
            task.cancel()
