"""The one frame around everything that changes a host: shown, logged, and its errors told."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import libvirt

from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.journal import Outcome
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord

T = TypeVar("T")


def virsh(command: str, *arguments: str) -> str:
    """The equivalent command line, its arguments quoted for a shell."""
    return shlex.join(["virsh", *command.split(), *arguments])


def _what(subject: str, text: str) -> str:
    """What an error begins with."""
    return f"{text[:1].upper()}{text[1:]} {subject}".rstrip()


@asynccontextmanager
async def changing(
    host: Host, subject: str, text: str, command: str, cancel: Callable[[], None] | None = None
) -> AsyncIterator[int]:
    """What happens inside is one entry of the journal and one line of the audit log.

    ``text`` says what is done ("force off"), ``command`` the equivalent one of virsh. Gives the
    entry's number, for its progress; errors go on to the caller after the journal has them.
    On a read-only connection nothing is begun: raises HypervisorError.
    """
    if host.record.readonly:  # libvirt would refuse by itself, a command on the host would not
        raise HypervisorError(
            _what(subject, text),
            words=f"{host.record.name} is connected read-only",
            advice="Connect it without read-only.",
        )
    number = host.journal.begin(host.record.name, subject, text, command, cancel)
    outcome, failure = Outcome.FAILED, None
    try:
        yield number
        outcome = Outcome.DONE
    except HypervisorError as error:
        failure = error
        raise
    except asyncio.CancelledError:
        outcome = Outcome.CANCELLED
        raise
    finally:  # a fault of ours ends it too: what is under way holds the program's end up
        host.journal.end(number, outcome, host.record.uri, failure)


async def change(
    host: Host,
    subject: str,
    text: str,
    command: str,
    work: Callable[[libvirt.virConnect], T],
    *,
    lane: Lane = Lane.JOB,
    cancel: Callable[[], None] | None = None,
) -> T:
    """Run ``work(connection)`` as :func:`changing`. Raises HypervisorError."""
    async with changing(host, subject, text, command, cancel):
        return await host.run(work, lane=lane, what=_what(subject, text), timeout=None)


async def change_domain(
    host: Host,
    domain: DomainRecord,
    text: str,
    command: str,
    work: Callable[[libvirt.virDomain], T],
    *,
    transition: str | None = None,
    cancel: Callable[[], None] | None = None,
) -> T:
    """As :func:`change`, for one domain.

    ``transition`` ("starting") is shown in place of its state until an event ends it; where
    the host has no events, until the domain has been read again.
    """
    if transition is not None:
        host.inventory.set_transition(domain.uuid, transition)
    try:
        result = await change(
            host,
            domain.name,
            text,
            command,
            lambda connection: work(domain_of(connection, domain.uuid)),
            cancel=cancel,
        )
    except BaseException:
        host.inventory.set_transition(domain.uuid, None)
        host.reread_soon(domain.uuid)
        raise
    host.reread_soon(domain.uuid)
    return result
