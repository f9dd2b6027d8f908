"""The details strip under the table: the machine in view in three lines. Pure."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.content import Content

from tui.hypervisor.records import DomainRecord, Usage
from tui.model import units
from tui.model.states import reason_text
from tui.model.text import visible
from tui.screens.host_columns import last_known
from tui.screens.machine_columns import used_memory
from tui.widgets.spark import sparkline

SPARK = 24
SPARK_NARROW = 10
WIDE = 100


def strip(
    record: DomainRecord,
    usage: Usage | None,
    history: Sequence[Usage],
    last_event: str,
    width: int,
    height: int,
    warnings: Sequence[str] = (),
    bound: str = "",
    seen: float | None = None,
) -> Content:
    """At most ``height`` lines of ``width`` cells: identity, usage, addresses, last event.

    ``warnings`` are alarms and what speaks against its start, ``bound`` says what keeps it
    on its host, ``seen`` (time.time) is when the host was last heard of.
    """
    lines = [
        _identity(record, warnings, bound, width // 2, seen),
        _usage(record, usage, history, SPARK if width >= WIDE else SPARK_NARROW),
        _network(record, last_event),
    ]
    return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines[:height])


def _identity(
    record: DomainRecord,
    warnings: Sequence[str],
    bound: str,
    name_width: int,
    seen: float | None,
) -> Content:
    """What matters most comes first: the end of the line may not fit."""
    details = record.details
    reason = reason_text(record.state, record.reason)
    parts: list[Content | str | tuple[str, str]] = [
        Content.assemble((visible(record.name), "bold")).truncate(name_width, ellipsis=True),
        f"  {record.state.word}" + (f" ({reason})" if reason else ""),
    ]
    if record.stale:
        parts.append((f"  {last_known(seen)}", "$text-error"))
    parts += [(f"  ⚠ {visible(words)}", "bold $text-error") for words in warnings]
    if details and details.pending:
        words = "  next boot changes " + ", ".join(visible(what) for what in details.pending)
        parts.append((words, "$text-warning"))
    if record.id is not None:
        parts.append((f"  id {record.id}", "$quiet"))
    if not record.persistent:
        parts.append(("  transient", "$text-warning"))
    if record.autostart:
        parts.append(("  autostart", "$text-accent"))
    if details and details.title:
        parts.append((f"  {visible(details.title)}", "$quiet"))
    if details and details.tags:
        parts.append(("  #" + " #".join(visible(tag) for tag in details.tags), "$text-accent"))
    if bound:
        parts.append((f"  {visible(bound)}", "$quiet"))
    return Content.assemble(*parts)


def _usage(
    record: DomainRecord, usage: Usage | None, history: Sequence[Usage], spark: int
) -> Content:
    if usage is None:
        size = units.size(record.memory)
        return Content.assemble((f"{record.vcpus or units.UNKNOWN} vCPU, {size}", "$quiet"))
    memory = [None if u.memory is None else float(u.memory) for u in history]
    parts: list[str | tuple[str, str]] = [
        ("CPU ", "$quiet"),
        (sparkline([u.cpu for u in history], spark, 1.0), "$text-success"),
        f" {units.percent(usage.cpu):>5} of {record.vcpus or units.UNKNOWN} vCPU   ",
        ("memory ", "$quiet"),
        (sparkline(memory, spark, float(record.memory or 0)), "$text-primary"),
        f" {used_memory(usage)} of {units.size(record.memory)}",
    ]
    return Content.assemble(*parts)


def _network(record: DomainRecord, last_event: str) -> Content:
    details = record.details
    parts: list[str | tuple[str, str]] = []
    if details:
        if record.state.is_active:
            addresses = ", ".join(visible(a) for a in details.addresses) or "no address known"
            parts.append(f"{addresses}   ")
        parts.append((units.count(details.disks, "disk"), "$quiet"))
    if record.started:
        parts.append((f"   up {units.duration(_whole_minutes(record.started))}", "$quiet"))
    if last_event:
        parts.append((f"   {visible(last_event)}", "$quiet"))
    return Content.assemble(*parts)


def _whole_minutes(started: float) -> float:
    return (time.time() - started) // 60 * 60
