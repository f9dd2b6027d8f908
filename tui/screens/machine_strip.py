"""The details strip under the table: the machine in view in three lines. Pure."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from tui.hypervisor.records import DomainRecord, Usage
from tui.model import units
from tui.model.states import reason_text
from tui.model.text import visible
from tui.screens.host_columns import last_known
from tui.screens.machine_columns import used_memory
from tui.widgets.cells import TextPart
from tui.widgets.spark import sparkline

SPARK, SPARK_NARROW = 24, 10
"""Cells of a sparkline, and of one on a narrow screen."""
WIDE = 100
"""Cells from which a screen is not narrow."""


@dataclass(frozen=True, slots=True)
class InView:
    """A machine, and what there is to tell of it beside its record."""

    record: DomainRecord
    usage: Usage | None = None
    history: Sequence[Usage] = ()
    last_event: str = ""
    warnings: Sequence[str] = ()
    """Alarms, and what speaks against its start."""
    bound: str = ""
    """What keeps it on its host."""
    seen: float | None = None
    """When its host was last heard of (time.time)."""


def strip(machine: InView, width: int, height: int) -> Content:
    """At most ``height`` lines of ``width`` cells: identity, usage, addresses, last event."""
    lines = [
        _identity(machine, width // 2),
        _usage(machine, SPARK if width >= WIDE else SPARK_NARROW),
        _network(machine),
    ]
    return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines[:height])


def _identity(machine: InView, name_width: int) -> Content:
    """What matters most comes first: the end of the line may not fit."""
    record, details = machine.record, machine.record.details
    reason = reason_text(record.state, record.reason)
    parts: list[TextPart] = [
        Content.assemble((visible(record.name), "bold")).truncate(name_width, ellipsis=True),
        f"  {record.state.word}" + (f" ({reason})" if reason else ""),
    ]
    if record.stale:
        parts.append((f"  {last_known(machine.seen)}", "$text-error"))
    parts += [(f"  ⚠ {visible(words)}", "bold $text-error") for words in machine.warnings]
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
    if machine.bound:
        parts.append((f"  {visible(machine.bound)}", "$quiet"))
    return Content.assemble(*parts)


def _usage(machine: InView, spark: int) -> Content:
    record, usage, history = machine.record, machine.usage, machine.history
    if usage is None:
        size = units.size(record.memory)
        return Content.assemble((f"{record.vcpus or units.UNKNOWN} vCPU, {size}", "$quiet"))
    memory = [None if u.memory is None else float(u.memory) for u in history]
    parts: list[TextPart] = [
        ("CPU ", "$quiet"),
        (sparkline([u.cpu for u in history], spark, 1.0), "$text-success"),
        f" {units.percent(usage.cpu):>5} of {record.vcpus or units.UNKNOWN} vCPU   ",
        ("memory ", "$quiet"),
        (sparkline(memory, spark, float(record.memory or 0)), "$text-primary"),
        f" {used_memory(usage)} of {units.size(record.memory)}",
    ]
    return Content.assemble(*parts)


def _network(machine: InView) -> Content:
    record, details = machine.record, machine.record.details
    parts: list[TextPart] = []
    if details:
        if record.state.is_active:
            addresses = ", ".join(visible(a) for a in details.addresses) or "no address known"
            parts.append(f"{addresses}   ")
        parts.append((units.count(details.disks, "disk"), "$quiet"))
    if record.started and not record.stale:
        parts.append((f"   up {units.uptime(time.time() - record.started)}", "$quiet"))
    if machine.last_event:
        parts.append((f"   {visible(machine.last_event)}", "$quiet"))
    return Content.assemble(*parts)
