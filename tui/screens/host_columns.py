"""The hosts table and the lines under it: record to cell and text. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual.content import Content

from tui.hypervisor.records import DomainRecord, HostFacts, HostRecord, HostState
from tui.model import units
from tui.model.order import natural
from tui.model.text import visible
from tui.model.uri import expand, without_password
from tui.screens.marks import CELL_STYLES
from tui.settings import HostEntry
from tui.widgets.cells import fit_name
from tui.widgets.columns import TEXT_STYLES, Cell, Column

LOOKS = {
    HostState.CONNECTED: ("•", "ok"),
    HostState.CONNECTING: ("…", "busy"),
    HostState.RECONNECTING: ("…", "busy"),
    HostState.NEEDS_AUTHENTICATION: ("?", "warning"),
    HostState.LOST: ("!", "error"),
    HostState.FAILED: ("!", "error"),
    HostState.CLOSED: ("■", "off"),
}
"""Glyph and style."""

ASKS = "It asks for you: Enter on it in Hosts answers."
CONNECTS = "Enter on it in Hosts connects it."


def shown_uri(uri: str) -> str:
    """The URI without passwords, safe to show."""
    return visible(without_password(uri))


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host with what its machines add up to, and its entry in the book."""

    record: HostRecord
    entry: HostEntry | None
    """Its line of the connection book."""
    in_run: bool
    """The fleet has it; else it is in the book only."""
    machines: int = 0
    running: int = 0
    vcpus: int = 0
    """Virtual CPUs of the machines that are not off."""
    memory: int = 0
    """Bytes given to the machines that are not off."""

    @property
    def key(self) -> tuple[str, str]:
        """Identity of the row, the same before and after connecting."""
        return (self.record.key, self.record.uri)


def host_row(
    record: HostRecord, domains: Iterable[DomainRecord], entry: HostEntry | None
) -> HostRow:
    """The row of a host of this run as things are now."""
    known = list(domains)
    active = [domain for domain in known if domain.state.is_active]
    return HostRow(
        record,
        entry,
        True,
        len(known),
        sum(domain.state.is_running for domain in active),
        sum(domain.vcpus or 0 for domain in active),
        sum(domain.memory or 0 for domain in active),
    )


def book_row(entry: HostEntry) -> HostRow:
    """The row of an entry that this run has not connected."""
    return HostRow(HostRecord(entry.name, entry.name, entry.uri, entry.readonly), entry, False)


def _look(record: HostRecord) -> tuple[str, str]:
    if not record.responding:
        return "!", "error"
    if record.state is HostState.CONNECTED and record.is_slow:
        return "~", "warning"
    return LOOKS[record.state]


def _state(row: HostRow) -> Cell:
    record = row.record
    glyph, style = _look(record)
    since = ""
    if record.state is HostState.LOST and record.last_seen is not None:
        since = f" since {clock(record.last_seen, short=True)}"
    return Cell(f"{glyph} {record.word}{since}", style)


def _name(row: HostRow) -> Cell:
    idle = row.record.state is HostState.CLOSED
    return Cell(visible(row.record.name), "muted" if idle else "")


def _mark(row: HostRow) -> Cell:
    entry = row.entry
    if entry is None or not (entry.mark or entry.colour):
        return Cell("")
    return Cell(visible(entry.mark) or "!", CELL_STYLES[entry.colour])


def _groups(row: HostRow) -> Cell:
    return Cell(visible(" ".join(row.entry.tags)) if row.entry else "", "muted")


def matches(row: HostRow, words: Sequence[str]) -> bool:
    """Whether a row has every word in its name, URI, state, groups or mark.

    ``tag:web`` looks at the groups alone, ``node[01:20]`` stands for each of its names.
    """
    entry = row.entry
    groups = [tag.casefold() for tag in entry.tags] if entry else []
    mark = entry.mark if entry else ""
    text = f"{row.record.name} {row.record.uri} {row.record.word} {mark}".casefold()
    for word in words:
        tag = word.removeprefix("tag:")
        if tag != word:
            if not any(group.startswith(tag) for group in groups):
                return False
            continue
        try:
            names = expand(word)
        except ValueError:
            names = [word]
        if len(names) > 1:
            if row.record.name.casefold() not in names:
                return False
        elif word not in text and word not in groups:
            return False
    return True


def _figure(row: HostRow, text: str, worry: bool = False) -> Cell:
    """A figure that holds only while the host is current."""
    if not row.record.is_current:
        return Cell(text, "muted")
    return Cell(text, "warning" if worry else "")


def _machines(row: HostRow) -> Cell:
    known = row.machines or row.record.is_current
    return _figure(row, f"{row.running} / {row.machines}" if known else "")


def _cpus(row: HostRow) -> Cell:
    facts = row.record.facts
    known = facts is not None and row.record.state is not HostState.CLOSED
    return _figure(row, f"{row.vcpus} / {facts.cpus}" if facts and known else "")


def _memory(row: HostRow) -> Cell:
    facts = row.record.facts
    if facts is None or row.record.state is HostState.CLOSED:
        return Cell("")
    text = f"{units.size(row.memory)} / {units.size(facts.memory)}"
    return _figure(row, text, worry=row.memory > facts.memory)


def _versions(row: HostRow) -> Cell:
    facts = row.record.facts
    if facts is None:
        return Cell("")
    hypervisor = f"{facts.driver} {facts.hypervisor_version}".strip()
    return Cell(visible(f"{facts.libvirt_version} {hypervisor}"), "muted")


