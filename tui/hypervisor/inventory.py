"""What is on one host: immutable records by UUID, replaced when an event says so."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tui.hypervisor.records import (
    SOME,
    DomainDetails,
    DomainRecord,
    HostChange,
    NamedRecord,
    Usage,
)
from tui.model.states import DomainState, state_after

if TYPE_CHECKING:
    from tui.hypervisor.events import Event
    from tui.hypervisor.listing import DomainSize, Flags

HISTORY = 60
"""Samples of a running machine that are kept for its sparklines."""

SPACING = 0.05
"""Seconds between two words to the subscribers; the first of a burst is told at once."""

EVENT_UNDEFINED, EVENT_STARTED = 1, 2
"""virDomainEventType"""
STOPPED_SAVED = (5, 4)
"""virDomainEventType and virDomainEventStoppedDetailType, of any save."""
UNDEFINED_RENAMED = 1
"""virDomainEventUndefinedDetailType: a DEFINED event with the new name follows."""

REDEFINING = frozenset(
    ("agent", "metadata", "device-added", "device-removed", "tray", "disk-change")
)
"""Kinds of events after which the definition reads differently."""

SAVING = "saving"
PAUSING = (SAVING, "taking a snapshot")
"""What pauses a running machine by itself and is not over then."""


class Inventory:
    """Records of one host. Belongs to the loop's thread."""

    def __init__(
        self,
        host: str,
        publish: Callable[[HostChange], None],
        verify: Callable[[str], None],
    ) -> None:
        self.host = host
        self.domains: dict[str, DomainRecord] = {}
        self.usage: dict[str, Usage] = {}
        self.history: dict[str, deque[Usage]] = {}
        self.is_stale = False
        """The records are what was last known: see :meth:`mark_stale`."""
        self.has_flags = False
        """Autostart and the like are known; before, every machine is taken for a persistent one."""
        self.unread: set[str] = set()
        """UUIDs whose definition has not been read since it (or its state) changed."""
        self.named: dict[str, dict[str, NamedRecord]] = {
            "network": {},
            "pool": {},
            "node-device": {},
        }
        self._publish = publish
        self._verify = verify
        self._changed: set[str] = set()
        self._changed_kinds: set[str] = set()
        self._told = 0.0
        self._pending: asyncio.Handle | None = None

    # -- bulk --------------------------------------------------------------------------

    # ``newer``: domains that have changed since what is loaded was asked for; they are left alone.

    def load(self, records: Iterable[DomainRecord], newer: Set[str] = frozenset()) -> None:
        """Take a fresh list: what is not in it is gone; details and sizes known are kept."""
        fresh = {record.uuid: record for record in records if record.uuid not in newer}
        for uuid in self.domains.keys() - fresh.keys() - newer:
            self.remove(uuid)
        for uuid, record in fresh.items():
            old = self.domains.get(uuid)
            if old is not None:
                record = replace(
                    record,
                    vcpus=old.vcpus,
                    memory=old.memory,
                    persistent=old.persistent,
                    autostart=old.autostart,
                    managed_save=old.managed_save,
                    snapshots=old.snapshots,
                    details=old.details,
                    started=old.started if old.id == record.id else None,
                    transition=_still(old, record.state),
                )
            self.put(record)

    def read_again(self, uuids: Iterable[str]) -> None:
        """Have these definitions read again: they may have changed without an event."""
        for uuid in self.domains.keys() & uuids:
            self.unread.add(uuid)
            self._tell(uuid)

    def forget_starts(self) -> None:
        """The host may have been started anew: its machines have the same numbers again then."""
        for record in list(self.domains.values()):
            self._patch(record, started=None)

    def load_flags(self, flags: Flags, newer: Set[str] = frozenset()) -> None:
        """Take the properties that came by list filters."""
        self.has_flags = True
        for uuid in self.domains.keys() - newer:
            self._patch(
                self.domains[uuid],
                persistent=uuid not in flags.transient,
                autostart=uuid in flags.autostart,
                managed_save=uuid in flags.managed_save,
                snapshots=flags.snapshots.get(uuid, 0),
            )

    def load_unannounced(
        self, autostart: Set[str], managed_save: Set[str], newer: Set[str] = frozenset()
    ) -> None:
        """Take the properties that change without an event."""
        for uuid in self.domains.keys() - newer:
            self._patch(
                self.domains[uuid], autostart=uuid in autostart, managed_save=uuid in managed_save
            )

    def load_snapshots(self, having: Mapping[str, int]) -> None:
        """Take the polled numbers of snapshots; a machine that is not in it has none."""
        for uuid, record in list(self.domains.items()):
            count = having.get(uuid, 0)
            if count != SOME or not record.snapshots:
                self._patch(record, snapshots=count)

    def load_sizes(self, sizes: Mapping[str, DomainSize], newer: Set[str] = frozenset()) -> None:
        """Take current vCPUs and memory."""
        for uuid, size in sizes.items():
            record = self.domains.get(uuid)
            if record is not None and uuid not in newer:
                self._patch(
                    record,
                    vcpus=size.vcpus if size.vcpus is not None else record.vcpus,
                    memory=size.memory if size.memory is not None else record.memory,
                )

    def load_usage(self, usage: dict[str, Usage]) -> None:
        """Take one sample of all running machines, less those that stopped while it came."""
        usage = {
            uuid: figures
            for uuid, figures in usage.items()
            if uuid in self.domains and self.domains[uuid].state.is_running
        }
        self.usage = usage
        for uuid, figures in usage.items():
            self.history.setdefault(uuid, deque(maxlen=HISTORY)).append(figures)
        for uuid in self.history.keys() - usage.keys():
            del self.history[uuid]
        self._publish(HostChange(self.host, sampled=True))

    def load_details(self, details: Mapping[str, DomainDetails]) -> None:
        """Take what definitions told."""
        for uuid, found in details.items():
            if record := self.domains.get(uuid):
                self._patch(record, details=found)

    def load_named(self, kind: str, records: Iterable[NamedRecord]) -> None:
        """Take all networks, pools or node devices."""
        fresh = {record.key: record for record in records}
        if fresh != self.named[kind]:
            self.named[kind] = fresh
            self._tell(kind=kind)

    def mark_stale(self, stale: bool) -> None:
        """Say of every record whether it may be taken as true now."""
        self.is_stale = stale
        for record in list(self.domains.values()):
            self._patch(record, stale=stale, transition=None if stale else record.transition)
        if stale and self.usage:
            self.usage = {}
            self._publish(HostChange(self.host, sampled=True))

    # -- one at a time -----------------------------------------------------------------

    def put(self, record: DomainRecord) -> None:
        """Add or replace one record."""
        old = self.domains.get(record.uuid)
        if old is None:
            self.unread.add(record.uuid)
        if old != record:
            self.domains[record.uuid] = record
            self._tell(record.uuid)

    def remove(self, uuid: str) -> None:
        """Forget one record."""
        if self.domains.pop(uuid, None) is not None:
            self.usage.pop(uuid, None)
            self.history.pop(uuid, None)
            self.unread.discard(uuid)
            self._tell(uuid)

    def refresh(self, uuid: str, fresh: DomainRecord | None) -> None:
        """Take what re-reading one domain gave; None when it is gone."""
        if fresh is None:
            self.remove(uuid)
            return
        old = self.domains.get(uuid)
        if old is not None:
            fresh = replace(
                fresh,
                details=old.details,
                started=old.started if fresh.state.is_active else None,
                transition=_still(old, fresh.state),
            )
        self.put(fresh)

    def set_transition(self, uuid: str, transition: str | None) -> None:
        """Show what was asked for until libvirt says it is so (or that it failed)."""
        if record := self.domains.get(uuid):
            self._patch(record, transition=transition)

    def set_started(self, uuid: str, started: float) -> None:
        """Take the wall clock of a machine's start, unless it has ended or begun since."""
        record = self.domains.get(uuid)
        if record is not None and record.state.is_active and record.started is None:
            self._patch(record, started=started)

    def apply(self, event: Event) -> None:
        """Take a lifecycle or other domain event; has the domain re-read where it needs to."""
        if event.kind != "lifecycle":
            self._apply_other(event)
            return
        type_, detail = event.detail[:2]
        record = self.domains.get(event.identity)
        if record is not None:
            self.unread.add(event.identity)
        if type_ == EVENT_UNDEFINED:
            self._undefined(record, detail)
            return
        if record is None:
            self._verify(event.identity)
            return
        now = state_after(type_, detail)
        if now is None:
            # Defined again: name, size and details may be others, and what no record holds.
            self._patch(record, name=event.name)
            self._tell(record.uuid)
        else:
            state, reason = now
            if not state.is_active and not record.persistent:
                self.remove(event.identity)
                return
            changes: dict[str, Any] = {}
            if type_ == EVENT_STARTED:
                changes = {"started": time.time(), "managed_save": False}
            elif not state.is_active:
                changes = {"started": None}
                if (type_, detail) == STOPPED_SAVED and record.transition == SAVING:
                    changes["managed_save"] = True  # not saved to a file of somebody's choice
                self.usage.pop(event.identity, None)
            self._patch(
                record,
                name=event.name,
                id=event.id if state.is_active else None,
                state=state,
                reason=reason,
                transition=record.transition if _paused_for_it(record, state) else None,
                **changes,
            )
        self._verify(event.identity)

    def _apply_other(self, event: Event) -> None:
        record = self.domains.get(event.identity)
        if record is None:
            return
        if event.kind == "balloon":
            self._patch(record, memory=int(event.detail[0]) * 1024)
        elif event.kind == "reboot":
            self._patch(record, transition=None)
        elif event.kind in REDEFINING:
            self.unread.add(record.uuid)
            self._tell(record.uuid)

    def _undefined(self, record: DomainRecord | None, detail: int) -> None:
        if record is None or detail == UNDEFINED_RENAMED:
            return
        if record.state.is_active:
            self._patch(record, persistent=False, autostart=False)
        else:
            self.remove(record.uuid)

    # -- telling -----------------------------------------------------------------------

    def _patch(self, record: DomainRecord, **changes: Any) -> None:
        if any(getattr(record, name) != value for name, value in changes.items()):
            self.domains[record.uuid] = replace(record, **changes)
            self._tell(record.uuid)

    def _tell(self, uuid: str | None = None, kind: str | None = None) -> None:
        if uuid is not None:
            self._changed.add(uuid)
        if kind is not None:
            self._changed_kinds.add(kind)
        if self._pending is None:
            loop = asyncio.get_running_loop()
            wait = self._told + SPACING - loop.time()
            self._pending = (
                loop.call_later(wait, self._flush) if wait > 0 else loop.call_soon(self._flush)
            )

    def _flush(self) -> None:
        self._pending = None
        self._told = asyncio.get_running_loop().time()
        domains, kinds = frozenset(self._changed), frozenset(self._changed_kinds)
        self._changed.clear()
        self._changed_kinds.clear()
        self._publish(
            HostChange(
                self.host,
                domains=domains,
                networks="network" in kinds,
                pools="pool" in kinds,
                node_devices="node-device" in kinds,
            )
        )


def _paused_for_it(record: DomainRecord, state: DomainState) -> bool:
    return state is DomainState.PAUSED and record.transition in PAUSING


def _still(record: DomainRecord, state: DomainState) -> str | None:
    """What was asked for, where a reading of that state does not end it."""
    goes_on = record.state is state or _paused_for_it(record, state)
    return record.transition if goes_on else None
