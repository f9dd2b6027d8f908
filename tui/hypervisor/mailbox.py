"""The one way from other threads into the asyncio loop."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

SLICE = 0.006
"""Seconds of letters handled in one turn of the loop: keys are answered in between."""


class Mailbox:
    """Functions posted from any thread, run in order on the asyncio loop.

    A thousand posts between two turns of the loop cost it one wake-up. Posts made before
    :meth:`attach` wait for it: connections open while the user interface is still loading.
    """

    def __init__(self) -> None:
        self._letters: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = contextvars.copy_context()
        self._scheduled = False
        self._lock = threading.Lock()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that letters are delivered on; RuntimeError before :meth:`attach`."""
        if self._loop is None:
            raise RuntimeError("the mailbox has no loop yet")
        return self._loop

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Deliver on this loop from now on, what has been waiting first."""
        with self._lock:
            self._loop = loop
            # Whoever attaches gives the context: a post from another thread would bring that
            # thread's, in which what a subscriber starts knows nothing of its program.
            self._context = contextvars.copy_context()
            self._scheduled = True
        loop.call_soon(self._deliver, context=self._context)

    def detach(self) -> None:
        """Drop what comes from now on: the program is ending."""
        with self._lock:
            self._loop = None
            self._scheduled = True

    def post(self, function: Callable[..., object], *arguments: Any) -> None:
        """Have ``function(*arguments)`` called on the loop soon; from any thread."""
        self._letters.append((function, arguments))
        with self._lock:
            if self._scheduled or self._loop is None:
                return
            self._scheduled = True
            loop = self._loop
        try:
            loop.call_soon_threadsafe(self._deliver, context=self._context)
        except RuntimeError:  # the loop has been closed: nobody is left to tell
            self.detach()

    def _deliver(self) -> None:
        end = time.monotonic() + SLICE
        while self._letters:
            function, arguments = self._letters.popleft()
            try:
                function(*arguments)
            except Exception:
                log.exception("delivery of %r failed", function)
            if time.monotonic() > end and self._loop is not None:  # else nobody comes back for it
                break
        with self._lock:
            if not self._letters or self._loop is None:
                self._scheduled = self._loop is None
                return
            loop = self._loop
        loop.call_later(0.001, self._deliver, context=self._context)
