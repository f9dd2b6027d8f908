"""The one way to change a definition: compare, keep the old one, define, then the live steps."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import libvirt
from lxml import etree

from tui.hypervisor import history, lifecycle, live_steps
from tui.hypervisor.change import change_domain
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.hardware import Hardware, read_live, read_stored
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.schema import check_schema
from tui.in_thread import in_thread
from tui.model.changes import (
    ChangeSet,
    FieldChange,
    LostError,
    canonical,
    replay,
)
from tui.model.domain import Domain
from tui.model.fields import Call
from tui.model.plan import Forecast, Plan, Step, plan


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
    """Changes that wait for the next boot."""
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
    held_back: Collection[tuple[str, str]] = (),
) -> Applied:
    """Change a machine from ``base`` to ``edited``.

    Raises ConflictError and RefusedError before anything is written, HypervisorError when the
    definition is not taken. A live step that fails is told in the result: it stays pending.
    """
    fresh = await read_live(host, record, await read_stored(host, record))
    base, edited, merged = merge(base, edited, fresh.stored)
    changes = ChangeSet(base, edited)
    made = plan(changes, fresh.situation, fresh.live, held_back=held_back)
    if made.refused:
        first = made.refused[0]
        raise RefusedError(
            f"Change {first.change.label} of {record.name}",
            words=f"{first.change.what}: {first.why}",
        )
    results: list[StepResult] = []
    steps = list(made.steps)
    for step in [step for step in steps if step.call is Call.RENAME]:
        await lifecycle.rename(host, record, edited.name)
        results.append(StepResult(f"renamed to {edited.name}"))
        steps.remove(step)
    warning = ""
    if made.define:
        warning = await _define(host, record, base, edited, changes)
        results.append(StepResult("stored the definition"))
    if fresh.live is not None:
        results += [await _live(host, record, changes, fresh.live, step) for step in steps]
    altered: tuple[str, ...] = ()
    if made.define:
        altered = alterations(edited, (await read_stored(host, record)).stored)
    host.reread_soon(record.uuid)
    return Applied(tuple(results), merged, altered, _waiting(made), warning)


def merge(base: Domain, edited: Domain, fresh: Domain) -> tuple[Domain, Domain, bool]:
    """The edits on what is stored now: (its definition, the edited one, whether it differed).

    Raises ConflictError where both changed the same thing.
    """
    if canonical(base.root) == canonical(fresh.root):
        return base, edited, False
    ours = ChangeSet(base, edited).changes
    theirs = {change.id for change in ChangeSet(base, fresh).changes}
    try:
        if any(change.id in theirs for change in ours):
            raise ConflictError(base, fresh, edited)
        return fresh, replay(fresh, ours), True
    except LostError:
        raise ConflictError(base, fresh, edited) from None


async def _define(
    host: Host, record: DomainRecord, base: Domain, edited: Domain, changes: ChangeSet
) -> str:
    """Keep the old definition, store the new one; returns a warning, or nothing."""
    words = tuple(f"{change.label}: {change.what}" for change in changes.changes)
    if host.journal.audit_path is not None:
        directory = host.journal.audit_path.parent / "history"
        uri = host.record.uri
        try:
            await in_thread(lambda: history.keep(directory, uri, record.uuid, base, words))
        except OSError as error:
            raise HypervisorError(
                f"Change the hardware of {record.name}",
                words=f"the old definition could not be kept in {directory}: {error.strerror}",
                advice="Nothing was changed. Make room or give permission there.",
            ) from error
    xml = edited.to_xml()
    try:
        await _define_xml(host, record, xml, libvirt.VIR_DOMAIN_DEFINE_VALIDATE, words)
    except HypervisorError as error:
        if error.code != libvirt.VIR_ERR_XML_INVALID_SCHEMA or not await in_thread(
            lambda: _was_invalid(base)
        ):
            raise
        await _define_xml(host, record, xml, 0, words)
        return "the stored definition does not follow libvirt's schema; it did not before either"
    return ""


def _was_invalid(base: Domain) -> bool:
    try:
        return bool(check_schema(base.to_xml()).troubles)
    except etree.XMLSyntaxError:
        return True


async def _define_xml(
    host: Host, record: DomainRecord, xml: str, flags: int, words: tuple[str, ...]
) -> None:
    def define(domain: libvirt.virDomain) -> None:
        domain.connect().defineXMLFlags(xml, flags)

    await change_domain(
        host,
        record,
        f"change the hardware ({'; '.join(words)}) of",
        lifecycle.virsh("define", record)[: -len(record.name)] + f"{record.name}.xml",
        define,
    )


async def _live(
    host: Host, record: DomainRecord, changes: ChangeSet, live: Domain, step: Step
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


def alterations(sent: Domain, stored: Domain) -> tuple[str, ...]:
    """What libvirt stored otherwise than it was sent: values and what it dropped, in words.

    What it only adds (addresses, defaults, controllers) is not told.
    """
    told = [
        f"{change.label}: {change.what} {change.old} became {change.new}"
        for change in ChangeSet(sent, stored).changes
        if isinstance(change, FieldChange) and change.field.text(change.before)
    ]
    return (*told, *(f"{path} was dropped" for path in dropped(sent, stored)))


def dropped(sent: Domain, stored: Domain) -> list[str]:
    """Paths of elements and attributes that were sent and are nowhere in what is stored."""
    kept = {path for element in stored.root.iter("*") for path in _paths(element)}
    gone: dict[str, None] = {}
    for element in sent.root.iter("*"):
        for path in _paths(element):
            if path not in kept:
                gone[path] = None
    return list(gone)


def _paths(element: etree._Element) -> list[str]:
    tags = [e.tag for e in (element, *element.iterancestors()) if isinstance(e.tag, str)]
    path = "/".join(etree.QName(tag).localname for tag in reversed(tags[:-1]))
    if not path:
        return []
    return [path, *(f"{path}/@{etree.QName(name).localname}" for name in map(str, element.attrib))]


__all__ = ["Applied", "ConflictError", "Hardware", "RefusedError", "StepResult", "apply", "merge"]
