"""The activity table and the lines under it: entry to cell and text. Pure."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from tui.hypervisor.journal import Entry, Outcome
from tui.model import units
from tui.model.text import visible
from tui.widgets.cells import fit_name
from tui.widgets.columns import TEXT_STYLES, Cell, Column

LOOKS = {
    Outcome.RUNNING: ("…", "busy"),
    Outcome.DONE: ("√", "ok"),
    Outcome.FAILED: ("!", "error"),
    Outcome.CANCELLED: ("~", "warning"),
    Outcome.EVENT: ("•", "muted"),
}
"""Glyph and style."""

OPEN_END = re.compile(r"( of running| of| on| in| for| to| beside|:)$")
"""What leads to the machine's name, which has a column of its own."""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """An entry, and for how many seconds it has been running."""

    entry: Entry
    elapsed: int | None = None
    earlier: bool = False
    """From the audit log, made before this run."""

    @property
    def key(self) -> int:
        """Identity of the row."""
        return self.entry.number


def activity_row(entry: Entry, now: float) -> ActivityRow:
    """The row of an entry of this run at a wall clock time."""
    running = entry.outcome is Outcome.RUNNING
    return ActivityRow(entry, max(0, int(now - entry.time)) if running else None)


def _time(row: ActivityRow) -> Cell:
    """The date as well, where it was not in this run: that tells such a row from others."""
    shown = time.localtime(row.entry.time)
    today = shown[:3] == time.localtime()[:3] and not row.earlier
    return Cell(time.strftime("%H:%M:%S" if today else "%m-%d %H:%M", shown), "muted")


def _outcome(row: ActivityRow) -> Cell:
    entry = row.entry
    glyph, style = LOOKS[entry.outcome]
    if entry.progress is not None and entry.outcome is Outcome.RUNNING:
        return Cell(f"{glyph} {units.percent(entry.progress)}", style)
    return Cell(f"{glyph} {entry.outcome.value}", style)


def duration(row: ActivityRow) -> str:
    """How long it took, or has been running."""
    if row.elapsed is not None:
        return units.duration(row.elapsed)
    if row.entry.ended is None:
        return ""
    seconds = row.entry.ended - row.entry.time
    if seconds < 0.1:
        return "<0.1s"
    return f"{seconds:.1f}s" if seconds < 10 else units.duration(seconds)


def _subject(row: ActivityRow) -> Cell:
    """The machine; of an entry about a host itself that host."""
    entry = row.entry
    if not entry.subject:
        return Cell(visible(entry.host), "muted")
    return Cell(visible(entry.subject), "muted" if row.earlier else "")


def words_of(entry: Entry) -> str:
    """What happened or is done, without the machine, and why it failed."""
    text = visible(OPEN_END.sub("", entry.text))
    return text if entry.error is None else f"{text}: {visible(entry.error.words)}"


def _text(row: ActivityRow) -> Cell:
    quiet = "muted" if row.earlier else ""
    return Cell(words_of(row.entry), "error" if row.entry.error else quiet)


def order(row: ActivityRow) -> tuple[bool, float, int]:
    """Running work last, then by time: the table turns it round."""
    # The audit log's lines are numbered -1, -2, … in the order of the file.
    return (row.entry.outcome is Outcome.RUNNING, row.entry.time, abs(row.entry.number))


COLUMNS: Sequence[Column[ActivityRow]] = (
    Column("time", "Time", 11, _time, order),
    Column("outcome", "Outcome", 11, _outcome, min_width=9),
    Column("subject", "Machine", 28, _subject, importance=1, min_width=16, fit=fit_name),
    Column("text", "What", 30, _text, grow=True, min_width=12),
    Column(
        "took",
        "Took",
        7,
        lambda row: Cell(duration(row), "muted" if row.elapsed is None else "busy"),
        importance=2,
        align="right",
    ),
    Column("host", "Host", 16, lambda row: Cell(visible(row.entry.host), "muted"), importance=3),
)


def haystack(row: ActivityRow) -> str:
    """What the words of the filter are looked for in, in lower case."""
    entry = row.entry
    parts = [entry.host, entry.subject, entry.text, entry.outcome.value, entry.virsh]
    if entry.error is not None:
        parts += [entry.error.words, entry.error.advice]
    return "\n".join(parts).casefold()


def _sentence(entry: Entry) -> str:
    """Work names what it is done to at its end: "force off web"; an event is told of something."""
    happened = entry.ended is None and entry.outcome in (Outcome.EVENT, Outcome.FAILED)
    if happened and entry.subject:
        return f"{entry.subject}: {entry.text}"
    return f"{entry.text} {entry.subject}".strip()


def details(row: ActivityRow) -> Content:
    """Everything about one entry; ``virsh`` stands in a line of its own."""
    entry = row.entry
    glyph, style = LOOKS[entry.outcome]
    took = duration(row)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.time))
    where = f" on {visible(entry.host)}" if entry.host else ""
    words = [f"{when}{where}"]
    if took:
        words.append(f"running for {took}" if row.elapsed is not None else f"took {took}")
    if row.elapsed is not None and entry.cancel is None:
        words.append("cannot be cancelled")
    if row.earlier:
        words.append("in an earlier run, from the audit log")
    lines = [
        Content.assemble(
            (visible(_sentence(entry)), "bold"),
            "  ",
            (f"{glyph} {entry.outcome.value}", TEXT_STYLES.get(style, "")),
        ),
        Content.assemble((" · ".join(words), "$quiet")),
    ]
    if entry.error is not None:
        failed = visible(f"{entry.error.what}: {entry.error.words}")
        lines.append(Content.assemble((failed, "$text-error")))
        if entry.error.advice:
            lines.append(Content.assemble((visible(entry.error.advice), "$text-warning")))
    if entry.virsh:
        lines.append(Content.assemble((visible(entry.virsh), "$text-accent")))
    return Content("\n").join(lines)
