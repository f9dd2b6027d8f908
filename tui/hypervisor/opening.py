"""Opening a connection: what runs in the opener's thread, and what an error there means."""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import libvirt

from tui.hypervisor import eventloop
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.events import Post, deregister, register_lifecycle
from tui.hypervisor.handles import forget_handles
from tui.hypervisor.lacks import if_supported
from tui.hypervisor.lanes import Worker
from tui.hypervisor.listing import read_domains
from tui.hypervisor.records import DomainRecord, HostRecord, HostState
from tui.hypervisor.signin import Attempt, SignInError, libvirt_auth
from tui.hypervisor.ssh import SignIns, SignInTarget
from tui.model.text import visible
from tui.model.uri import Uri

log = logging.getLogger(__name__)

KEEPALIVE = (5, 1_000_000)
"""Seconds between keepalive messages, and how many may stay unanswered (setKeepAlive).

They keep the daemon and whatever stands in between content, but never end a connection: when
two calls wait for an answer at the end of libvirt's patience, its client library crashes
(seen with 9.0). The host's own watch ends it; over SSH the master looks after the link.
"""

RETRY_FIRST, RETRY_LOCAL, RETRY_REMOTE = 0.25, 3.0, 30.0
"""Seconds before the first new attempt, and the most between two: a socket here, a network."""

HOPELESS = frozenset(
    (
        libvirt.VIR_ERR_NO_SUPPORT,
        libvirt.VIR_ERR_NO_CONNECT,
        libvirt.VIR_ERR_INVALID_ARG,
        libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
        libvirt.VIR_ERR_AUTH_FAILED,
        libvirt.VIR_ERR_AUTH_CANCELLED,
        libvirt.VIR_ERR_AUTH_UNAVAILABLE,
        libvirt.VIR_ERR_XML_ERROR,
        libvirt.VIR_ERR_XML_DETAIL,
        libvirt.VIR_ERR_CONF_SYNTAX,
    )
)
"""Errors on opening that trying again does not mend: somebody has to change something."""

HOPELESS_WORDS = re.compile(
    r"ermission denied|failed to authenticate|(\bnc|virt-ssh-helper): (command )?not found"
)
"""The same in the words of libssh, and of a command that ssh ran there."""

AUTHENTICATION = frozenset(
    (
        libvirt.VIR_ERR_AUTH_FAILED,
        libvirt.VIR_ERR_AUTH_CANCELLED,
        libvirt.VIR_ERR_AUTH_UNAVAILABLE,
    )
)

NOTHING_TO_TYPE = re.compile("certificate|differs from stored identity")
"""What libvirt calls a failed authentication as well: a certificate, a changed host key."""

CLOSE_REASONS = {
    libvirt.VIR_CONNECT_CLOSE_REASON_ERROR: "the connection broke",
    libvirt.VIR_CONNECT_CLOSE_REASON_EOF: "the daemon closed the connection",
    libvirt.VIR_CONNECT_CLOSE_REASON_KEEPALIVE: "no answer to keepalive messages",
    libvirt.VIR_CONNECT_CLOSE_REASON_CLIENT: "closed here",
}
"""virConnectCloseReason in words."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection that is up, with its first list; handed from the opener to the loop."""

    connection: libvirt.virConnect
    domains: list[DomainRecord]
    has_events: bool
    is_local: bool


def is_remote(uri: str) -> bool:
    """Whether the URI names another machine (``qemu+ssh://host/…``, not ``qemu:///…``)."""
    try:
        return Uri.parse(uri).is_remote
    except ValueError:
        return False


def retry_delay(uri: str, attempts: int) -> float:
    """Seconds before the next attempt after so many, with jitter."""
    most = RETRY_REMOTE if is_remote(uri) else RETRY_LOCAL
    return min(most, RETRY_FIRST * 2.0**attempts) * random.uniform(0.8, 1.2)


def watched_by_us(uri: str) -> bool:
    """Whether only our own watch can tell that the link to a host is dead.

    A socket on this machine tells it by itself, and over SSH the master does.
    """
    return is_remote(uri) and Uri.parse(uri).transport != "ssh"


