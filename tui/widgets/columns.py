"""Columns of a line table: what they show, and which give way when it is narrow. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tui.widgets.cells import Align, fit

R = TypeVar("R")

GUTTER = 2
"""Cells before the first column: the mark."""
GAP = 2
"""Cells between two columns."""
SPARE = 4
"""A column of this importance or more gives way before one that grows is cut."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one column shows of one row."""

    text: str
    style: str = ""
    """``ok``, ``warning``, ``error``, ``muted``, ``accent``, ``off``, ``busy``, or plain."""


TEXT_STYLES = {"ok": "$text-success", "warning": "$text-warning", "error": "$text-error"}
"""The same for text that stands elsewhere; plain where a style is not here."""


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column; ``render`` and ``sort_key`` are pure functions of a row."""

    key: str
    title: str
    width: int
    """Preferred width in cells."""
    render: Callable[[R], Cell]
    sort_key: Callable[[R], Any] | None = None
    importance: int = 0
    """0 is kept longest; the highest gives way first."""
    align: Align = "left"
    grow: bool = False
    """Takes what is left."""
    min_width: int | None = None
    """Down to this it shrinks before others give way."""
    fit: Callable[[str, int, Align], str] = fit
    """Pads or cuts a text to exactly so many cells."""

    @property
    def least(self) -> int:
        """Cells that it needs at least."""
        return self.width if self.min_width is None else self.min_width


@dataclass(frozen=True, slots=True)
class Placed(Generic[R]):
    """A column in its place: first cell and width."""

    column: Column[R]
    x: int
    width: int


def lay_out(
    columns: Sequence[Column[R]], width: int, kept: Column[R] | None = None
) -> list[Placed[R]]:
    """The columns that fit into ``width`` cells, in their order, with their widths.

    ``kept`` counts as more important than all but those that are kept longest.
    """
    shown = list(columns)

    def need(widths: Sequence[int]) -> int:
        return GUTTER + sum(widths) + GAP * max(0, len(widths) - 1)

    def rank(index: int) -> tuple[float, int]:
        column = shown[index]
        return (min(0.5, column.importance) if column is kept else column.importance, index)

    while len(shown) > 1:
        last = max(range(len(shown)), key=rank)
        whole = rank(last)[0] >= SPARE
        if need([c.width if c.grow and whole else c.least for c in shown]) <= width:
            break
        del shown[last]
    widths = [column.width for column in shown]
    over = need(widths) - width
    # The least important shrink first, those that grow only where that is not enough.
    for index in sorted(range(len(shown)), key=lambda at: (not shown[at].grow, rank(at)))[::-1]:
        if over > 0:
            given = min(over, widths[index] - shown[index].least)
            widths[index] -= given
            over -= given
    growing = [index for index, column in enumerate(shown) if column.grow]
    for place, index in enumerate(growing):  # in whole cells: each up to its share of the sum
        spare, among = max(0, -over), len(growing)
        widths[index] += spare * (place + 1) // among - spare * place // among
    placed, x = [], GUTTER
    for column, cells in zip(shown, widths, strict=True):
        placed.append(Placed(column, x, cells))
        x += cells + GAP
    return placed