def round_trip(seconds: float | None) -> str:
    """How long a trivial call took."""
    if seconds is None:
        return ""
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "<1 ms"


def clock(when: float, *, short: bool = False) -> str:
    """A wall clock time of today in hours to seconds, of another day with its date.

    Short: without the seconds, and of another day the date alone.
    """
    shown = time.localtime(when)
    if shown[:3] == time.localtime()[:3]:
        return time.strftime("%H:%M" if short else "%H:%M:%S", shown)
    return time.strftime("%m-%d" if short else "%m-%d %H:%M", shown)


def last_known(seen: float | None) -> str:
    """Of a machine whose host is lost: since when nothing more is known of it."""
    return "last known, not current" if seen is None else f"last known at {clock(seen)}"


def _answer(row: HostRow) -> Cell:
    """How fast it answers; when it does not, when it last did."""
    record = row.record
    if record.is_current:
        return Cell(round_trip(record.round_trip), "muted")
    return Cell("" if record.last_seen is None else f"seen {clock(record.last_seen)}", "muted")


def _mode(row: HostRow) -> Cell:
    return Cell("r/o" if row.record.readonly else "", "accent")


def _book(row: HostRow) -> Cell:
    if row.entry is None:
        return Cell("this run", "muted")
    return Cell("autoconnect" if row.entry.autoconnect else "in the book", "muted")


COLUMNS: Sequence[Column[HostRow]] = (
    Column("state", "State", 18, _state),
    Column(
        "name", "Name", 16, _name, lambda row: natural(row.record.name), min_width=10, fit=fit_name
    ),
    Column("mark", "Mark", 10, _mark, importance=1),
    Column("machines", "Running", 9, _machines, importance=1, align="right"),
    Column("cpus", "vCPU / CPU", 11, _cpus, importance=3, align="right"),
    Column("memory", "Memory / host", 19, _memory, importance=2, align="right"),
    Column(
        "uri",
        "URI",
        30,
        lambda row: Cell(shown_uri(row.record.uri), "muted"),
        importance=4,
        grow=True,
        min_width=24,
    ),
    Column("mode", "Mode", 4, _mode, importance=4),
    Column("book", "Book", 11, _book, importance=6),
    Column("groups", "Groups", 12, _groups, importance=5),
    Column("versions", "libvirt, driver", 17, _versions, importance=7),
    Column("answer", "Answer", 16, _answer, importance=5),
)


NAMED = (("network", "network"), ("pool", "storage pool"), ("node-device", "node device"))


def why_not_here(record: HostRecord) -> str:
    """Why a host's machines are not on the list, and what to do."""
    words = f"{visible(record.name)}: {record.word}"
    if record.error is not None:
        return f"{words}, {record.error.words}\n{record.error.advice}"
    helps = {HostState.NEEDS_AUTHENTICATION: ASKS, HostState.CLOSED: CONNECTS}
    return "\n".join(filter(None, (words, helps.get(record.state))))


def host_details(row: HostRow, named: Mapping[str, int], kinds: Iterable[str]) -> Content:
    """All about one host: how it is, what is wrong and what to do, what it is.

    ``named`` counts what an inventory has of each kind besides machines (``network``, …);
    ``kinds`` are the events subscribed.
    """
    record = row.record
    lines = [_heading(row), *_trouble(record)]
    if times := _times(record):
        lines.append(Content(times))
    if record.facts is not None:
        lines.append(Content(_facts(record, record.facts)))
    if record.is_current:
        counts = " · ".join(units.count(named.get(kind, 0), word) for kind, word in NAMED)
        lines.append(Content.assemble((counts, "$quiet")))
        if events := " ".join(sorted(kinds)):
            lines.append(Content.assemble((f"Events: {events}", "$quiet")))
    return Content("\n").join(lines)


def _heading(row: HostRow) -> Content:
    record = row.record
    glyph, style = _look(record)
    return Content.assemble(
        (visible(record.name), "bold"),
        "  ",
        (f"{glyph} {record.word}", TEXT_STYLES.get(style, "")),
        ("  read-only" if record.readonly else "", "$text-accent"),
        (f"  {shown_uri(record.uri)}", "$quiet"),
        (f"  {visible(row.entry.mark)}" if row.entry else "", "bold"),
    )


def _trouble(record: HostRecord) -> list[Content]:
    """What is wrong, and what to do."""
    error = record.error
    if error is None:
        asks = record.state is HostState.NEEDS_AUTHENTICATION
        return [Content.assemble((ASKS, "$text-warning"))] if asks else []
    if record.state is HostState.CONNECTED:
        return []
    lines = [Content.assemble((visible(error.words), "$text-error"))]
    if error.advice:
        lines.append(Content.assemble((visible(error.advice), "$text-warning")))
    return lines


def _times(record: HostRecord) -> str:
    times = []
    if record.last_seen is not None and not record.is_current:
        times.append(f"last seen {clock(record.last_seen)}")
    if record.retry_at is not None:
        times.append(f"next attempt at {clock(record.retry_at)}")
    return ", ".join(times).capitalize()


def _facts(record: HostRecord, facts: HostFacts) -> str:
    words = (
        facts.hostname,
        f"{facts.driver} {facts.hypervisor_version}".strip(),
        f"libvirt {facts.libvirt_version}",
        f"{facts.cpus} CPUs {facts.cpu_model}",
        units.size(facts.memory),
        f"answers in {round_trip(record.round_trip)}" if record.is_current else "",
    )
    return visible(" · ".join(word for word in words if word))
