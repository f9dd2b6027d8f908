"""What of a stored definition is not yet so in the running machine. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.model.devices import Disk, Interface
from tui.model.domain import Domain

FIELDS: tuple[tuple[str, Callable[[Domain], object]], ...] = (
    ("vCPU", lambda domain: domain.vcpus),
    ("maximum vCPU", lambda domain: domain.max_vcpus),
    ("maximum memory", lambda domain: domain.max_memory),
    ("machine type", lambda domain: domain.machine),
    ("firmware", lambda domain: domain.firmware),
)


def _disks(domain: Domain) -> Mapping[str, object]:
    return {
        disk.target: (disk.bus, _medium(disk), disk.cache, disk.io, disk.readonly, disk.serial)
        for disk in domain.disks
    }


def _medium(disk: Disk) -> str:
    # The active layer of a running machine may be a snapshot's overlay: not a pending edit.
    return disk.source if disk.device in ("cdrom", "floppy") else ""


def _interfaces(domain: Domain) -> Mapping[str, object]:
    return {nic.mac.lower(): _plugged(nic) for nic in domain.interfaces}


def _plugged(nic: Interface) -> object:
    return (nic.type, nic.source, nic.model, nic.link)


def pending(live: Domain, stored: Domain) -> tuple[str, ...]:
    """Names of what the next boot would change: fields, disks by target, NICs by MAC.

    What libvirt itself fills in while a machine runs (aliases, addresses, an expanded CPU
    model, the balloon's size) is no difference.
    """
    found = [name for name, read in FIELDS if read(live) != read(stored)]
    for word, read_all in (("disk", _disks), ("NIC", _interfaces)):
        now, then = read_all(live), read_all(stored)
        found += [
            f"{word} {key}" for key in {**now, **then} if now.get(key, None) != then.get(key, None)
        ]
    return tuple(found)
