"""The serial console of a running machine, as a stream through the host's own connection.

A non-blocking virStream: its callback runs in libvirt's event thread and only receives; all
that is sent, paused, resumed or ended is done by one thread of the console's own, so that the
stream is never touched from two sides at once and a slow guest blocks nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

import libvirt

from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord

log = logging.getLogger(__name__)

CHUNK = 65536
"""Bytes received at once."""
AHEAD = 4 * CHUNK
"""Bytes that may wait for the reader before the guest is held up."""
GATHER = 0.01
"""Seconds between two deliveries: a guest's serial port hands out a few bytes at a time,
thousands of times a second."""
FULL = 0.005
"""Seconds before a full stream is tried again."""
UNREAD = 3000
"""Bytes sent to a guest that says nothing in return: its terminal on the host takes so many even
when the guest itself (paused, hung, in its firmware) does not. Then one message more is sent, the
rest waits: the daemon keeps what nobody takes, and of a connection of which it keeps five messages
it reads nothing, calls neither."""
MESSAGE = 256 * 1024 - 32
"""Bytes of a message at most."""
OPEN_WITHIN = 20.0
"""Seconds that a host has to open a console."""
WATCHED = libvirt.VIR_STREAM_EVENT_READABLE
ENDINGS = libvirt.VIR_STREAM_EVENT_HANGUP | libvirt.VIR_STREAM_EVENT_ERROR


class ConsoleInUseError(HypervisorError):
    """Someone else holds the console; it can be taken over."""

    usual_advice = "Take it over: the other one is thrown out."


class ConsoleStream:
    """One attached console. Callbacks come on the loop's thread, in order."""

    def __init__(
        self,
        host: Host,
        stream: libvirt.virStream,
        on_data: Callable[[bytes], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._host = host
        self._stream = stream
        self._on_data = on_data
        self._on_end = on_end
        # Bytes to send; a count of bytes that were read; None: the end.
        self._commands: queue.SimpleQueue[bytes | int | None] = queue.SimpleQueue()
        self._unsent = bytearray()
        self._unread = 0
        """Bytes sent since the guest has said anything."""
        self._lock = threading.Lock()
        """Between the event thread and the console's own; the loop never takes it."""
        self._received: deque[bytes] = deque()
        """From the event thread to the loop."""
        self._announced = False
        """The loop knows that there is something; it has not taken it yet."""
        self._delivered_at = 0.0
        self._waiting = 0
        self._paused = False
        self._ended = False
        self.divert: Callable[[bytes], None] | None = None
        """Takes what comes, in libvirt's event thread, in place of ``on_data``; it has to be
        told by :meth:`has_read`."""
        stream.eventAddCallback(WATCHED | ENDINGS, self._ready, None)
        threading.Thread(target=self._work, name="console", daemon=True).start()

    # -- the loop's side -----------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send bytes to the guest; returns at once."""
        self._commands.put(data)

    def has_read(self, count: int) -> None:
        """So many bytes have been dealt with: there is room for more."""
        self._commands.put(count)

    @property
    def ended(self) -> bool:
        """Whether nothing comes any more."""
        return self._ended

    @property
    def is_linked(self) -> bool:
        """Whether its connection is there; for who keeps the loop from telling it."""
        try:
            return bool(self._stream.connect().isAlive())
        except libvirt.libvirtError:
            return False

    def close(self) -> None:
        """Let go of the console; nothing is told of it any more."""
        self._on_data = lambda _data: None
        self._on_end = lambda _reason: None
        self._commands.put(None)

    def _tell_end(self, reason: str) -> None:
        self.deliver()
        self._on_end(reason)

    def _announce(self) -> None:
        rest = self._delivered_at + GATHER - time.monotonic()
        if rest > 0:
            asyncio.get_running_loop().call_later(rest, self.deliver)
        else:
            self.deliver()

    def deliver(self) -> None:
        """Hand over what has come, now."""
        self._delivered_at = time.monotonic()
        self._announced = False
        pieces = []
        while self._received:
            pieces.append(self._received.popleft())
        if pieces:
            data = b"".join(pieces)
            self._on_data(data)
            self.has_read(len(data))

    # -- libvirt's event thread ----------------------------------------------------------

    def _ready(self, stream: libvirt.virStream, events: int, _opaque: object) -> None:
        with self._lock:
            if self._ended:
                return
            try:
                data = stream.recv(CHUNK) if events & WATCHED else b""
            except libvirt.libvirtError as error:
                self._end(error.get_error_message() or str(error))
                return
            if data == -2:  # nothing there after all
                return
            if data:
                self._waiting += len(data)
                if self._unread > UNREAD:
                    self._commands.put(0)  # what waits can be sent
                self._unread = 0
                divert = self.divert  # the loop may end it now
                if divert is not None:
                    divert(data)
                else:
                    self._received.append(data)
                    if not self._announced:
                        self._announced = True
                        self._host.post(self._announce)
                if self._waiting > AHEAD and not self._paused:
                    self._paused = True
                    stream.eventUpdateCallback(ENDINGS)
            else:
                self._end("the console was closed")

    def _end(self, reason: str) -> None:
        """Called with the lock held: stop listening, tell once."""
        self._ended = True
        with contextlib.suppress(libvirt.libvirtError):
            self._stream.eventRemoveCallback()
        self._host.post(self._tell_end, reason)
        self._commands.put(None)

    # -- the console's own thread --------------------------------------------------------

    def _work(self) -> None:
        while True:
            command = self._commands.get()
            try:
                if command is None:
                    self._finish()
                    return
                if isinstance(command, bytes):
                    self._unsent += command
                else:
                    self._make_room(command)
                self._send()
            except libvirt.libvirtError as error:
                with self._lock:
                    if not self._ended:
                        self._end(error.get_error_message() or str(error))

    def _send(self) -> None:
        while self._unsent and self._unread <= UNREAD and not self._ended:
            room = UNREAD - self._unread
            sent = self._stream.send(bytes(self._unsent[: room or MESSAGE]))
            if sent == -2:
                time.sleep(FULL)
            else:
                del self._unsent[:sent]
                with self._lock:
                    self._unread += sent

    def _make_room(self, count: int) -> None:
        with self._lock:
            self._waiting -= count
            if self._paused and self._waiting <= AHEAD // 2 and not self._ended:
                self._paused = False
                self._stream.eventUpdateCallback(WATCHED | ENDINGS)

    def _finish(self) -> None:
        with self._lock:
            if not self._ended:
                self._ended = True
                with contextlib.suppress(libvirt.libvirtError):
                    self._stream.eventRemoveCallback()
        try:
            self._stream.abort()
        except libvirt.libvirtError as error:
            log.debug("closing a console: %s", error)


async def open_console(
    host: Host,
    record: DomainRecord,
    on_data: Callable[[bytes], None],
    on_end: Callable[[str], None],
    *,
    device: str | None = None,
    force: bool = False,
) -> ConsoleStream:
    """Attach to a console: the first one, or the device with this alias.

    virDomainOpenConsole, SAFE unless ``force``. Raises ConsoleInUseError, HypervisorError.
    """
    flags = libvirt.VIR_DOMAIN_CONSOLE_FORCE if force else libvirt.VIR_DOMAIN_CONSOLE_SAFE

    def attach(connection: libvirt.virConnect) -> ConsoleStream:
        stream = connection.newStream(libvirt.VIR_STREAM_NONBLOCK)
        domain_of(connection, record.uuid).openConsole(device, stream, flags)
        return ConsoleStream(host, stream, on_data, on_end)

    what = f"Open the console of {record.name}"
    if host.record.readonly:
        words = "a read-only connection opens no consoles"
        raise HypervisorError(what, words=words, advice="Connect it without read-only.")
    try:
        return await host.run(
            attach, lane=Lane.JOB, what=what, timeout=OPEN_WITHIN, discard=ConsoleStream.close
        )
    except HypervisorError as error:
        if "ctive console session exists" in error.words:
            raise ConsoleInUseError(what, words=error.words, code=error.code) from error
        if error.code == libvirt.VIR_ERR_NO_SUPPORT:
            words = "this host's driver has no consoles"
            raise HypervisorError(what, words=words, code=error.code) from error
        raise
