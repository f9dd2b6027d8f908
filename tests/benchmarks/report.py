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
    """Replace the figures in docs/benchmarks.md, between its two marks."""
    text = DOCS.read_text()
    head, _, rest = text.partition(_BEGIN)
    _old, _, tail = rest.partition(_END)
    DOCS.write_text(f"{head}{_BEGIN}{_markdown(figures)}{_END}{tail}")


def _markdown(figures: Sequence[Figure]) -> str:
    rows = [(*_HEADER, "note"), ("---",) * (len(_HEADER) + 1)]
    rows += [(*figure.cells(), figure.note) for figure in figures]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    system = libvirt.getVersion()
    when = f"{datetime.now(UTC):%Y-%m-%d}"
    where = (
        f"Taken on {when}, {os.cpu_count()} processors, Linux {platform.release()}, Python "
        f"{platform.python_version()}, Textual {version('textual')}, libvirt "
        f"{system // 1_000_000}.{system // 1000 % 1000}.{system % 1000}."
    )
    return "\n".join([where, "", *lines, ""])
