"""libvirt's handles of machines, looked up once for each connection: a round trip less each time.

Drivers go by the UUID in a handle, so that it outlives a renaming and a new definition; its name
and id are those of when it was looked up. Of a machine that is gone the first call made tells.
"""

from __future__ import annotations

from collections.abc import Iterable

import libvirt

_HANDLES = "virtty_handles"
"""They are kept on the connection: with it they go, see :func:`forget_handles`."""


def domain_of(connection: libvirt.virConnect, uuid: str) -> libvirt.virDomain:
    """The handle of a machine; raises libvirtError where it has to be looked up and is gone."""
    handles = vars(connection).setdefault(_HANDLES, {})
    found = handles.get(uuid)
    if found is None:
        found = handles[uuid] = connection.lookupByUUIDString(uuid)
    return found


def keep_handles(connection: libvirt.virConnect, handles: Iterable[libvirt.virDomain]) -> None:
    """Take those that a list of all machines has brought along, in place of what is kept."""
    vars(connection)[_HANDLES] = {handle.UUIDString(): handle for handle in handles}


def list_handles(connection: libvirt.virConnect) -> list[str]:
    """UUIDs of all machines, whose handles are kept from now on. Raises libvirtError."""
    handles = connection.listAllDomains()
    keep_handles(connection, handles)
    return [handle.UUIDString() for handle in handles]


def forget_handles(connection: libvirt.virConnect) -> None:
    """Let go of them: each holds the connection, and the daemon's side of it."""
    vars(connection).pop(_HANDLES, None)
