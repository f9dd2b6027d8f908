"""A test that hangs fails in its time (pytest-timeout), and here it says what it waits for."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import sys
import threading
from collections.abc import Iterator

END = 60.0
"""Seconds after which a test that no signal has ended, in a call of a library, ends the process."""


@contextlib.contextmanager
def told(seconds: float) -> Iterator[None]:
    """Write where each task waits when that takes longer; the report of the test has it."""
    telling = threading.Timer(seconds, _tell)
    telling.daemon = True
    telling.start()
    faulthandler.dump_traceback_later(seconds + END, exit=True)
    try:
        yield
    finally:
        telling.cancel()
        faulthandler.cancel_dump_traceback_later()


def _tell() -> None:
    for task in [each for each in gc.get_objects() if isinstance(each, asyncio.Task)]:
        if not task.done():
            places = " < ".join(reversed(list(_places(task))))
            sys.stderr.write(f"{task.get_name()}: {places}\n")


def _places(task: asyncio.Task[object]) -> Iterator[str]:
    """The lines at which its coroutines wait for each other, the outermost first."""
    waiting: object = task.get_coro()
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "gi_frame", None)
        yield f"{frame.f_code.co_qualname}:{frame.f_lineno}" if frame else type(waiting).__name__
        waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "gi_yieldfrom", None)
