"""Calls on one connection: made in its lanes, awaited on the loop, given up in time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import libvirt

from tui.hypervisor.errors import (
    CutError,
    HypervisorError,
    NotConnectedError,
    NotRespondingError,
    from_libvirt,
)
from tui.hypervisor.lanes import DroppedError, Job, Lane, Worker
from tui.hypervisor.mailbox import Mailbox
from tui.hypervisor.opening import close_quietly
from tui.model.text import visible

T = TypeVar("T")

CALL_TIMEOUT = 35.0
"""Seconds after which a quick call is given up and its thread with it. Longer than the 30 s
after which libvirt itself gives up on a hung QEMU: its words say more than ours."""


class Calls:
    """The way to one open virConnect, until :meth:`close`. Belongs to the loop's thread."""

    def __init__(
        self,
        connection: libvirt.virConnect,
        host: str,
        mailbox: Mailbox,
        answered: Callable[[], None],
    ) -> None:
        """``host`` is its name, for errors; ``answered`` is called on the loop at every answer."""
        self.connection = connection
        self._host = host
        self._mailbox = mailbox
        self._answered = answered
        self._workers = {lane: Worker(f"{host} {lane.value[0]}", lane.threads) for lane in Lane}

    async def run(
        self,
        work: Callable[[libvirt.virConnect], T],
        *,
        lane: Lane,
        what: str,
        timeout: float | None,
        discard: Callable[[T], object] = lambda _result: None,
    ) -> T:
        """Run ``work(connection)`` in a lane; ``what`` begins the error's text.

        Without a time-out the call may take as long as it likes. ``discard`` gets a result that
        comes after it was given up, for what has to be let go of. Raises HypervisorError:
        NotRespondingError after ``timeout`` seconds, CutError and NotConnectedError when the
        connection is dropped, else libvirt's error, or what is wrong with the XML that it gave;
        and what else ``work`` raises.
        """
        future: asyncio.Future[Any] = self._mailbox.loop.create_future()
        job = Job(
            work=partial(work, self.connection),
            done=partial(self._mailbox.post, self._settle, future, discard),
        )
        worker = self._workers[lane]
        worker.submit(job)
        try:
            async with asyncio.timeout(timeout):
                result: T = await future
        except TimeoutError:
            self._give_up(worker, job, future, discard)
            raise NotRespondingError(
                what, words=f"no answer from {self._host} for {timeout:.0f} s"
            ) from None
        except asyncio.CancelledError:
            self._give_up(worker, job, future, discard)
            raise
        except DroppedError as dropped:
            if dropped.began:
                raise CutError(what, words="the connection was lost") from None
            raise NotConnectedError(what, words=f"{self._host} is not connected") from None
        except libvirt.libvirtError as error:
            raise from_libvirt(error, what) from error
        except SyntaxError as error:  # lxml's XMLSyntaxError: it is not loaded for its name
            words = f"{self._host} describes it in XML that cannot be read: {visible(str(error))}"
            raise HypervisorError(what, words=words) from error
        finally:
            # They hold the error, which holds this frame: a circle, and with it libvirt's objects
            # that the work goes on with, would wait for the garbage collector.
            del future, job, work
        return result

    def _give_up(
        self,
        worker: Worker,
        job: Job,
        future: asyncio.Future[Any],
        discard: Callable[[Any], object],
    ) -> None:
        worker.abandon(job)
        # The result may have come in this very turn of the loop: nobody takes it any more.
        if future.done() and not future.cancelled() and future.exception() is None:
            discard(future.result())

    def _settle(
        self,
        future: asyncio.Future[Any],
        discard: Callable[[Any], object],
        result: Any,
        error: BaseException | None,
    ) -> None:
        if not isinstance(error, DroppedError):
            self._answered()
        if not future.done():
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        elif error is None:
            discard(result)

    def oldest_start(self) -> float | None:
        """When the longest of the quick calls under way began (time.monotonic)."""
        return self._workers[Lane.QUICK].oldest_start()

    def close(self) -> None:
        """Drop every call and close the connection; does not wait for either."""
        self._answered = lambda: None  # what still comes says nothing of the next connection
        workers = tuple(self._workers.values())
        for worker in workers:
            worker.close()
        # May hang with the daemon: in a thread of its own that nobody waits for.
        threading.Thread(target=close_quietly, args=(self.connection, workers), daemon=True).start()
