"""The rows of a line table without a screen: filters one after another, changes in between."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.line_rows import LineRows

Row = tuple[int, int]
"""Key and value."""


def made(rows: list[Row], descending: bool) -> LineRows[Row]:
    table: LineRows[Row] = LineRows(lambda row: row[0])
    table.sort(lambda row: row[1], descending)
    table.replace(rows)
    table.arrange()
    return table


ROWS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=40)


@given(ROWS, ROWS, st.integers(0, 9), st.integers(0, 9), st.booleans())
def test_narrowing_is_the_same_as_filtering_anew(rows, changes, first, second, descending):
    narrowed, anew = made(rows, descending), made(rows, descending)
    low, high = sorted((first, second))
    narrowed.narrow(lambda row: row[1] >= low)
    for table in (narrowed, anew):
        moved, _touched = table.update(changes, [])
        if table is anew or moved:
            if table is anew:
                table.filter(lambda row: row[1] >= low)
            table.arrange()
    assert narrowed.view == anew.view
    narrowed.narrow(lambda row: row[1] >= high)
    anew.filter(lambda row: row[1] >= high)
    anew.arrange()
    assert narrowed.view == anew.view
    assert narrowed.place == anew.place
    for table in (narrowed, anew):
        table.filter(None)
        table.arrange()
    assert narrowed.view == anew.view
