"""The one way to change a definition: compare, keep the old one, define, then the live steps."""

from __future__ import annotations

import contextlib
import dataclasses
import random
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import libvirt

from tui.hypervisor import history, lifecycle, live_steps
from tui.hypervisor.change import change_domain, virsh
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.hardware import read_live, read_stored
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.in_thread import in_thread
from tui.model.alterations import alterations
from tui.model.changes import Change, ChangeId, ChangeSet, FieldChange, canonical, replay
from tui.model.domain import Domain
from tui.model.fields import BESIDE_DEFINITION, Call
from tui.model.merge import ClashError, merge
from tui.model.plan import Forecast, LiveStep, Plan, plan
from tui.model.templates import new_mac

OLD_TROUBLE = "the stored definition does not follow libvirt's schema; it did not before either"

REFUSALS = frozenset(
    (
        libvirt.VIR_ERR_XML_ERROR,
        libvirt.VIR_ERR_XML_DETAIL,
        libvirt.VIR_ERR_XML_INVALID_SCHEMA,
        libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
        libvirt.VIR_ERR_INVALID_ARG,
        libvirt.VIR_ERR_NO_DOMAIN,
    )
)
"""Errors after which a definition is surely not replaced: libvirt has looked at it."""


class ConflictError(Exception):
    """Someone else changed the same thing since the base was read. Nothing was written."""

    def __init__(self, base: Domain, theirs: Domain, ours: Domain) -> None:
        super().__init__("someone else changed the same thing")
        self.base, self.theirs, self.ours = base, theirs, ours


class RefusedError(HypervisorError):
    """The forecast refuses a change. Nothing was written."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of one libvirt call."""

    what: str
    error: HypervisorError | None = None
    is_stored: bool = True
    """The next boot has it, whatever became of the call."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a change set."""

    steps: tuple[StepResult, ...]
    """The define first, where there was one."""
    merged: bool
    """Someone else's changes were kept beside ours."""
    altered: tuple[str, ...]
    """What libvirt stored otherwise than it was sent, in words."""
    waiting: tuple[Forecast, ...]
    """Changes that a running machine gets at its next boot."""
    warning: str = ""

    @property
    def failed(self) -> tuple[StepResult, ...]:
        """Live steps that did not work: the definition has them, the next boot will too."""
        return tuple(step for step in self.steps if step.error is not None)


async def apply(
    host: Host,
    record: DomainRecord,
    base: Domain,
    edited: Domain,
    *,
    held_back: Collection[ChangeId] = (),
    now_only: Collection[ChangeId] = (),
) -> Applied:
    """Change a machine from ``base`` to ``edited``; ``now_only`` is not stored.

    Raises ConflictError and RefusedError before anything is written, HypervisorError when the
    definition is not taken. A live step that fails is told in the result: it stays pending.
    """
    try:
        fresh = await read_live(host, record, await read_stored(host, record))
    except HypervisorError as error:
        error.what = f"Change the hardware of {record.name}"
        raise
    base, edited, merged = on_top(base, edited, fresh.stored)
    edited, keys = with_macs(host, edited)
    held_back = {(keys.get(key, key), field) for key, field in held_back}
    now_only = {(keys.get(key, key), field) for key, field in now_only}
    changes = ChangeSet(base, edited)
    made = plan(changes, fresh.status, fresh.live, held_back=held_back, now_only=now_only)
    kept = [forecast.change for forecast in made.forecasts if forecast.is_stored]
    stored = edited if len(kept) == len(changes.changes) else replay(base, kept)
    if made.refused:
        first = made.refused[0]
        raise RefusedError(
            f"Change {first.change.label} of {record.name}",
            words=f"{first.change.what}: {first.why}",
        )
    results: list[StepResult] = []
    beside = [step.call for step in made.steps if step.call in BESIDE_DEFINITION]
    warning = ""
    async with _all_or_none(host, record, beside, (base, edited), results):
        if made.define:
            warning = await _define(host, record, base, stored, kept)
            results.append(StepResult("stored the definition"))
    if fresh.live is not None:
        for step in (step for step in made.steps if step.call not in beside):
            is_stored = made.define and all(change in kept for change in step.changes)
            result = await _live(host, record, changes, fresh.live, step)
            results.append(dataclasses.replace(result, is_stored=is_stored))
    altered: tuple[str, ...] = ()
    if made.define:
        with contextlib.suppress(HypervisorError):  # it is stored, though it cannot be read now
            altered = alterations(stored, (await read_stored(host, record)).stored)
    host.reread_soon(record.uuid)
    return Applied(tuple(results), merged, altered, _waiting(made), warning)


