"""The lines of a line table as they are drawn, kept until they differ. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.cells import fit
from tui.widgets.columns import GAP, GUTTER, Cell, Column, Placed, lay_out
from tui.widgets.line_rows import Key

R = TypeVar("R")

MARK = "● "
KEPT = 400
"""Drawn lines that are kept."""


class LineStrips(Generic[R]):
    """Rows as strips of one width; ``look`` gives the style of a name, empty for the plain one."""

    def __init__(self, columns: Sequence[Column[R]], look: Callable[[str], Style]) -> None:
        self._columns = columns
        self._look = look
        self._kept: Column[R] | None = None
        self.width = -1
        self.placed: list[Placed[R]] = []
        self.strips: dict[tuple[Key, bool], Strip] = {}
        """By row, without and with the cursor on it."""
        self._cells: dict[Key, list[Cell]] = {}

    def set_columns(self, columns: Sequence[Column[R]]) -> None:
        """Draw these columns from now on; they are laid out with the next line."""
        self._columns = columns
        self.width = -1

    def keep(self, column: Column[R]) -> None:
        """Have this column give way last on a narrow screen: the rows are sorted by it."""
        self._kept = column
        self.width = -1

    def lay_out(self, width: int) -> None:
        """Draw lines of this width, in cells, from now on."""
        self.width = width
        self.placed = lay_out(self._columns, width, self._kept)
        self.forget_all()

    def column_at(self, x: int) -> Column[R] | None:
        """The column that a cell of the line belongs to."""
        for placed in self.placed:
            if placed.x <= x < placed.x + placed.width + GAP:
                return placed.column
        return None

    # -- drawing -------------------------------------------------------------------------

    def header(self, sort: Column[R] | None, descending: bool) -> Strip:
        """The columns' titles, the one that is sorted by with its direction."""
        plain = self._look("header")
        segments = [Segment(" " * GUTTER, plain)]
        for placed in self.placed:
            title, look, gap = placed.column.title, plain, " " * GAP
            if placed.column is sort:
                look = self._look("sorted")
                arrow = "▼" if descending else "▲"
                if cell_len(f"{title} {arrow}".lstrip()) <= placed.width:
                    title = f"{title} {arrow}".lstrip()
                else:
                    gap = arrow.ljust(GAP)
            segments.append(Segment(fit(title, placed.width, placed.column.align), look))
            segments.append(Segment(gap, look if gap.strip() else plain))
        return Strip(segments, self._end).adjust_cell_length(self.width, plain)

    def message(self, text: str) -> Strip:
        """A line that is no row."""
        return Strip([Segment(fit(text, self.width), self._look("muted"))], self.width)

    def draw(self, key: Key, row: R, cursor: str, is_marked: bool) -> Strip:
        """A row, which is kept; ``cursor``: name of the cursor's look, empty where it is not."""
        if len(self.strips) > KEPT:
            self.forget_all()
        cells = self._cells[key] = [placed.column.render(row) for placed in self.placed]
        # Under the cursor one style for the whole line: colours would drown in it.
        whole = self._look(cursor) if cursor else None
        plain = whole or self._look("")
        texts = [MARK if is_marked else " " * GUTTER]
        look = whole or self._look("mark")
        segments = []
        # One segment for neighbours of one style: each costs again in whatever it goes through.
        for placed, cell in zip(self.placed, cells, strict=True):
            own = whole or self._look(cell.style)
            if own is not look:
                segments.append(Segment("".join(texts), look))
                texts, look = [], own
            column = placed.column
            texts.append(column.fit(cell.text, placed.width, column.align))
            if plain is not look:
                segments.append(Segment("".join(texts), look))
                texts, look = [], plain
            texts.append(" " * GAP)
        segments.append(Segment("".join(texts), look))
        strip = Strip(segments, self._end).adjust_cell_length(self.width, plain)
        self.strips[key, bool(cursor)] = strip
        return strip

    @property
    def _end(self) -> int:
        """Cells up to the end of the last column's gap."""
        return self.placed[-1].x + self.placed[-1].width + GAP if self.placed else GUTTER

    # -- what differs --------------------------------------------------------------------

    def differing(self, key: Key, row: R) -> list[Placed[R]] | None:
        """Where a row reads otherwise than it was drawn; None where it was not drawn."""
        old = self._cells.get(key)
        self.forget(key)
        if old is None:
            return None
        new = self._cells[key] = [placed.column.render(row) for placed in self.placed]
        pairs = zip(self.placed, old, new, strict=True)
        return [placed for placed, before, after in pairs if before != after]

    def forget(self, key: Key) -> None:
        """A row is another."""
        self._cells.pop(key, None)
        self.strips.pop((key, False), None)
        self.strips.pop((key, True), None)

    def forget_all(self) -> None:
        """Every row may be another."""
        self._cells.clear()
        self.strips.clear()
