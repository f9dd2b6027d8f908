"""Daemon threads of a host's own, fed by queues: a hung call hangs its thread and no more.

Neither the loop's shared executor nor a ThreadPoolExecutor will do: both keep the program
from ending while one call hangs.
"""

from __future__ import annotations

import enum
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MAX_ABANDONED = 3
"""Hung threads that a lane replaces before it gives up until one of them returns."""


class Lane(enum.Enum):
    """What kind of call: each kind has threads of its own.

    libvirtd serves five requests of one client at a time (max_client_requests), so the
    threads of all lanes together are five: one quick call always gets through.
    """

    QUICK = ("quick", 1)
    """Calls that answer at once: lists, states, one definition."""
    BACKGROUND = ("background", 1)
    """Sampling and details, in small helpings."""
    JOB = ("job", 3)
    """What may take long: every change, guest agents."""

    @property
    def threads(self) -> int:
        """How many calls of this kind run side by side."""
        return self.value[1]


class DroppedError(Exception):
    """The lane was closed before the call's turn came, or while it was under way."""

    def __init__(self, *, began: bool) -> None:
        super().__init__("the lane was closed")
        self.began = began


@dataclass(eq=False)
class Job:
    """One call on its way through a lane."""

    work: Callable[[], object]
    done: Callable[[object, BaseException | None], object]
    """Called in the lane's thread with the result or the error."""
    started: float | None = None
    replaced: bool = False
    """Its thread was given up and another one works in its place."""


class Worker:
    """The threads of one lane, started when first needed."""

    def __init__(self, name: str, threads: int) -> None:
        self._name = name
        self._limit = threads
        self._condition = threading.Condition()
        self._queue: deque[Job] = deque()
        self._running: set[Job] = set()
        self._abandoned: set[Job] = set()
        self._threads = 0
        self._idle = 0
        self._closed = False

    def submit(self, job: Job) -> None:
        """Put a job at the end of the queue; of a closed lane it is dropped at once."""
        with self._condition:
            if self._closed:
                job.done(None, DroppedError(began=False))
                return
            self._queue.append(job)
            # An idle thread that was notified counts as idle until it has woken.
            if self._idle >= len(self._queue):
                self._condition.notify()
            else:
                self._start_thread()

    def abandon(self, job: Job) -> None:
        """Give up on a job: forget it if it waits, replace its thread if it hangs."""
        with self._condition:
            if job in self._queue:
                self._queue.remove(job)
            elif job in self._running:
                self._running.discard(job)
                self._abandoned.add(job)
                if len(self._abandoned) <= MAX_ABANDONED:
                    job.replaced = True
                    self._threads -= 1
                    if self._queue:
                        self._start_thread()

    def oldest_start(self) -> float | None:
        """When the longest running call began (time.monotonic), hung ones included."""
        with self._condition:
            starts = [
                job.started for job in self._running | self._abandoned if job.started is not None
            ]
        return min(starts, default=None)

    def close(self) -> None:
        """Drop what waits and what is under way, and let the threads end when they can.

        A hung call ends with its connection or the process; nobody waits for it any more.
        """
        with self._condition:
            self._closed = True
            dropped = list(self._queue)
            under_way = list(self._running)
            self._queue.clear()
            self._condition.notify_all()
        for job in dropped:
            job.done(None, DroppedError(began=False))
        for job in under_way:
            job.done(None, DroppedError(began=True))

    def wait_until_idle(self) -> None:
        """Block until no call is under way, hung ones included; for a closed lane."""
        with self._condition:
            while self._running or self._abandoned:
                self._condition.wait()

    def _start_thread(self) -> None:
        if self._threads < self._limit and not self._closed:
            self._threads += 1
            threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._queue and not self._closed:
                    self._idle += 1
                    self._condition.wait()
                    self._idle -= 1
                if self._closed:
                    return
                job = self._queue.popleft()
                job.started = time.monotonic()
                self._running.add(job)
            result: object = None
            error: BaseException | None = None
            try:
                result = job.work()
            except BaseException as caught:  # noqa: BLE001 - it is raised where the call was made
                # libvirt's objects that the frames hold go here and now: the last of them
                # closes the connection, which is nothing for the loop's thread to wait for.
                traceback.clear_frames(caught.__traceback__)
                error = caught
            job.done(result, error)
            with self._condition:
                self._running.discard(job)
                self._abandoned.discard(job)
                if self._closed:
                    self._condition.notify_all()
                is_replaced = job.replaced
            del job, result, error  # the error's traceback holds this frame
            if is_replaced:
                return
