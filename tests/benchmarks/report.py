"""The figures as a table, on the terminal and in docs/benchmarks.md."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import libvirt

from tests.benchmarks.result import Figure

DOCS = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- figures -->\n", "<!-- end of figures -->\n"
_HEADER = ("measure", "virtty", "reference", "bar", "")


def line(figure: Figure) -> str:
    """One figure in one line, with its note."""
    measure, ours, reference, bar, verdict = figure.cells()
    beside = f", reference {reference}" if reference else ""
    note = f" [{figure.note}]" if figure.note else ""
    return f"  {measure}: {ours}{beside}; {bar} {verdict}{note}"


def table(figures: Sequence[Figure]) -> str:
    """All figures in aligned columns."""
    rows = [_HEADER, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def write_docs(figures: Sequence[Figure]) -> None:
    """Replace the rows of these figures in docs/benchmarks.md, between its two marks.

    Rows of measures that were not taken now stay as they are.
    """
    text = DOCS.read_text()
    head, _, rest = text.partition(_BEGIN)
    old, _, tail = rest.partition(_END)
    DOCS.write_text(f"{head}{_BEGIN}{_markdown(figures, old)}{_END}{tail}")


def _markdown(figures: Sequence[Figure], old: str) -> str:
    rows = {_row(cells).split("|")[1]: _row(cells) for cells in _all_cells(figures)}
    kept = {line.split("|")[1]: line for line in old.splitlines() if line.startswith("|")}
    lines = [rows.get(name, line) for name, line in kept.items()]
    lines += [line for name, line in rows.items() if name not in kept]
    system = libvirt.getVersion()
    when = f"{datetime.now(UTC):%Y-%m-%d}"
    where = (
        f"Taken on {when}, {os.cpu_count()} processors, Linux {platform.release()}, Python "
        f"{platform.python_version()}, Textual {version('textual')}, libvirt "
        f"{system // 1_000_000}.{system // 1000 % 1000}.{system % 1000}."
    )
    return "\n".join([where, "", *lines, ""])


def _all_cells(figures: Sequence[Figure]) -> list[Sequence[str]]:
    header = [(*_HEADER, "note"), ("---",) * (len(_HEADER) + 1)]
    return [*header, *((*figure.cells(), figure.note) for figure in figures)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
