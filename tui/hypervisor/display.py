"""The screen of a machine: its picture, and keys for it."""

from __future__ import annotations

import asyncio
import shlex
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import libvirt

from tui.hypervisor.change import change_domain
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.lacks import LACKS
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord
from tui.model.keycodes import codes, virsh_names

PIECE = 256 * 1024 - 32
"""Bytes received at once: what one message of libvirt's protocol holds."""
LIMIT = 64 * 1024 * 1024
"""Bytes of a picture that are taken; a host that sends more is not to be believed."""
HOLD = 20
"""Milliseconds that keys are held down."""
GAP = 0.03
"""Seconds between two keys: the next one is pressed after the last was let go."""
WAITING = 500
"""Keys that may wait to be sent."""


class NoPictureError(HypervisorError):
    """The host's driver gives no pictures, of this machine or at all."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture as the host sent it."""

    data: bytes
    """A PNG or PPM file."""
    seconds: float
    """What it took, the wait for a free thread aside."""


async def take_picture(host: Host, record: DomainRecord) -> Shot:
    """What the machine's first screen shows now.

    virDomainScreenshot, over a stream of the connection in use. Raises NoPictureError where
    there is none to be had, HypervisorError.
    """

    def take(connection: libvirt.virConnect) -> Shot:
        began = time.monotonic()
        stream = connection.newStream(0)
        data = bytearray()
        try:
            domain_of(connection, record.uuid).screenshot(stream, 0, 0)
            while len(data) <= LIMIT and (piece := stream.recv(PIECE)):
                data += piece
            if len(data) <= LIMIT:
                stream.finish()
                return Shot(bytes(data), time.monotonic() - began)
        except libvirt.libvirtError:
            _abort(stream)
            raise
        _abort(stream)
        raise NoPictureError(what, words=f"the host sent more than {LIMIT} bytes")

    what = f"Look at the screen of {record.name}"
    try:
        return await host.run(take, lane=Lane.JOB, what=what)
    except HypervisorError as error:
        if error.code in LACKS:
            words = "this host's driver gives no pictures of a screen"
            raise NoPictureError(what, words=words, code=error.code) from error
        raise


def _abort(stream: libvirt.virStream) -> None:
    try:
        stream.abort()
    except libvirt.libvirtError:
        return  # it had not begun, or has ended by itself


# -- keys ------------------------------------------------------------------------------------


class Keyboard:
    """Sends keys to a machine in the order they are pressed, one call at a time.

    What is typed is in no log: it may be a password. The audit log has one line that says
    that something was.
    """

    def __init__(
        self, host: Host, record: DomainRecord, on_error: Callable[[HypervisorError], None]
    ) -> None:
        self._host = host
        self._record = record
        self._on_error = on_error
        self._keys: deque[list[int]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._noted = False

    def press(self, *keys: Sequence[str]) -> bool:
        """Press one after the other, each of them names of keys that go together.

        (``("leftctrl", "c"), ("enter",)``.) False, and none is pressed, when too many would wait.
        """
        if len(self._keys) + len(keys) > WAITING:
            return False
        self._keys += [codes(names) for names in keys]
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._send())
        return True

    async def _send(self) -> None:
        try:
            while self._keys:
                await self._send_one(self._keys.popleft())
                await asyncio.sleep(GAP)
        except HypervisorError as error:
            self._keys.clear()
            self._on_error(error)
        finally:
            self._task = None

    async def _send_one(self, keys: list[int]) -> None:
        record = self._record
        if not self._noted:
            self._noted = True
            await change_domain(
                self._host,
                record,
                "type at the screen of",
                f"virsh send-key {shlex.quote(record.name)} …",
                lambda domain: _send_key(domain, keys),
            )
            return
        await self._host.run(
            lambda connection: _send_key(domain_of(connection, record.uuid), keys),
            lane=Lane.QUICK,
            what=f"Send keys to {record.name}",
        )


async def send_keys(host: Host, record: DomainRecord, names: Sequence[str], told: str) -> None:
    """Press keys together, as one change with its line in the audit log.

    virDomainSendKey; ``told`` names them for a person (``Ctrl+Alt+Del``). Raises HypervisorError.
    """
    virsh = f"virsh send-key {shlex.quote(record.name)} {virsh_names(names)}"
    keys = codes(names)
    await change_domain(
        host, record, f"send {told} to", virsh, lambda domain: _send_key(domain, keys)
    )


async def inject_nmi(host: Host, record: DomainRecord) -> None:
    """Send a non-maskable interrupt (virDomainInjectNMI). Raises HypervisorError."""
    virsh = f"virsh inject-nmi {shlex.quote(record.name)}"
    await change_domain(host, record, "send an NMI to", virsh, lambda domain: domain.injectNMI(0))


def _send_key(domain: libvirt.virDomain, keys: list[int]) -> None:
    domain.sendKey(libvirt.VIR_KEYCODE_SET_LINUX, HOLD, keys, len(keys), 0)
