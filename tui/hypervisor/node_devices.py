"""The devices of one host, read when somebody wants to know and kept fresh by events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.events import Event
from tui.hypervisor.helpings import read_each
from tui.hypervisor.host import Host
from tui.hypervisor.lanes import Lane
from tui.hypervisor.node_device_reading import (
    Around,
    list_devices,
    read_around,
    read_devices,
    read_named_devices,
    read_use,
    told_of,
)
from tui.hypervisor.records import DomainRecord, HostChange
from tui.hypervisor.tasks import cancel_all
from tui.model.device_claims import Claim, Holder, with_pools
from tui.model.device_index import DeviceIndex
from tui.model.host_use import HostUse
from tui.model.node_devices import NodeDevice
from tui.model.passthrough import Devices

log = logging.getLogger(__name__)

HELPING = 20
"""Devices that are shown together while all are being read."""
GATHER = 0.2
"""Seconds that events are gathered before the devices they name are read again."""
SINGLY = 60
"""Up to so many devices are read again one by one; more, and all are."""
DELETED = 1
"""VIR_NODE_DEVICE_EVENT_DELETED"""


class NodeDevices:
    """Reads nothing until :meth:`want`. Belongs to the loop's thread."""

    def __init__(
        self,
        host: Host,
        publish: Callable[[HostChange], None],
        drivers: Mapping[str, str] | None = None,
    ) -> None:
        """``drivers``: of devices by name, where the host does not tell them itself."""
        self.host = host
        self.error: HypervisorError | None = None
        """Why the last reading failed."""
        self.is_read = False
        """All devices have been read since the host was connected."""
        self._publish = publish
        self._drivers = drivers or {}
        self._wanted = False
        self._records: dict[str, NodeDevice] = {}
        self._around = Around()
        self._use = HostUse()
        self._index: DeviceIndex | None = None
        self._snapshot: Devices | None = None
        self._claims: dict[str, tuple[bool, tuple[Claim, ...]]] = {}
        """What is known of each machine: whether it is active, what it claims."""
        self._stale: set[str] = set()
        self._touched: set[str] = set()
        """Names that events have told of while all are being read."""
        self._around_stale = False
        self._timer: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        host.observers.add(self._on_event)

    def close(self) -> None:
        """Stop following the host."""
        self.host.observers.discard(self._on_event)
        if self._timer is not None:
            self._timer.cancel()
        cancel_all(self._tasks)

    # -- what is known ---------------------------------------------------------------------

    @property
    def devices(self) -> Devices:
        """The devices as known now, with their holders; the same object until one changes."""
        if self._snapshot is None:
            if self._index is None:
                self._index = DeviceIndex(self._records.values())
            domains = self.host.inventory.domains.values()
            self._snapshot = Devices(
                index=self._index,
                holders=tuple(self._holders(domains)),
                pools=self._around.pools,
                use=self._use,
                told=told_of(self._index, self._around, self._use),
                cpu_vendor=self._around.cpu_vendor,
            )
        return self._snapshot

    @property
    def unread(self) -> int:
        """Machines whose definition has not been read yet: they may hold devices too."""
        return sum(d.details is None for d in self.host.inventory.domains.values())

    def _holders(self, domains: Iterable[DomainRecord]) -> Iterable[Holder]:
        pools = self._around.pools
        for domain in domains:
            if domain.details is not None and domain.details.claims:
                for claim in with_pools(domain.details.claims, pools):
                    yield Holder(domain.name, domain.uuid, claim)

    # -- reading ---------------------------------------------------------------------------

    def want(self) -> None:
        """Read the devices unless they are known, and follow them from now on."""
        self._wanted = True
        if not self.is_read and self.host.is_connected:
            self._start_reading()

    async def refresh(self) -> None:
        """Read everything again: no event tells that a driver was bound."""
        self._wanted = True
        if self.host.is_connected:
            self._start_reading()
            if self._reading is not None:
                await asyncio.shield(self._reading)

    def _start_reading(self) -> None:
        if not self._is_reading:
            self._touched.clear()
            self._reading = self._spawn(self._read_all())

    @property
    def _is_reading(self) -> bool:
        return self._reading is not None and not self._reading.done()

    async def _read_all(self) -> None:
        devices = await self.host.run(
            list_devices, lane=Lane.BACKGROUND, what="Listing the host's devices"
        )
        records = asyncio.create_task(self._read_records(devices))
        beside = [asyncio.create_task(self._read_around()), asyncio.create_task(self._read_use())]
        try:
            await asyncio.gather(records, *beside)
        finally:
            cancel_all([records, *beside])
        fresh = records.result()
        for name in self._touched if self.is_read else ():
            fresh.pop(name, None)  # what was read of it since the event is newer than this list
            if name in self._records:
                fresh[name] = self._records[name]
        self.is_read, self.error = True, None
        self._records = fresh
        self._changed(reindex=True)
        self._reread(())  # what events named meanwhile

    async def _read_records(self, devices: Sequence[Any]) -> dict[str, NodeDevice]:
        fresh: dict[str, NodeDevice] = {}
        for start in range(0, len(devices), HELPING):
            helping = devices[start : start + HELPING]
            what = "Reading the host's devices"
            read = await read_each(self.host, helping, lambda _c, one: read_devices([one]), what)
            fresh.update((record.name, self._completed(record)) for some in read for record in some)
            if not self.is_read:  # far away this takes seconds: show what there is
                self._records = dict(fresh)
                self._changed(reindex=True)
        return fresh

    async def _read_around(self) -> None:
        self._around = await self._read(read_around)

    async def _read_use(self) -> None:
        self._use = await read_use(self.host)

    def _completed(self, record: NodeDevice) -> NodeDevice:
        driver = self._drivers.get(record.name, "")
        return replace(record, driver=driver) if driver and not record.driver else record

    async def _read(self, work: Callable[..., Any]) -> Any:
        return await self.host.run(
            work, lane=Lane.BACKGROUND, what="Reading the host's devices", timeout=None
        )

    async def _read_some(self) -> None:
        if len(self._stale) > SINGLY:
            self._stale.clear()
            self._start_reading()
            return
        names = frozenset(self._stale)
        self._stale.clear()
        if self._around_stale:
            self._around_stale = False
            await self._read_around()
        found = await self._read(lambda connection: read_named_devices(connection, names))
        if not self.is_read:
            return
        again: set[str] = set()
        for name, record in found.items():
            known = self._records.get(name)
            if record is None:
                self._records.pop(name, None)
            else:
                record = self._records[name] = self._completed(record)
            if known != record:
                again |= self._relatives(known) | self._relatives(record)
        self._changed(reindex=True)
        # A card counts its functions, a group its members: they read differently now.
        self._reread(again - names)

    def _relatives(self, device: NodeDevice | None) -> set[str]:
        """Names of devices whose own description depends on this one."""
        if device is None:
            return set()
        places: Collection[str] = ()
        if device.pci is not None:
            places = (device.pci.physical, *device.pci.members)
        index = self._index or DeviceIndex()
        found = {index.by_pci[place].name for place in places if place in index.by_pci}
        if device.pci is None and device.parent in self._records:
            found.add(device.parent)
        return found - {device.name}

    def _changed(self, reindex: bool = False) -> None:
        if reindex:
            self._index = None
        self._snapshot = None
        self._publish(HostChange(self.host.record.key, node_devices=True))

    # -- following -------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        if not self._wanted:
            return
        if event.kind == "node-device":
            if self._is_reading:
                self._touched.add(event.identity)
            known = self._records.get(event.identity)
            if event.detail[:1] == (DELETED,) and known is not None:
                del self._records[event.identity]
                self._reread(self._relatives(known) | {known.parent} & self._records.keys())
                self._changed(reindex=True)
            else:
                self._reread({event.identity})
        elif event.kind in ("network", "pool"):
            self._around_stale = True
            self._reread(())

    def _reread(self, names: Iterable[str]) -> None:
        """Have some devices read again, together with what else is asked for just now."""
        self._stale.update(names)
        if (self._stale or self._around_stale) and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(GATHER, self._due)

    def _due(self) -> None:
        self._timer = None
        if self.host.is_connected and self.is_read:
            self._spawn(self._read_some())

    def apply(self, change: HostChange) -> None:
        """Take what has changed on the host: machines hold other devices, or it is back."""
        if change.host_changed and not self.host.is_connected:
            self.is_read = False
        if not self._wanted:
            return
        if change.host_changed and self.host.is_connected and not self.is_read:
            self._start_reading()
        if change.domains:
            self._look_at_claims(change.domains)

    def _look_at_claims(self, uuids: Collection[str]) -> None:
        """A machine that starts or ends binds other drivers to its devices."""
        before = dict(self._claims)
        for uuid in uuids:
            domain = self.host.inventory.domains.get(uuid)
            if domain is None:
                self._claims.pop(uuid, None)
            elif domain.details is not None:
                claims = with_pools(domain.details.claims, self._around.pools)
                if claims:
                    self._claims[uuid] = (domain.state.is_active, claims)
                else:
                    self._claims.pop(uuid, None)
        differing = [uuid for uuid in uuids if before.get(uuid) != self._claims.get(uuid)]
        if not differing:
            return
        named: set[str] = set()
        index = self._index or DeviceIndex()
        for uuid in differing:
            for _active, claims in (
                before.get(uuid, (False, ())),
                self._claims.get(uuid, (False, ())),
            ):
                for device in (index.by_pci.get(claim.place) for claim in claims):
                    if device is not None:
                        named |= {device.name} | self._relatives(device)
        self._changed()
        self._reread(named)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        async def guarded() -> None:
            try:
                await work
            except HypervisorError as error:
                log.warning("%s: %s", self.host.record.name, error)
                self.error = error.with_traceback(None)  # its frames hold devices of libvirt
                self._changed()

        task = asyncio.get_running_loop().create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
