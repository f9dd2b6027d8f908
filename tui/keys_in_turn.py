"""Keys in the order in which they were typed, where Textual has some overtake others."""

from __future__ import annotations

import asyncio
import contextlib

from textual import events
from textual.widget import Widget
from textual.widgets import Input, TextArea

PATIENCE = 2.0
"""Seconds that a key waits at most."""


async def its_turn(key: events.Key, focused: Widget | None) -> None:
    """Return when the field that has the focus has taken the text typed before this key.

    Textual asks for a screen's keys (Ctrl+S, Escape) as soon as they come; text waits in the
    queue of its field, and would be missing from what the key takes.
    """
    if key.is_printable or not isinstance(focused, Input | TextArea):
        return
    caught_up = asyncio.Event()
    if focused.call_later(caught_up.set):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(caught_up.wait(), PATIENCE)
