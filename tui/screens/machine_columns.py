"""The columns of the machines table: record to cell, pure."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tui.hypervisor.records import DomainRecord, Usage
from tui.model import units
from tui.model.order import natural
from tui.model.states import DomainState, reason_text
from tui.model.text import visible
from tui.screens.machine_row import MachineRow, name_of
from tui.widgets.cells import fit_name
from tui.widgets.line_table import Cell, Column

STATE_STYLES = {
    DomainState.RUNNING: "ok",
    DomainState.BLOCKED: "ok",
    DomainState.PAUSED: "warning",
    DomainState.PMSUSPENDED: "warning",
    DomainState.SHUTDOWN: "busy",
    DomainState.SHUTOFF: "off",
    DomainState.CRASHED: "error",
    DomainState.NOSTATE: "off",
}
STATE_ORDER = {
    state: place
    for place, state in enumerate(
        (
            DomainState.CRASHED,
            DomainState.RUNNING,
            DomainState.BLOCKED,
            DomainState.SHUTDOWN,
            DomainState.PAUSED,
            DomainState.PMSUSPENDED,
            DomainState.NOSTATE,
            DomainState.SHUTOFF,
        )
    )
}

TRANSITION_GLYPH = "…"
STALE_GLYPH = "?"


def state_cell(row: MachineRow) -> Cell:
    """Glyph and word; what was asked for, while it is not so yet; "?" where not current."""
    record, state = row.record, row.record.state
    saved = state is DomainState.SHUTOFF and record.managed_save
    word = "saved" if saved else state.word
    if record.stale:
        return Cell(f"{STALE_GLYPH} {word}", "muted")
    if record.transition:
        return Cell(f"{TRANSITION_GLYPH} {record.transition}", "busy")
    return Cell(f"{state.glyph} {word}", "accent" if saved else STATE_STYLES[state])


def name_cell(row: MachineRow) -> Cell:
    """The name; muted when the machine is off."""
    return Cell(name_of(row.record), _calm(row.record))


def _calm(record: DomainRecord) -> str:
    return "muted" if record.stale or not record.state.is_active else ""


def vcpus_cell(row: MachineRow) -> Cell:
    """Current virtual CPUs."""
    count = row.record.vcpus
    return Cell(units.UNKNOWN if count is None else str(count), _calm(row.record))


def cpu_cell(row: MachineRow) -> Cell:
    """Share of its virtual CPUs that is busy."""
    if row.usage is None:
        return Cell("")
    busy = row.usage.cpu
    style = "error" if busy is not None and busy >= 0.9 else ""
    return Cell(units.percent(busy), style if busy is not None else "muted")


def memory_cell(row: MachineRow) -> Cell:
    """Memory in use and given."""
    given = units.size(row.record.memory)
    usage = row.usage
    if usage is None or usage.memory is None:
        return Cell(given, _calm(row.record))
    return Cell(f"{used_memory(usage)} / {given}")


def used_memory(usage: Usage) -> str:
    """Memory in use: what the guest says, else what the host sees of it, marked with ``~``."""
    about = "~" if usage.memory is not None and not usage.memory_is_guest else ""
    return f"{about}{units.size(usage.memory)}"


def _pair(first: float | None, second: float | None) -> Cell:
    if first is None and second is None:
        return Cell(units.UNKNOWN, "muted")
    quiet = not first and not second
    return Cell(f"{units.rate(first):>6} {units.rate(second):>6}", "muted" if quiet else "")


def disk_cell(row: MachineRow) -> Cell:
    """Bytes per second read and written."""
    return _pair(row.usage.disk_read, row.usage.disk_write) if row.usage else Cell("")


def net_cell(row: MachineRow) -> Cell:
    """Bytes per second received and sent."""
    return _pair(row.usage.net_receive, row.usage.net_send) if row.usage else Cell("")


def address_cell(row: MachineRow) -> Cell:
    """Its first address, and how many more."""
    details = row.record.details
    if details is None or not details.addresses:
        return Cell("")
    first, *more = details.addresses
    return Cell(visible(first) + (f" +{len(more)}" if more else ""), _calm(row.record))


def host_cell(row: MachineRow) -> Cell:
    """The host that it is on."""
    return Cell(visible(row.record.host), "muted")


def badges_cell(row: MachineRow) -> Cell:
    """What is worth knowing at a glance; the help explains each sign."""
    record = row.record
    pending = record.details is not None and bool(record.details.pending)
    signs = (
        ("⚠", bool(row.warnings)),
        ("≠", pending),
        ("⟳", record.autostart),
        (f"◉{record.snapshots}" if record.snapshots > 1 else "◉", record.snapshots),
        ("t", not record.persistent),
    )
    text = " ".join(sign for sign, shown in signs if shown)
    return Cell(text, "error" if row.warnings else "accent")


def uptime_cell(row: MachineRow) -> Cell:
    """Time since its start, to the minute: it must not repaint every second."""
    record = row.record
    if record.started is None or record.stale:
        return Cell(units.UNKNOWN if record.state.is_active else "", "muted")
    return Cell(units.uptime(time.time() - record.started))


def title_cell(row: MachineRow) -> Cell:
    """The title in its definition."""
    return Cell(visible(row.record.details.title) if row.record.details else "", "muted")


def tags_cell(row: MachineRow) -> Cell:
    """Its tags."""
    return Cell(visible(" ".join(row.record.details.tags)) if row.record.details else "", "accent")


def reason_cell(row: MachineRow) -> Cell:
    """Why it is in its state."""
    return Cell(reason_text(row.record.state, row.record.reason), "muted")


def _usage(row: MachineRow) -> Usage:
    return row.usage or Usage()


def _amount(value: float | None) -> float:
    return -1.0 if value is None else value


def _filled_first(text: str) -> tuple[bool, str]:
    return (not text, text.casefold())


def _address_order(row: MachineRow) -> tuple[bool, list[str]]:
    """By number, not by letter: .9 comes before .10."""
    addresses = row.record.details.addresses if row.record.details else ()
    return (not addresses, [part.zfill(3) for part in addresses[0].split(".")] if addresses else [])


COLUMNS: Sequence[Column[MachineRow]] = (
    Column(
        "state",
        "State",
        15,
        state_cell,
        lambda row: (STATE_ORDER[row.record.state], row.record.name.casefold()),
        importance=0,
        min_width=11,
    ),
    Column(
        "name",
        "Name",
        24,
        name_cell,
        lambda row: row.record.name.casefold(),
        importance=0,
        grow=True,
        min_width=16,
        fit=fit_name,
    ),
    Column("vcpus", "vCPU", 4, vcpus_cell, lambda row: row.record.vcpus or 0, 3, align="right"),
    Column("cpu", "CPU", 5, cpu_cell, lambda row: _amount(_usage(row).cpu), 1, align="right"),
    Column(
        "memory",
        "Memory",
        19,
        memory_cell,
        lambda row: row.record.memory or 0,
        importance=2,
        align="right",
    ),
    Column(
        "disk",
        "Disk B/s r w",
        13,
        disk_cell,
        lambda row: _amount(_usage(row).disk_read) + _amount(_usage(row).disk_write),
        importance=6,
        align="right",
    ),
    Column(
        "net",
        "Net B/s in out",
        14,
        net_cell,
        lambda row: _amount(_usage(row).net_receive) + _amount(_usage(row).net_send),
        importance=7,
        align="right",
    ),
    Column(
        "address",
        "Address",
        18,
        address_cell,
        _address_order,
        importance=5,
    ),
    Column(
        "host",
        "Host",
        16,
        host_cell,
        lambda row: (natural(row.record.host), row.record.name.casefold()),
        importance=2,
        min_width=10,
    ),
    Column(
        "badges",
        "",
        7,
        badges_cell,
        lambda row: (not row.warnings, not row.record.autostart, not row.record.snapshots),
        importance=2,
    ),
    Column(
        "uptime",
        "Up",
        7,
        uptime_cell,
        lambda row: -(row.record.started or float("inf")),
        importance=8,
        align="right",
    ),
    Column(
        "title",
        "Title",
        24,
        title_cell,
        lambda row: _filled_first(row.record.details.title if row.record.details else ""),
        importance=9,
    ),
    Column(
        "tags",
        "Tags",
        16,
        tags_cell,
        lambda row: _filled_first(" ".join(row.record.details.tags) if row.record.details else ""),
        importance=9,
    ),
    Column("reason", "Reason", 20, reason_cell, lambda row: row.record.reason, 9),
)
"""Every column there is, most important first."""

BY_KEY = {column.key: column for column in COLUMNS}

DEFAULT = (
    "state",
    "name",
    "vcpus",
    "cpu",
    "memory",
    "disk",
    "net",
    "address",
    "host",
    "badges",
    "uptime",
)
"""The columns shown before anybody chose."""

LIVE = {"cpu": "cpu", "memory": "memory", "disk": "disk", "net": "net"}
"""Columns that need sampling, by kind of figures (tui.hypervisor.sampler.GROUPS)."""

LARGEST_FIRST = (*LIVE, "uptime")
"""Columns whose largest values are what one looks for: sorted by them, they come first."""
