"""A person's own marks on hosts (``PRODUCTION``), shown wherever something is decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.widgets import Static

from tui.hypervisor.records import HostRecord
from tui.model.text import visible
from tui.screens.program import Program
from tui.settings import HostEntry
from tui.widgets.cells import TextPart

# Not bold: the Linux console writes bold black as grey, which is not seen on red.
STYLES = {
    "": "reverse",
    "red": "reverse $text-error",
    "yellow": "reverse $text-warning",
    "green": "reverse $text-success",
    "blue": "reverse $text-accent",
}
CELL_STYLES = {"": "", "red": "error", "yellow": "warning", "green": "ok", "blue": "accent"}
"""The colour as styles of a table's cell."""


def entry_of(record: HostRecord, book: Iterable[HostEntry]) -> HostEntry | None:
    """The line of the connection book that a host of this run has."""
    return next((e for e in book if (e.name, e.uri) == (record.key, record.uri)), None)


def mark_of(record: HostRecord, book: Iterable[HostEntry]) -> tuple[str, str] | None:
    """A host's mark and its style; None where the person has given it none."""
    entry = entry_of(record, book)
    if entry is None or not (entry.mark or entry.colour):
        return None
    return f" {visible(entry.mark) or '!'} ", STYLES[entry.colour]


def marks(records: Iterable[HostRecord], book: Sequence[HostEntry]) -> Content:
    """The marks of these hosts, each with its host; empty where none has one."""
    parts: list[TextPart] = []
    for record in records:
        if (mark := mark_of(record, book)) is not None:
            parts += [mark, f" {visible(record.name)}  "]
    return Content.assemble(*parts)


class HostMarks(Static):
    """The marks of these hosts, else of those that the view behind a dialog works on.

    A line at the head of a dialog; not there where none of them is marked.
    """

    app: Program

    def __init__(self, records: Sequence[HostRecord] | None = None) -> None:
        super().__init__(markup=False)
        self._records = records

    def on_mount(self) -> None:
        """Look up whose."""
        records = self.app.hosts_in_view() if self._records is None else self._records
        shown = marks(records, self.app.settings.hosts)
        self.display = bool(shown.plain)
        self.update(shown)
