"""The columns of the hosts table: record to cell. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.hypervisor.records import DomainRecord, HostRecord, HostState
from tui.model import units
from tui.model.text import visible
from tui.widgets.line_table import Cell, Column

GLYPHS = {
    HostState.CONNECTED: ("•", "ok"),
    HostState.CONNECTING: ("…", "busy"),
    HostState.RECONNECTING: ("…", "busy"),
    HostState.NEEDS_AUTHENTICATION: ("?", "warning"),
    HostState.LOST: ("!", "error"),
    HostState.FAILED: ("!", "error"),
    HostState.CLOSED: ("■", "off"),
}


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host with what its machines add up to, and its entry in the book."""

    record: HostRecord
    machines: int = 0
    running: int = 0
    vcpus: int = 0
    """Virtual CPUs of the running machines."""
    memory: int = 0
    """Bytes given to the running machines."""
    in_book: bool = False
    autoconnect: bool = False

    @property
    def key(self) -> str:
        """Identity of the row."""
        return self.record.key


def host_row(
    record: HostRecord, domains: Iterable[DomainRecord], in_book: bool, autoconnect: bool
) -> HostRow:
    """The row of a host as things are now."""
    known = list(domains)
    running = [domain for domain in known if domain.state.is_active]
    return HostRow(
        record,
        len(known),
        len(running),
        sum(domain.vcpus or 0 for domain in running),
        sum(domain.memory or 0 for domain in running),
        in_book,
        autoconnect,
    )


def _state(row: HostRow) -> Cell:
    glyph, style = GLYPHS[row.record.state]
    if not row.record.responding:
        glyph, style = "!", "error"
    return Cell(f"{glyph} {row.record.word}", style)


def _machines(row: HostRow) -> Cell:
    stale = "" if row.record.is_current else "muted"
    return Cell(f"{row.running} of {row.machines}" if row.machines else "", stale)


def _cpus(row: HostRow) -> Cell:
    facts = row.record.facts
    if facts is None:
        return Cell("")
    return Cell(f"{row.vcpus} / {facts.cpus}", "warning" if row.vcpus > facts.cpus else "")


def _memory(row: HostRow) -> Cell:
    facts = row.record.facts
    if facts is None:
        return Cell("")
    text = f"{units.size(row.memory)} / {units.size(facts.memory)}"
    return Cell(text, "warning" if row.memory > facts.memory else "")


def _versions(row: HostRow) -> Cell:
    facts = row.record.facts
    if facts is None:
        return Cell("")
    hypervisor = f", {facts.driver} {facts.hypervisor_version}".rstrip()
    return Cell(visible(f"{facts.libvirt_version}{hypervisor}"), "muted")


def _round_trip(row: HostRow) -> Cell:
    seconds = row.record.round_trip
    return Cell("" if seconds is None else f"{seconds * 1000:.0f} ms", "muted")


def _seen(row: HostRow) -> Cell:
    record = row.record
    if record.is_current or record.last_seen is None:
        return Cell("")
    return Cell(time.strftime("%H:%M:%S", time.localtime(record.last_seen)), "warning")


def _marks(row: HostRow) -> Cell:
    words = []
    if row.record.readonly:
        words.append("read-only")
    if row.autoconnect:
        words.append("autoconnect")
    if not row.in_book:
        words.append("this run")
    return Cell(" ".join(words), "accent")


COLUMNS: Sequence[Column[HostRow]] = (
    Column("state", "State", 16, _state, lambda row: row.record.word),
    Column("name", "Name", 16, lambda row: Cell(visible(row.record.name)), lambda r: r.record.name),
    Column("machines", "Running", 12, _machines, lambda row: row.running, 1),
    Column("cpus", "vCPU / CPU", 11, _cpus, lambda row: row.vcpus, 3, align="right"),
    Column("memory", "Memory / host", 20, _memory, lambda row: row.memory, 2, align="right"),
    Column(
        "uri",
        "URI",
        26,
        lambda row: Cell(visible(row.record.uri), "muted"),
        importance=4,
        grow=True,
    ),
    Column("versions", "libvirt", 18, _versions, importance=6),
    Column("rtt", "Answers in", 10, _round_trip, importance=7, align="right"),
    Column("seen", "Last seen", 9, _seen, importance=3),
    Column("marks", "", 21, _marks, importance=5),
)
