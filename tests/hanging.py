"""A test that hangs fails in its time (pytest-timeout), and here it says what it waits for."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import os
import threading
from collections.abc import Iterator
from typing import IO

END = 60.0
"""Seconds after which a test that pytest-timeout's signal has not ended ends its process: it hangs
in a call of a library, or as it is cleared away, or a task took the signal's exception."""


@contextlib.contextmanager
def told(seconds: float, error: IO[str]) -> Iterator[None]:
    """Write where each task waits when that takes longer, and at the end where each thread is.

    ``error``: a file that pytest does not capture, for there may be no report.
    """
    timers = (
        threading.Timer(seconds, _tell, (error,)),
        threading.Timer(seconds + END, _end, (error,)),
    )
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()


def _end(error: IO[str]) -> None:
    faulthandler.dump_traceback(error)
    os._exit(1)


def _tell(error: IO[str]) -> None:
    for task in [each for each in gc.get_objects() if isinstance(each, asyncio.Task)]:
        if not task.done():
            places = " < ".join(reversed(list(_places(task))))
            error.write(f"{task.get_name()}: {places}\n")
    error.flush()


def _places(task: asyncio.Task[object]) -> Iterator[str]:
    """The lines at which its coroutines wait for each other, the outermost first."""
    waiting: object = task.get_coro()
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "gi_frame", None)
        yield f"{frame.f_code.co_qualname}:{frame.f_lineno}" if frame else type(waiting).__name__
        waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "gi_yieldfrom", None)
