"""Keys one at a time: each is for what it finds when those before it are done with.

Textual hands a key to what has the focus at once. On its way from there up to the app, where most
bindings are looked for, later keys overtake it, and find what it has not opened yet.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from textual.app import App
from textual.events import Event, Key
from textual.message_pump import MessagePump
from textual.widget import Widget

from tui.screens.switching import Switching

PATIENCE = 2.0
"""Seconds that a key waits at most for the one before it."""
GIVE_UP = ("escape", "ctrl+q")
"""Keys that do not wait for what is being read, but end it."""


class KeysInTurn:
    """Keys and pastes on their way to an app's widgets."""

    def __init__(self, app: App[Any], hand_out: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._hand_out = hand_out
        """Gives an event to what has the focus."""
        self._typed: deque[Event] = deque()
        self._came = asyncio.Event()
        self._under_way: Event | None = None
        self._readers: set[asyncio.Task[Any]] = set()
        self._has_read = asyncio.Event()

    def add(self, event: Event) -> None:
        """The next one that was typed; Escape and Ctrl+Q do not wait for what is being read."""
        if self._readers and isinstance(event, Key) and event.key in GIVE_UP:
            for reader in self._readers:
                reader.cancel()
            self._readers.clear()
            self._has_read.set()
            self._typed.clear()
            if event.key == "escape":
                return
        self._typed.append(event)
        self._came.set()

    def has_been_through(self, event: Event) -> None:
        """It has come up to the app, and been done there."""
        if event is self._under_way:
            self._under_way = None

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """What is typed while the current task reads is for the dialog that it opens then.

        Escape cancels the task. Where it fails what was typed is dropped: no dialog comes.
        """
        reader = asyncio.current_task()
        assert reader is not None
        self._readers.add(reader)
        self._has_read.clear()
        try:
            yield
        except Exception:
            self._typed.clear()
            raise
        finally:
            self._readers.discard(reader)
            if not self._readers:
                self._has_read.set()

    async def run(self) -> None:
        """Hand out one after the other, for good."""
        app = self._app
        focused: Widget = app.screen
        while True:
            behind_another = bool(self._typed)
            if not behind_another:
                self._came.clear()
                await self._came.wait()
            if behind_another or self._under_way is not None:
                await _done_with(focused)
            elif app.focused is None:
                async with _patience():
                    await _caught_up(app.screen)  # one that has just come gives it to a widget
            if isinstance(app.screen, Switching):
                await app.screen.arrived()
            if self._readers:
                await self._has_read.wait()
                continue
            event = self._typed.popleft()
            focused = app.focused or app.screen
            self._under_way = event
            await self._hand_out(event)


async def _done_with(focused: Widget) -> None:
    """Return when what was given to it has been through it, all around it, and the app.

    And what it has opened has the focus: the app gives it, or a new screen takes it, a turn later.
    """
    app = focused.app
    async with _patience():
        for node in focused.ancestors_with_self:
            await _caught_up(node)
        await _caught_up(app)
        await _caught_up(app.screen)


@contextlib.asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    """Whatever hangs, keys go on."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            yield


async def _caught_up(node: MessagePump) -> None:
    """Return when it has taken all messages that it has now."""
    reached = asyncio.Event()
    if node.call_later(reached.set):
        await reached.wait()
