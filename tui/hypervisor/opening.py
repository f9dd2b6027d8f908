"""Opening a connection: what runs in the opener's thread, and what an error there means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import libvirt

from tui.hypervisor import eventloop
from tui.hypervisor.events import Post, register_lifecycle
from tui.hypervisor.listing import LACKS, read_domains
from tui.hypervisor.records import DomainRecord

KEEPALIVE = (5, 3)
"""Seconds between keepalive messages, and how many may stay unanswered (setKeepAlive)."""

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

AUTHENTICATION = frozenset(
    (
        libvirt.VIR_ERR_AUTH_FAILED,
        libvirt.VIR_ERR_AUTH_CANCELLED,
        libvirt.VIR_ERR_AUTH_UNAVAILABLE,
    )
)


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
        return bool(urlsplit(uri).hostname)
    except ValueError:
        return False


def transport(uri: str) -> str:
    """``ssh`` of ``qemu+ssh://…``; empty where the URI has none."""
    return urlsplit(uri).scheme.partition("+")[2]


def without_prompts(uri: str) -> str:
    """The URI with SSH kept from asking on the terminal that we draw on.

    ``no_tty=1`` is libvirt's own parameter: it runs ssh in batch mode.
    """
    if transport(uri) != "ssh" or "no_tty=" in uri:
        return uri
    return f"{uri}{'&' if urlsplit(uri).query else '?'}no_tty=1"


def open_connection(
    uri: str,
    readonly: bool,
    host: str,
    post: Post,
    on_close: Callable[[int], None],
    prepare: Callable[[libvirt.virConnect], None] | None = None,
) -> Opened:
    """Open, subscribe to lifecycle events, then list: nothing is missed in between.

    Runs in a thread; raises libvirtError.
    """
    eventloop.ensure_running()
    flags = libvirt.VIR_CONNECT_RO if readonly else 0
    # Nobody is asked here: the callback declines, libvirt reports what it wanted.
    auth: list[Any] = [[], lambda _credentials, _opaque: -1, None]
    connection = libvirt.openAuth(without_prompts(uri), auth, flags)
    try:
        connection.setKeepAlive(*KEEPALIVE)
    except libvirt.libvirtError as error:
        if error.get_error_code() not in LACKS:
            raise
    try:
        connection.registerCloseCallback(lambda _conn, reason, _opaque: on_close(reason), None)
    except libvirt.libvirtError as error:
        if error.get_error_code() not in LACKS:
            raise
    try:
        register_lifecycle(connection, post)
        has_events = True
    except libvirt.libvirtError:
        has_events = False
    if prepare is not None and not readonly:
        prepare(connection)
    domains = read_domains(connection, host)
    return Opened(connection, domains, has_events, is_local=not is_remote(uri))
