"""One host: a connection that is opened, watched, lost and opened again."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec, TypeVar

import libvirt

from tui.hypervisor import listing
from tui.hypervisor.calls import CALL_TIMEOUT, Calls
from tui.hypervisor.errors import CutError, HypervisorError, NotConnectedError, from_libvirt
from tui.hypervisor.events import Event, register_rest
from tui.hypervisor.inventory import Inventory
from tui.hypervisor.journal import Journal
from tui.hypervisor.lanes import Lane
from tui.hypervisor.mailbox import Mailbox
from tui.hypervisor.opening import (
    CLOSE_REASONS,
    Opened,
    close_quietly,
    open_connection,
    retry_delay,
    state_after,
    watched_by_us,
)
from tui.hypervisor.pulse import Pulse
from tui.hypervisor.records import HostChange, HostRecord, HostState
from tui.hypervisor.rereading import Rereading
from tui.hypervisor.signin import AGAIN, Attempt, SignInError, SignInQuestion
from tui.hypervisor.ssh import SignIns
from tui.hypervisor.tasks import cancel_all
from tui.model.text import visible

log = logging.getLogger(__name__)

AWAY = 10.0
"""Seconds within which no host has been shut down and started again."""

P = ParamSpec("P")
T = TypeVar("T")


class Host:
    """A state machine around one virConnect; records in :attr:`inventory`.

    Belongs to the loop's thread, but :meth:`open` may come before there is a loop. The only
    way to libvirt is :meth:`call`: nothing here ever waits in the loop.
    """

    def __init__(
        self,
        key: str,
        name: str,
        uri: str,
        *,
        readonly: bool,
        mailbox: Mailbox,
        journal: Journal,
        publish: Callable[[HostChange], None],
        prepare: Callable[[libvirt.virConnect], None] | None = None,
        sign_ins: SignIns | None = None,
    ) -> None:
        self.record = HostRecord(key, name, uri, readonly)
        self.inventory = Inventory(key, publish, self.reread_soon)
        self.journal = journal
        self.event_kinds: frozenset[str] = frozenset()
        self.observers: set[Callable[[Event], None]] = set()
        """Called with every event: for verbs that await one."""
        self._mailbox = mailbox
        self._publish = publish
        self._prepare = prepare
        """Run on a fresh connection before it is read: sets the demo host's stage."""
        self.question: SignInQuestion | None = None
        """What the host wants to know of the person before it lets us in."""
        self.wanted_now = True
        """The person asked for the connection under way; False when a timer did."""
        self._sign_ins = sign_ins or SignIns()
        self._attempt: Attempt | None = None
        self._calls: Calls | None = None
        """The way to the open connection; None while there is none."""
        self._generation = 0
        """Counts openings: what an earlier one still says is not listened to."""
        self._early: set[str] = set()
        """Domains that events named before the first list was here: it may be older."""
        self._opening_since: float | None = None
        self._attempts = 0
        self._pulse = Pulse()
        self._lost_since = 0.0
        """When the connection before this one last answered (wall clock)."""
        self._retry: asyncio.TimerHandle | None = None
        self._rereading = Rereading(self.inventory, self.read, self.spawn)
        self._tasks: set[asyncio.Task[None]] = set()

    # -- opening and closing -------------------------------------------------------------

    def open(self) -> None:
        """Begin to connect; returns at once, :attr:`record` tells how it goes."""
        if self.is_connected:
            return
        self._cancel_attempt()
        self._generation += 1
        generation = self._generation
        self._early.clear()
        attempt = self._attempt = Attempt(
            lambda question: self._mailbox.post(self._on_question, generation, question),
            lambda question: self._mailbox.post(self._on_question_done, question),
        )
        self._opening_since = time.monotonic()
        again = self.record.last_seen is not None or self.record.state is HostState.LOST
        self._set(
            state=HostState.RECONNECTING if again else HostState.CONNECTING,
            retry_at=None,
            responding=True,
        )
        threading.Thread(
            target=self._open_in_thread,
            args=(generation, attempt),
            name=f"open {self.record.name}",
            daemon=True,
        ).start()

    def _open_in_thread(self, generation: int, attempt: Attempt) -> None:
        record = self.record
        try:
            opened = open_connection(
                record,
                self._sign_ins,
                attempt,
                lambda event: self._mailbox.post(self._on_event, generation, event),
                lambda reason: self._mailbox.post(self._on_closed, generation, reason),
                self._prepare,
            )
        except libvirt.libvirtError as error:
            failure = from_libvirt(error, f"Connecting to {record.name}")
            self._mailbox.post(self._on_open_failed, generation, failure)
        except SignInError as failure:
            self._mailbox.post(self._on_open_failed, generation, failure)
        except Exception as fault:  # not ours to foresee; without a word it connected for ever
            log.exception("connecting to %s failed", record.name)
            words = visible(str(fault)) or type(fault).__name__
            unforeseen = SignInError(f"Connecting to {record.name}", words=words, hopeless=True)
            self._mailbox.post(self._on_open_failed, generation, unforeseen)
        else:
            self._mailbox.post(self._on_opened, generation, opened)

    def _on_question(self, generation: int, question: SignInQuestion) -> None:
        if generation != self._generation or self.is_connected:
            question.answer(None)
            return
        self.question = question
        self._opening_since = None
        self._set(state=HostState.NEEDS_AUTHENTICATION, responding=True)

    def _on_question_done(self, question: SignInQuestion) -> None:
        question.on_close()
        if question is not self.question:
            return
        self.question = None
        if self.record.state is HostState.NEEDS_AUTHENTICATION and self._attempt is not None:
            self._opening_since = time.monotonic()
            self._set(state=HostState.CONNECTING)

    def _on_opened(self, generation: int, opened: Opened) -> None:
        if generation != self._generation:  # given up meanwhile: nobody wants it any more
            threading.Thread(target=close_quietly, args=(opened.connection,), daemon=True).start()
            return
        name = self.record.name
        self._calls = Calls(opened.connection, name, self._mailbox, self._pulse.answered)
        self._attempt = None
        self._opening_since = None
        self._attempts = 0
        self._pulse.answered()
        self._set(
            state=HostState.CONNECTED,
            responding=True,
            error=None,
            retry_at=None,
        )
        self.journal.event(self.record.name, "", "connected")
        if time.time() - self._lost_since > AWAY:
            self.inventory.forget_starts()
        self.inventory.load(opened.domains)
        self.inventory.read_again(self.inventory.domains)
        self.inventory.mark_stale(False)
        while self._early:
            self.reread_soon(self._early.pop())
        self.spawn(self._read_the_rest(opened))

    def _on_open_failed(self, generation: int, error: HypervisorError) -> None:
        if generation != self._generation:
            return
        self._attempt = None
        self._opening_since = None
        first = self.record.error is None or self.record.error.words != error.words
        state = state_after(error)
        self._set(state=state, error=error, responding=True)
        if state is HostState.LOST:
            self._retry_later()
        if first:
            self.journal.event(self.record.name, "", "connecting failed", error)

    def _on_closed(self, generation: int, reason: int) -> None:
        if generation != self._generation or not self.is_connected:
            return
        words = CLOSE_REASONS.get(reason, "the connection is gone")
        self._lose(HypervisorError(f"Connection to {self.record.name}", words=words))

    def _lose(self, error: HypervisorError) -> None:
        self._lost_since = self._pulse.last_seen or 0.0
        self._drop_connection()
        self._set(state=HostState.LOST, error=error, responding=True)
        self.inventory.mark_stale(True)
        self.journal.event(self.record.name, "", "connection lost", error)
        self._retry_later()

    def _retry_later(self) -> None:
        delay = retry_delay(self.record.uri, self._attempts)
        self._attempts = min(self._attempts + 1, 16)
        self._set(retry_at=time.time() + delay)
        self._cancel_retry()
        self._retry = self._mailbox.loop.call_later(delay, self._retry_now)

    def _retry_now(self) -> None:
        self._retry = None
        self.wanted_now = False
        self.open()

    def abandon(self) -> None:
        """Let go of the connection or of the attempt to open one, and tell nobody."""
        self._cancel_attempt()
        self._generation += 1
        self._opening_since = None
        self._cancel_retry()
        self._drop_connection()

    def close(self) -> None:
        """Disconnect by the person's wish: its machines leave the list."""
        self.abandon()
        self._sign_ins.release(self.record.key)
        self.inventory.load(())
        self._set(state=HostState.CLOSED, error=None, retry_at=None, responding=True)

    def retry(self) -> None:
        """Connect now, whatever an attempt under way or a timer would do."""
        self._cancel_retry()
        self._attempts = 0
        self.wanted_now = True
        if not self.is_connected:
            self.open()

    def put_off(self) -> None:
        """The person will not answer now: the attempt ends, :meth:`retry` begins another."""
        if self.question is None:
            return
        self._generation += 1
        self._opening_since = None
        self._cancel_attempt()
        error = HypervisorError(
            f"Connecting to {self.record.name}",
            words="sign-in put off",
            advice=AGAIN,
        )
        self._set(state=HostState.NEEDS_AUTHENTICATION, error=error, responding=True)

    def _cancel_attempt(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            attempt.cancel()
        question, self.question = self.question, None
        if question is not None:
            question.on_close()

    def _drop_connection(self) -> None:
        calls, self._calls = self._calls, None
        self._rereading.stop()
        cancel_all(self._tasks)
        if calls is not None:
            calls.close()

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    # -- calls ---------------------------------------------------------------------------

    async def call(
        self,
        function: Callable[Concatenate[libvirt.virConnect, P], T],
        *arguments: P.args,
        **keywords: P.kwargs,
    ) -> T:
        """Run ``function(connection, …)`` among the quick calls and return what it returns.

        Raises HypervisorError: NotConnectedError, NotRespondingError after CALL_TIMEOUT
        seconds, GoneError for an object that has vanished, else libvirt's error.
        """
        return await self.run(
            lambda connection: function(connection, *arguments, **keywords),
            lane=Lane.QUICK,
            what=f"Asking {self.record.name}",
        )

    async def run(
        self,
        work: Callable[[libvirt.virConnect], T],
        *,
        lane: Lane,
        what: str,
        timeout: float | None = CALL_TIMEOUT,
        discard: Callable[[T], object] = lambda _result: None,
    ) -> T:
        """Run ``work(connection)`` in a lane: see :meth:`Calls.run`."""
        if self._calls is None:
            raise NotConnectedError(what, words=f"{self.record.name} is not connected")
        return await self._calls.run(work, lane=lane, what=what, timeout=timeout, discard=discard)

    async def read(self, work: Callable[[libvirt.virConnect], T], lane: Lane = Lane.JOB) -> T:
        """Read what grows with the number of machines: over a slow link that takes its time.

        Has no time-out: it ends with the connection. Raises HypervisorError.
        """
        return await self.run(work, lane=lane, what=f"Asking {self.record.name}", timeout=None)

    def post(self, function: Callable[..., object], *arguments: Any) -> None:
        """Have the loop call a function; for threads and libvirt's callbacks."""
        self._mailbox.post(function, *arguments)

    async def remote(self, command: str, timeout: float = CALL_TIMEOUT) -> bytes:
        """What a command line prints on the host, run over the sign-in that libvirt uses.

        Only where the URI goes over ``+ssh``; raises HypervisorError.
        """
        master = self._sign_ins.master(self.record.key)
        if master is None:
            what = f"Running a command on {self.record.name}"
            raise NotConnectedError(what, words="there is no SSH sign-in to this host")
        run = master.run
        return await self.run(
            lambda _connection: run(command, timeout),
            lane=Lane.JOB,
            what=f"Running a command on {self.record.name}",
            timeout=timeout + 5,
        )

    @property
    def has_sign_in(self) -> bool:
        """Whether :meth:`remote` can be used: the host is reached over an SSH sign-in."""
        return self._sign_ins.master(self.record.key) is not None

    @property
    def is_connected(self) -> bool:
        """Whether calls can be made."""
        return self._calls is not None

    # -- events --------------------------------------------------------------------------

    def _on_event(self, generation: int, event: Event) -> None:
        if generation != self._generation:
            return
        self._pulse.answered()
        for observer in tuple(self.observers):
            observer(event)
        if event.kind in self.inventory.named:
            self.spawn(self._rereading.named())
        else:
            self._rereading.changed(event.identity)
            self.inventory.apply(event)
        self.journal.domain_event(self.record.name, event)

    def reread_soon(self, uuid: str) -> None:
        """Have one domain read again, together with what else is asked for just now."""
        if self.is_connected:
            self._rereading.soon(uuid)
        else:
            self._early.add(uuid)

    def reread_whole(self, uuid: str) -> None:
        """Have one domain read again, and its definition: it may be another without an event."""
        self.inventory.read_again((uuid,))
        self.reread_soon(uuid)

    async def refresh(self) -> None:
        """Read the whole list again, and what no event tells of: three calls for any length."""
        await self._rereading.everything()

    async def reread_unannounced(self) -> None:
        """Read again what no event tells of, when there is nothing more urgent."""
        await self._rereading.unannounced(Lane.BACKGROUND)

    async def _read_the_rest(self, opened: Opened) -> None:
        """What the first picture did without."""
        generation = self._generation

        def post(event: Event) -> None:
            self._mailbox.post(self._on_event, generation, event)

        async def subscribe() -> None:
            if opened.has_events:
                self.event_kinds = await self.read(lambda c: register_rest(c, post))

        async def look_at_host() -> None:
            await self._heartbeat()  # the first was taken while all else was being opened
            facts = await self.read(lambda c: listing.read_facts(c, opened.is_local))
            self._set(facts=facts)

        async def identify() -> None:
            if not self.record.is_slow and self.record.facts is not None:
                uuid = await self.read(listing.read_host_uuid)
                self._set(facts=replace(self.record.facts, uuid=uuid))

        for step in (
            self._heartbeat,
            self._rereading.rest,
            subscribe,
            look_at_host,
            self._rereading.named,
            identify,
        ):
            try:
                await step()
            except (NotConnectedError, CutError):
                raise
            except HypervisorError as error:  # what a host cannot tell is no reason for the rest
                log.warning("%s: %s", self.record.name, error)

    # -- watching ------------------------------------------------------------------------

    def look(self) -> None:
        """The watchdog's look, about once a second: does the host still answer?"""
        oldest = self._opening_since if self._calls is None else self._calls.oldest_start()
        responding = self._pulse.responds(oldest)
        if responding != self.record.responding:
            self._set(responding=responding)
            if not responding:
                self.journal.event(self.record.name, "", "not responding")
        if not self.is_connected:
            return
        if self._pulse.is_stale != self.inventory.is_stale:
            self.inventory.mark_stale(self._pulse.is_stale)
        if self._pulse.is_dead and watched_by_us(self.record.uri):
            words = f"no sign of life for {self._pulse.silence:.0f} s"
            self._lose(HypervisorError(f"Connection to {self.record.name}", words=words))
        elif oldest is None and self._pulse.is_silent:
            self.probe()

    def probe(self) -> None:
        """Ask for a sign of life now; an attempt that waits for its time is made now."""
        if self.is_connected:
            self.spawn(self._heartbeat())
        elif self._retry is not None:
            self._cancel_retry()
            self._attempts = 0
            self._retry_now()

    async def _heartbeat(self) -> None:
        if self._pulse.took(await self.call(listing.read_round_trip)):
            self._set(round_trip=self._pulse.round_trip)

    # -- small parts ---------------------------------------------------------------------

    def _set(self, **changes: Any) -> None:
        self.record = replace(self.record, last_seen=self._pulse.last_seen, **changes)
        self._publish(HostChange(self.record.key, host_changed=True))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background; a host error there is logged, the watchdog tells the rest."""

        async def guarded() -> None:
            try:
                await work
            except HypervisorError as error:
                log.warning("%s: %s", self.record.name, error)

        task = self._mailbox.loop.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _task: work.close())  # where it was ended before it began