@asynccontextmanager
async def _all_or_none(
    host: Host,
    record: DomainRecord,
    calls: Sequence[Call],
    documents: tuple[Domain, Domain],
    results: list[StepResult],
) -> AsyncIterator[None]:
    """Make these calls for what is kept beside the definition; undo them where what follows fails.

    ``documents``: as it is, and as it shall be.
    """
    base, edited = documents
    done: list[Call] = []
    try:
        for call in calls:
            record = await _set_beside(host, record, call, edited, results)
            done.append(call)
        yield
    except HypervisorError:
        for call in done:
            with contextlib.suppress(HypervisorError):  # why it failed at first is what counts
                record = await _set_beside(host, record, call, base, results)
        raise


async def _set_beside(
    host: Host, record: DomainRecord, call: Call, wanted: Domain, results: list[StepResult]
) -> DomainRecord:
    """One thing that libvirt keeps outside of the definition; returns the record as it is then."""
    if call is Call.RENAME:
        await lifecycle.rename(host, record, wanted.name)
        results.append(StepResult(f"renamed to {wanted.name}"))
        return dataclasses.replace(record, name=wanted.name)
    await lifecycle.set_autostart(host, record, wanted.boot.autostart)
    results.append(StepResult(f"autostart {'on' if wanted.boot.autostart else 'off'}"))
    return record


def on_top(base: Domain, edited: Domain, fresh: Domain) -> tuple[Domain, Domain, bool]:
    """The edits on what is stored now: (its definition, the edited one, whether it differed).

    Raises ConflictError where both changed the same thing.
    """
    if canonical(base.root) == canonical(fresh.root):
        return base, edited, False
    try:
        return fresh, merge(base, edited, fresh), True
    except ClashError:
        raise ConflictError(base, fresh, edited) from None


def with_macs(host: Host, edited: Domain) -> tuple[Domain, dict[str, str]]:
    """A copy in which every NIC has a MAC address that no other has, and their keys by the old.

    libvirt would draw one for the definition and another for the running machine.
    """
    result = edited.copy()
    nics = result.interfaces
    before = [nic.key for nic in nics]
    taken = {nic.mac.lower() for nic in nics}
    for record in host.inventory.domains.values():
        taken.update(mac.lower() for mac in (record.details.macs if record.details else ()))
    for nic in nics:
        if not nic.mac:
            nic.mac = new_mac([*taken], random.randrange)
            taken.add(nic.mac)
    return result, dict(zip(before, (nic.key for nic in nics), strict=True))


async def _define(
    host: Host, record: DomainRecord, base: Domain, edited: Domain, changes: Sequence[Change]
) -> str:
    """Keep the old definition, store the new one; returns a warning, or nothing."""
    words = tuple(f"{change.label}: {change.what}" for change in changes)
    more = f" and {len(words) - 3} more" if len(words) > 3 else ""
    what = f"Change the hardware of {record.name}"
    kept = await history.keep_replaced(host, record, base, words, what)
    old, new = base.to_xml(), edited.to_xml()

    def define(domain: libvirt.virDomain) -> str:
        connection = domain.connect()
        try:
            connection.defineXMLFlags(new, libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
        except libvirt.libvirtError as error:
            if not _is_of_schema(error) or not _is_invalid(connection, old):
                raise
            connection.defineXMLFlags(new, 0)
            return OLD_TROUBLE
        return ""

    text = f"change the hardware ({'; '.join(words[:3])}{more}) of"
    command = virsh("define", f"{record.name}.xml", "--validate")
    try:
        return await change_domain(host, record, text, command, define)
    except HypervisorError as error:
        if kept is not None and error.code in REFUSALS:
            await in_thread(lambda: kept.unlink(missing_ok=True))
        raise


def _is_of_schema(error: libvirt.libvirtError) -> bool:
    return bool(error.get_error_code() == libvirt.VIR_ERR_XML_INVALID_SCHEMA)


def _is_invalid(connection: libvirt.virConnect, stored: str) -> bool:
    """Whether the host's own schema has always refused what it stores.

    Asked by storing the same once more, which changes nothing: the host may have another
    schema than this machine.
    """
    try:
        connection.defineXMLFlags(stored, libvirt.VIR_DOMAIN_DEFINE_VALIDATE)
    except libvirt.libvirtError as error:
        return _is_of_schema(error)
    return False


async def _live(
    host: Host, record: DomainRecord, changes: ChangeSet, live: Domain, step: LiveStep
) -> StepResult:
    what = f"{step.label}: " + ", ".join(
        change.what if not isinstance(change, FieldChange) else f"{change.what} {change.new}"
        for change in step.changes
    )
    try:
        await live_steps.take(host, record, changes, live, step)
    except HypervisorError as error:
        return StepResult(what, error)
    return StepResult(what)


def _waiting(made: Plan) -> tuple[Forecast, ...]:
    return tuple(f for f in made.forecasts if f.call is None and f.why)
