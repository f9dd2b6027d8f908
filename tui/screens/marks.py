"""A person's own marks on hosts (``PRODUCTION``), as they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content

from tui.hypervisor.records import HostRecord
from tui.model.text import visible
from tui.settings import HostEntry

STYLES = {
    "": "bold reverse",
    "red": "bold reverse $text-error",
    "yellow": "bold reverse $text-warning",
    "green": "bold reverse $text-success",
    "blue": "bold reverse $text-accent",
}
CELL_STYLES = {"": "", "red": "error", "yellow": "warning", "green": "ok", "blue": "accent"}
"""The colour as styles of a table's cell."""


def entry_of(record: HostRecord, book: Iterable[HostEntry]) -> HostEntry | None:
    """The line of the connection book that a host of this run has."""
    return next((e for e in book if (e.name, e.uri) == (record.key, record.uri)), None)


def marks(records: Iterable[HostRecord], book: Sequence[HostEntry]) -> Content:
    """The marks of these hosts, each with its host; empty where none has one."""
    parts: list[str | tuple[str, str]] = []
    for record in records:
        entry = entry_of(record, book)
        if entry is not None and (entry.mark or entry.colour):
            word = visible(entry.mark) or "!"
            parts += [(f" {word} ", STYLES[entry.colour]), f" {visible(record.name)}  "]
    return Content.assemble(*parts)
