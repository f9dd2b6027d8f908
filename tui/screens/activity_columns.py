"""The columns of Activity: entry to cell. Pure."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.content import Content

from tui.hypervisor.journal import Entry, Outcome
from tui.model.text import visible
from tui.widgets.line_table import Cell, Column

GLYPHS = {
    Outcome.RUNNING: ("…", "busy"),
    Outcome.DONE: ("√", "ok"),
    Outcome.FAILED: ("!", "error"),
    Outcome.CANCELLED: ("~", "warning"),
    Outcome.EVENT: ("•", "muted"),
}


def _time(entry: Entry) -> Cell:
    shown = time.localtime(entry.time)
    today = time.strftime("%Y%m%d", shown) == time.strftime("%Y%m%d")
    return Cell(time.strftime("%H:%M:%S" if today else "%d.%m. %H:%M", shown), "muted")


def _outcome(entry: Entry) -> Cell:
    glyph, style = GLYPHS[entry.outcome]
    share = "" if entry.progress is None else f" {entry.progress:.0%}"
    return Cell(f"{glyph} {entry.outcome.value}{share}", style)


def _text(entry: Entry) -> Cell:
    text = visible(entry.text)
    if entry.error is not None:
        text = f"{text}: {entry.error.words}"
    return Cell(text, "error" if entry.error is not None else "")


def order(entry: Entry) -> tuple[bool, float]:
    """Running work first, then newest first (to be sorted descending)."""
    return (entry.outcome is Outcome.RUNNING, entry.time)


COLUMNS: Sequence[Column[Entry]] = (
    Column("time", "Time", 12, _time, order),
    Column("outcome", "", 14, _outcome),
    Column("subject", "Machine", 20, lambda entry: Cell(visible(entry.subject)), importance=1),
    Column("text", "What", 30, _text, grow=True, min_width=20),
    Column("host", "Host", 14, lambda entry: Cell(visible(entry.host), "muted"), importance=2),
)


def details(entry: Entry) -> Content:
    """Everything about one entry."""
    head = f"{entry.text} {entry.subject}".strip()
    lines = [
        Content.assemble(
            (visible(head), "bold"),
            (f"  {visible(entry.host)}", "$quiet"),
            f"  {entry.outcome.value}",
            "" if entry.ended is None else f" after {entry.ended - entry.time:.1f} s",
        )
    ]
    if entry.error is not None:
        lines.append(Content.assemble((f"{entry.error.what}: {entry.error.words}", "$text-error")))
        if entry.error.advice:
            lines.append(Content.assemble((entry.error.advice, "$text-warning")))
    if entry.virsh:
        lines.append(Content.assemble((visible(entry.virsh), "$text-accent")))
    return Content("\n").join(lines)
