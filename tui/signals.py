"""The end by a signal: the terminal is given back as it was, unless it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

HANGUP_PATIENCE = 0.5
"""Seconds to give the terminal back as it was after it has hung up."""


def end_on_signals(leave: Callable[[int], None], flush: Callable[[], None]) -> None:
    """At SIGTERM and SIGHUP ``leave`` with the status that a shell gives such an end.

    A terminal that has hung up may take nothing any more and hold the end up: ``flush`` writes
    what must not be lost, and after HANGUP_PATIENCE the process ends whatever else waits.
    """

    def end(number: int) -> None:
        log.info("ended by signal %s", number)
        if number == signal.SIGHUP:
            flush()
            last = threading.Timer(HANGUP_PATIENCE, os._exit, (128 + number,))
            last.daemon = True
            last.start()
        leave(128 + number)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        with contextlib.suppress(RuntimeError, ValueError):  # not in the main thread
            loop.add_signal_handler(number, end, number)