def signed_in(uri: str, user: str, sign_ins: SignIns, attempt: Attempt) -> str:
    """The URI to open: over SSH, one that joins the sign-in of this host, made if need be.

    ``jump`` is a parameter of ours, which libvirt must not see. Raises SignInError.
    """
    try:
        parsed = Uri.parse(uri)
    except ValueError as error:
        if uri.partition(":")[0].lower().endswith("+ssh"):
            # Not for libvirt: its own ssh would ask on the terminal.
            raise SignInError("Connecting", words=visible(str(error)), hopeless=True) from error
        return uri
    if parsed.transport != "ssh":
        return uri
    parsed = replace(parsed, host=parsed.host or "localhost")  # as libvirt does
    master = sign_ins.sign_in(SignInTarget.of(parsed), user, attempt)
    joined = parsed.with_parameters(
        command=str(master.wrapper), no_tty="1", jump="", keyfile="", no_verify=""
    )
    return str(joined)


def open_connection(
    host: HostRecord,
    sign_ins: SignIns,
    attempt: Attempt,
    post: Post,
    on_close: Callable[[int], None],
    prepare: Callable[[libvirt.virConnect], None] | None = None,
) -> Opened:
    """Open, subscribe to lifecycle events, then list: nothing is missed in between.

    ``post`` is told every event, ``on_close`` the reason when the connection ends
    (virConnectCloseReason); ``prepare`` is run on it before it is read. Runs in a thread, where
    it may wait for a person; raises libvirtError or SignInError.
    """
    eventloop.ensure_running()
    flags = libvirt.VIR_CONNECT_RO if host.readonly else 0
    target = signed_in(host.uri, host.key, sign_ins, attempt)
    try:
        connection = libvirt.openAuth(target, libvirt_auth(attempt), flags)
    except ValueError as error:  # bytes of the environment that are no text
        words = f"its URI cannot be told to libvirt: {error}"
        raise SignInError(f"Connecting to {host.name}", words=words, hopeless=True) from error
    try:
        if_supported(lambda: connection.setKeepAlive(*KEEPALIVE), None)
        if not target.startswith("test:"):  # never calls it, and libvirt would hold it for ever
            if_supported(
                lambda: connection.registerCloseCallback(
                    lambda _connection, reason, _opaque: on_close(reason), None
                ),
                None,
            )
        try:
            register_lifecycle(connection, post)
            has_events = True
        except libvirt.libvirtError:
            has_events = False
        if prepare is not None and not host.readonly:
            prepare(connection)
        domains = read_domains(connection, host.key)
    except libvirt.libvirtError:
        close_quietly(connection)  # what is subscribed would hold it for ever
        raise
    return Opened(connection, domains, has_events, is_local=not is_remote(host.uri))


def close_quietly(connection: libvirt.virConnect, workers: Iterable[Worker] = ()) -> None:
    """Close once the calls under way have ended: their connection must not go under them.

    May hang with the daemon, so in a thread that nobody waits for. What is subscribed holds
    the connection as well, as handles of machines do, and with it the daemon's side of it.
    """
    for worker in workers:
        worker.wait_until_idle()
    deregister(connection)
    forget_handles(connection)
    try:
        connection.unregisterCloseCallback()
    except libvirt.libvirtError as error:
        log.debug("closing: %s", error)
    try:
        connection.close()
    except libvirt.libvirtError as error:
        log.info("closing: %s", error)


def state_after(error: HypervisorError) -> HostState:
    """Where a host stands after an attempt that failed: LOST is the one that is tried again."""
    if isinstance(error, SignInError) and error.needs_person:
        return HostState.NEEDS_AUTHENTICATION
    if error.code in AUTHENTICATION and not NOTHING_TO_TYPE.search(error.words):
        return HostState.NEEDS_AUTHENTICATION
    hopeless = isinstance(error, SignInError) and error.hopeless
    if error.code in HOPELESS or hopeless or HOPELESS_WORDS.search(error.words):
        return HostState.FAILED
    return HostState.LOST
