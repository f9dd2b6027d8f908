"""Reading a host's list again: what events named, what no event tells of, the whole of it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Set
from typing import Any, Protocol, TypeVar

import libvirt

from tui.hypervisor import listing
from tui.hypervisor.inventory import Inventory
from tui.hypervisor.lanes import Lane

T = TypeVar("T")

VERIFY_AFTER = 0.2
"""Seconds that events are gathered before the domains they name are read again."""
VERIFY_SINGLY = 8
"""Up to so many domains are re-read one by one; more, and the whole list is."""


class Reader(Protocol):
    """The part of a host that is used here: :meth:`tui.hypervisor.host.Host.read`."""

    def __call__(
        self, work: Callable[[libvirt.virConnect], T], lane: Lane
    ) -> Coroutine[Any, Any, T]:
        """Run ``work(connection)`` in a lane for as long as it takes."""


class Rereading:
    """What of one host's inventory is to be read again. Belongs to the loop's thread."""

    def __init__(
        self,
        inventory: Inventory,
        read: Reader,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._inventory = inventory
        self._read = read
        self._spawn = spawn
        self._timer: asyncio.TimerHandle | None = None
        self._uuids: set[str] = set()
        self._asked: dict[str, int] = {}
        """When a domain was named last, as a number, until it has been read: an answer to an
        earlier question may be older than the event that has named it again."""
        self._numbers = itertools.count()
        self._named_since: dict[int, set[str]] = {}
        """The domains that were named since a question about all of them was asked, for each of
        those that are not answered yet."""

    def soon(self, uuid: str) -> None:
        """Have one domain read again, together with what else is asked for just now."""
        self.changed(uuid)
        self._uuids.add(uuid)
        self._asked[uuid] = next(self._numbers)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(VERIFY_AFTER, self._verify)

    def changed(self, uuid: str) -> None:
        """What is being read of all domains just now may be older than this one's last change."""
        for named in self._named_since.values():
            named.add(uuid)

    def stop(self) -> None:
        """The connection is gone, and with it what was to be read."""
        self._uuids.clear()
        self._asked.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _verify(self) -> None:
        self._timer = None
        uuids = sorted(self._uuids)
        self._uuids.clear()
        if len(uuids) <= VERIFY_SINGLY:
            self._spawn(self._singly(uuids))
        else:
            self._asked.clear()
            self._spawn(self.everything())

    async def _singly(self, uuids: list[str]) -> None:
        key = self._inventory.host
        asked = {uuid: self._asked.get(uuid) for uuid in uuids}

        def read(connection: libvirt.virConnect) -> dict[str, Any]:
            return {uuid: listing.read_domain(connection, key, uuid) for uuid in uuids}

        for uuid, record in (await self._read(read, Lane.QUICK)).items():
            if self._asked.get(uuid) == asked[uuid]:
                self._asked.pop(uuid, None)
                self._inventory.refresh(uuid, record)

    async def everything(self) -> None:
        """The whole list, and what no event tells of: three calls for any length."""
        key = self._inventory.host
        records, newer = await self._read_all(lambda c: listing.read_domains(c, key), Lane.QUICK)
        self._inventory.load(records, newer)
        await self.unannounced(Lane.QUICK)

    async def unannounced(self, lane: Lane) -> None:
        """What no event tells of: autostart and saved state."""
        unannounced, newer = await self._read_all(listing.read_unannounced, lane)
        self._inventory.load_unannounced(*unannounced, newer)

    async def rest(self) -> None:
        """What the first picture did without: sizes and flags."""
        sizes, newer = await self._read_all(listing.read_sizes, Lane.JOB)
        self._inventory.load_sizes(sizes, newer)
        flags, newer = await self._read_all(listing.read_flags, Lane.JOB)
        self._inventory.load_flags(flags, newer)

    async def _read_all(
        self, work: Callable[[libvirt.virConnect], T], lane: Lane
    ) -> tuple[T, Set[str]]:
        """What is read of all domains, and those of which something newer is known by now."""
        number = next(self._numbers)
        named = self._named_since[number] = set()
        try:
            return await self._read(work, lane), named
        finally:
            del self._named_since[number]

    async def named(self) -> None:
        """Networks, storage pools, node devices."""
        key = self._inventory.host
        found = await self._read(lambda c: listing.read_named(c, key), Lane.JOB)
        for kind, records in found.items():
            self._inventory.load_named(kind, records)
