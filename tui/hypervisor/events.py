"""libvirt's events: which are subscribed, and what of them crosses into the loop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import libvirt

from tui.model.states import lifecycle_text

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """One libvirt event, reduced to plain values in the event thread."""

    kind: str
    """``lifecycle``, ``reboot``, ``device-added``, …; ``network``, ``pool``, ``node-device``."""
    identity: str
    """UUID, or the name of a node device."""
    name: str
    detail: tuple[Any, ...]
    id: int | None = None


Post = Callable[[Event], None]

DOMAIN_KINDS = {
    libvirt.VIR_DOMAIN_EVENT_ID_REBOOT: "reboot",
    libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED: "device-added",
    libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED: "device-removed",
    libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED: "device-removal-failed",
    libvirt.VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE: "balloon",
    libvirt.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE: "agent",
    libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE: "metadata",
    libvirt.VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2: "block-job",
    libvirt.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED: "job-completed",
    libvirt.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON: "io-error",
    libvirt.VIR_DOMAIN_EVENT_ID_WATCHDOG: "watchdog",
    libvirt.VIR_DOMAIN_EVENT_ID_TRAY_CHANGE: "tray",
    libvirt.VIR_DOMAIN_EVENT_ID_DISK_CHANGE: "disk-change",
}
"""Every domain event but lifecycle (which is registered first, before the list is read)."""


def register_lifecycle(connection: libvirt.virConnect, post: Post) -> None:
    """Subscribe to virDomainEventID LIFECYCLE; libvirtError where the driver has no events."""
    register_domain_kind(connection, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, "lifecycle", post)


def register_domain_kind(
    connection: libvirt.virConnect, event_id: int, kind: str, post: Post
) -> None:
    """Subscribe to one kind of domain event for all domains."""

    def callback(_connection: object, domain: libvirt.virDomain, *arguments: Any) -> None:
        number = domain.ID()
        post(
            Event(
                kind,
                domain.UUIDString(),
                domain.name(),
                # The last argument is the opaque value; a job's result is a dict: copied.
                tuple(dict(a) if isinstance(a, dict) else a for a in arguments[:-1]),
                number if number >= 0 else None,
            )
        )

    connection.domainEventRegisterAny(None, event_id, callback, None)


def register_rest(connection: libvirt.virConnect, post: Post) -> frozenset[str]:
    """Subscribe to all that the driver has besides lifecycle; returns the kinds it has.

    One round trip per kind: done after the list is on the screen.
    """
    kinds = set()
    for event_id, kind in DOMAIN_KINDS.items():
        try:
            register_domain_kind(connection, event_id, kind, post)
        except libvirt.libvirtError as error:
            log.info("no %s events: %s", kind, error)
        else:
            kinds.add(kind)

    def on_named(kind: str) -> Callable[..., None]:
        def callback(_connection: object, thing: Any, *arguments: Any) -> None:
            identity = thing.UUIDString() if hasattr(thing, "UUIDString") else thing.name()
            post(Event(kind, identity, thing.name(), tuple(arguments[:-1])))

        return callback

    lifecycle_ids = (
        ("network", "networkEventRegisterAny", libvirt.VIR_NETWORK_EVENT_ID_LIFECYCLE),
        ("pool", "storagePoolEventRegisterAny", libvirt.VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE),
        ("node-device", "nodeDeviceEventRegisterAny", libvirt.VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE),
        ("node-device", "nodeDeviceEventRegisterAny", libvirt.VIR_NODE_DEVICE_EVENT_ID_UPDATE),
    )
    for kind, method, event_id in lifecycle_ids:
        try:
            getattr(connection, method)(None, event_id, on_named(kind), None)
        except libvirt.libvirtError as error:
            log.info("no %s events: %s", kind, error)
        else:
            kinds.add(kind)
    return frozenset(kinds)


def deregister(connection: libvirt.virConnect) -> None:
    """End every subscription of a connection that is to be closed."""
    for kind in ("domain", "network", "storagePool", "nodeDevice"):
        # The binding's own list of them.
        for number in list(getattr(connection, f"{kind}EventCallbackID", ())):
            try:
                getattr(connection, f"{kind}EventDeregisterAny")(number)
            except libvirt.libvirtError as error:
                log.debug("ending events: %s", error)


TEXTS = {
    "reboot": "rebooted",
    "device-added": "device {0} added",
    "device-removed": "device {0} removed",
    "device-removal-failed": "the guest kept device {0}",
    "io-error": "I/O error on {0}: {3}",
    "watchdog": "its watchdog fired",
    "job-completed": "a job completed",
}


def event_text(event: Event) -> str:
    """A person's words for an event; empty for those too frequent to be worth a line."""
    if event.kind == "lifecycle":
        return lifecycle_text(*event.detail[:2])
    return TEXTS.get(event.kind, "").format(*event.detail)
