"""When a frame is made: at once for what a person did, in Textual's own rhythm otherwise.

Textual makes frames on a grid of time, and what a key changes waits for the next line of it.
Here the first frame after a key, a click or a paste is made as soon as the screen is idle.
"""

from __future__ import annotations

import inspect
import sys
from time import monotonic
from typing import Any

from textual import events
from textual.app import App
from textual.screen import Screen

_INPUT = (events.Key, events.Paste, events.MouseDown, events.MouseUp, events.MouseScrollDown,
          events.MouseScrollUp)  # fmt: skip

SWITCH_SECONDS = 0.0005
"""A thread that reads definitions gives way to the one that answers keys after this time.
Python's own 5 ms pass several times between a key and its cells."""

_stock_on_event = App.on_event
_stock_on_idle = Screen._on_idle


class _Rhythm:
    """When something was typed and what the last frame for it took. In seconds."""

    awaited = False
    """Whether the frame for the last input is still to be made."""
    input_at = float("-inf")
    not_before = float("-inf")
    """Frames take turns with keys: one that took long gives the next keys as much time."""


_rhythm = _Rhythm()


def since_input() -> float:
    """Seconds since the last key, click or paste."""
    return monotonic() - _rhythm.input_at


async def _on_event(self: App[Any], event: events.Event) -> None:
    if isinstance(event, _INPUT) and not event.is_forwarded:
        _rhythm.awaited = True
        _rhythm.input_at = monotonic()
    await _stock_on_event(self, event)


async def _on_idle(self: Screen[Any], event: events.Idle) -> None:
    if _rhythm.awaited and self.is_current and _has_work(self):
        begin = monotonic()
        if begin >= _rhythm.not_before and not self.app._batch_count:
            event.prevent_default()
            _rhythm.awaited = False
            self._on_timer_update()
            end = monotonic()
            _rhythm.not_before = end + (end - begin)
            return
    await _stock_on_idle(self, event)


def _has_work(screen: Screen[Any]) -> bool:
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._dirty_widgets
    )


def attach() -> None:
    """Take the place of Textual's own rhythm."""
    sys.setswitchinterval(SWITCH_SECONDS)
    setattr(App, "on_event", _on_event)  # noqa: B010 - mypy refuses the plain assignment
    setattr(Screen, "_on_idle", _on_idle)  # noqa: B010


def works() -> bool:
    """Whether the parts of Textual are there."""
    screen = Screen.__init__.__code__.co_names
    return (
        list(inspect.signature(_stock_on_event).parameters) == ["self", "event"]
        and list(inspect.signature(_stock_on_idle).parameters) == ["self", "event"]
        and list(inspect.signature(Screen._on_timer_update).parameters) == ["self"]
        and {"_dirty_widgets"} <= {*screen}
    )
