"""A table that renders lines: only what is visible is drawn, only what changed repainted."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.columns import Cell, Column, lay_out
from tui.widgets.line_rows import Key, LineRows
from tui.widgets.line_strips import LineStrips

__all__ = ["Cell", "Column", "LineTable"]

R = TypeVar("R")

HEADER = 1
"""Lines that do not scroll."""
STYLES = ("ok", "warning", "error", "muted", "accent", "off", "busy")


class LineTable(ScrollView, Generic[R], can_focus=True):
    """Rows over immutable records, by key. Knows nothing of what they are."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-table--header",
        "line-table--sorted",
        "line-table--cursor",
        "line-table--cursor-blurred",
        "line-table--mark",
        *(f"line-table--{name}" for name in STYLES),
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False, id="table.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="table.up"),
        Binding("g,home", "move_to_end(False)", "First", show=False, id="table.first"),
        Binding("G,end", "move_to_end(True)", "Last", show=False, id="table.last"),
        Binding("pagedown", "page(1.0)", "Page down", show=False, id="table.page-down"),
        Binding("pageup", "page(-1.0)", "Page up", show=False, id="table.page-up"),
        Binding("ctrl+d", "page(0.5)", "Half page down", show=False, id="table.half-down"),
        Binding("ctrl+u", "page(-0.5)", "Half page up", show=False, id="table.half-up"),
        Binding("enter", "select", "Open", show=False, id="table.select"),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)
    """Index in the view."""

    # Textual lays the whole screen out anew for each change of this: here only when the
    # scrollbar comes or goes.
    virtual_size: Reactive[Size] = Reactive(Size(0, 0), layout=False, repaint=False)

    class Happened(Message):
        """Something happened in a table."""

        def __init__(self, table: LineTable[Any]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> LineTable[Any]:
            """The table."""
            return self.table

    class CursorMoved(Happened):
        """Another row is under the cursor (``table.cursor_row``)."""

    class RowSelected(Happened):
        """Enter or a double click on ``table.cursor_row``."""

    class ViewChanged(Happened):
        """Other rows are on the screen (``table.visible_rows``); told once per turn."""

    class MarksChanged(Happened):
        """Rows were marked or unmarked (``table.marked``)."""

    class HeaderClicked(Happened):
        """A column's title was clicked."""

        def __init__(self, table: LineTable[Any], column_key: str) -> None:
            super().__init__(table)
            self.column_key = column_key

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        row_key: Callable[[R], Key],
        placeholder: str = "",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._columns = list(columns)
        self._placeholder = placeholder
        self._rows = LineRows(row_key)
        self._sort: Column[R] | None = None
        self._descending = False
        self._cursor_key: Key | None = None
        self._drawn = LineStrips(self._columns, self._look)
        self._looks: dict[str, Style] = {}
        self._telling_view = False
        self._left: set[int] = set()
        """Lines that the cursor has left and that may still show it."""

    # -- rows ----------------------------------------------------------------------------

    def set_columns(self, columns: Sequence[Column[R]]) -> None:
        """Show these columns; cursor, marks and scroll stay."""
        self._columns = list(columns)
        self._drawn.set_columns(self._columns)
        self.refresh()

    def set_rows(self, rows: Iterable[R]) -> None:
        """Take the complete set; the cursor stays on its row, else near its place."""
        self._rows.replace(rows)
        self._drawn.forget_all()
        self._rebuild()

    def update_rows(self, changed: Iterable[R], removed: Iterable[Key] = ()) -> None:
        """Take changed and new rows; cells that differ are repainted, and no others."""
        moved, touched = self._rows.update(changed, removed)
        if moved:
            for key in touched:
                self._drawn.forget(key)
            self._rebuild()
        elif repaint := [region for key in touched for region in self._changed_cells(key)]:
            self.refresh(*repaint)

    def set_filter(self, predicate: Callable[[R], bool] | None, narrower: bool = False) -> None:
        """Show only the rows that the predicate takes; None shows all.

        `narrower` promises that it takes no row that the one before did not: only what is
        shown is looked through then, and nothing sorted again.
        """
        if narrower and predicate is not None:
            self._rows.narrow(predicate)
            self._view_arranged()
        else:
            self._rows.filter(predicate)
            self._rebuild()

    def sort(self, column_key: str, descending: bool = False) -> None:
        """Sort by a column, stable, the order of insertion deciding between equals."""
        for column in self._columns:
            if column.key == column_key and column.sort_key is not None:
                self._sort, self._descending = column, descending
                self._rows.sort(column.sort_key, descending)
                self._drawn.keep(column)
                self._rebuild()
                return

    def set_placeholder(self, text: str) -> None:
        """What an empty table says, in one paragraph or several."""
        if text != self._placeholder:
            self._placeholder = text
            if not self._view:
                self.refresh()

    def toggle_mark(self) -> None:
        """Mark or unmark the row under the cursor."""
        key = self.cursor_key
        if key is not None:
            self._rows.marked ^= {key}
            self._drawn.forget(key)
            self._refresh_line(self.cursor)
            self.post_message(self.MarksChanged(self))

    def mark_all_shown(self) -> None:
        """Mark every row that the filter shows."""
        self._set_marks(self._rows.marked | set(self._view))

    def unmark_all(self) -> None:
        """Unmark every row, hidden ones included."""
        self._set_marks(set())

    def _set_marks(self, marks: set[Key]) -> None:
        if marks != self._rows.marked:
            self._rows.marked = marks
            self._drawn.strips.clear()
            self.refresh()
            self.post_message(self.MarksChanged(self))

    def move_cursor_to(self, key: Key) -> None:
        """Put the cursor on a row, if it is in view of the filter."""
        if key in self._rows.place:
            self.cursor = self._rows.place[key]

    # -- what is there -------------------------------------------------------------------

    @property
    def cursor_key(self) -> Key | None:
        """Key of the row under the cursor."""
        return self._view[self.cursor] if self.cursor < len(self._view) else None

    @property
    def cursor_row(self) -> R | None:
        """The row under the cursor."""
        key = self.cursor_key
        return None if key is None else self._rows.all[key]

    @property
    def rows(self) -> Sequence[R]:
        """Every row, the hidden ones included, in the order in which they came."""
        return list(self._rows.all.values())

    @property
    def visible_rows(self) -> Sequence[R]:
        """The rows on the screen now, top first."""
        top = int(self.scroll_y)
        return [self._rows.all[key] for key in self._view[top : top + self._lines()]]

    @property
    def marked(self) -> tuple[R, ...]:
        """The marked rows that the filter shows, in their order."""
        return tuple(self._rows.marked_in_view())

    @property
    def marked_hidden(self) -> int:
        """How many marked rows the filter hides."""
        return sum(1 for key in self._rows.marked if key not in self._rows.place)

    @property
    def rows_shown(self) -> int:
        """How many rows the filter shows."""
        return len(self._view)

    @property
    def rows_total(self) -> int:
        """How many rows there are."""
        return len(self._rows.all)

    def fitting(self, columns: Sequence[Column[R]]) -> set[str]:
        """Keys of those columns that there would be room for at the present width."""
        placed = lay_out(columns, self._width, self._sort)
        return {one.column.key for one in placed}

    @property
    def sort_column(self) -> str | None:
        """Key of the column that it is sorted by."""
        return self._sort.key if self._sort else None

    @property
    def sort_descending(self) -> bool:
        """Whether the order is turned round."""
        return self._descending

    # -- view ----------------------------------------------------------------------------

    def _rebuild(self) -> None:
        self._rows.arrange()
        self._view_arranged()

    def _view_arranged(self) -> None:
        """The view is another; the cursor's row keeps its line where it can."""
        before = self.cursor - int(self.scroll_y)
        view = self._view
        self.virtual_size = Size(self._width, len(view) + HEADER)
        place = self._rows.place.get(self._cursor_key)
        if place is None:
            self.set_reactive(LineTable.cursor, min(self.cursor, max(0, len(view) - 1)))
            self._note_cursor()
        elif place != self.cursor:
            self.set_reactive(LineTable.cursor, place)
            self._scroll_top(place - before)
        self._keep_cursor_visible()
        self.refresh()
        self._tell_view()

    @property
    def _view(self) -> list[Key]:
        return self._rows.view

    def watch_virtual_size(self, size: Size) -> None:
        """More or fewer rows."""
        if (size.height > self.size.height) != self.show_vertical_scrollbar:
            self.refresh(layout=True)
        self._scroll_update(size)

    def _note_cursor(self) -> None:
        key = self.cursor_key
        if key != self._cursor_key:
            self._cursor_key = key
            self.post_message(self.CursorMoved(self))

    def _tell_view(self) -> None:
        if not self._telling_view and self.is_mounted:
            self._telling_view = True
            self.call_next(self._told_view)

    def _told_view(self) -> None:
        self._telling_view = False
        self.post_message(self.ViewChanged(self))

    @property
    def _width(self) -> int:
        """Cells for text: without the scrollbar."""
        return self.scrollable_content_region.width

    def _lines(self) -> int:
        return max(0, self.size.height - HEADER)

    def _scroll_top(self, top: int) -> None:
        top = max(0, min(top, len(self._view) - self._lines()))
        if top != int(self.scroll_y):
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def _keep_cursor_visible(self) -> None:
        lines = self._lines()
        if not lines:
            return
        top = int(self.scroll_y)
        if self.cursor < top:
            self._scroll_top(self.cursor)
        elif self.cursor >= top + lines:
            self._scroll_top(self.cursor - lines + 1)

    def watch_cursor(self, old: int, new: int) -> None:
        """Two lines are repainted, or the screen where it scrolls."""
        # The new line first and alone: on a slow link it is there before the old one is undone,
        # which `render_line` sees to.
        self._left.add(old)
        self._refresh_line(new)
        self._keep_cursor_visible()
        self._note_cursor()

    def validate_cursor(self, index: int) -> int:
        """Kept within the view."""
        return max(0, min(index, len(self._view) - 1))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other rows are on the screen."""
        super().watch_scroll_y(old_value, new_value)
        if int(old_value) != int(new_value):
            self._tell_view()

    def on_resize(self) -> None:
        """Another width has other columns; the cursor stays visible."""
        self.virtual_size = Size(self._width, len(self._view) + HEADER)
        self._keep_cursor_visible()
        self._tell_view()

    # -- keys and mouse ------------------------------------------------------------------

    def action_move(self, lines: int) -> None:
        """Move the cursor by lines."""
        self.cursor += lines

    def action_move_to_end(self, last: bool) -> None:
        """Move the cursor to the first or last row."""
        self.cursor = len(self._view) - 1 if last else 0

    def action_page(self, pages: float) -> None:
        """Move the cursor by pages."""
        self.cursor += int(max(1, self._lines() - 1) * pages)

    def action_select(self) -> None:
        """Choose the row under the cursor."""
        if self.cursor_row is not None:
            self.post_message(self.RowSelected(self))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a double click selects, one on a title tells its column."""
        if event.y < HEADER:
            column = self._drawn.column_at(event.x)
            if column is not None:
                self.post_message(self.HeaderClicked(self, column.key))
            return
        index = event.y - HEADER + int(self.scroll_y)
        if index < len(self._view):
            self.cursor = index
            if event.chain == 2:
                self.action_select()

    # -- drawing -------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Another theme: nothing that was drawn still holds."""
        super().notify_style_update()
        self._looks.clear()
        self._drawn.strips.clear()

    def watch_has_focus(self, has_focus: bool) -> None:
        """The cursor looks weaker without the focus."""
        super().watch_has_focus(has_focus)
        self._drawn.strips.clear()
        self._refresh_line(self.cursor)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        self._lay_out()
        return self._line(y)

    def _lay_out(self) -> None:
        width = self._width
        if width != self._drawn.width:
            self._drawn.lay_out(width)

    def _line(self, y: int) -> Strip:
        drawn = self._drawn
        if y < HEADER:
            return drawn.header(self._sort, self._descending)
        index = y - HEADER + int(self.scroll_y)
        if index >= len(self._view):
            return drawn.message("" if self._view else self._placeholder_line(y - HEADER - 1))
        key = self._view[index]
        is_cursor = index == self.cursor
        if is_cursor and self._left:
            self.call_next(self._refresh_left)
        strip = drawn.strips.get((key, is_cursor))
        if strip is None:
            cursor = ("cursor" if self.has_focus else "cursor-blurred") if is_cursor else ""
            strip = drawn.draw(key, self._rows.all[key], cursor, key in self._rows.marked)
        return strip

    def _placeholder_line(self, number: int) -> str:
        width = max(1, self._width - 4)
        lines = [
            line
            for paragraph in self._placeholder.split("\n")
            for line in textwrap.wrap(paragraph, width)
        ]
        return f"  {lines[number]}" if 0 <= number < len(lines) else ""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines without the detour over Textual's box model: a table has no border or padding."""
        filters = self.get_line_filters()
        background = self.background_colors[1]
        self._lay_out()
        strips = []
        for y in crop.line_range:
            strip = self._line(y)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip.crop(crop.x, crop.right))
        return strips

    def _look(self, name: str) -> Style:
        look = self._looks.get(name)
        if look is None:
            known = f"line-table--{name}" in self.COMPONENT_CLASSES
            look = self._looks[name] = (
                self.get_component_rich_style(f"line-table--{name}") if known else self.rich_style
            )
        return look

    def _changed_cells(self, key: Key) -> list[Region]:
        """Regions of the cells of a row that read differently and are on the screen."""
        place = self._rows.place.get(key)
        y = -1 if place is None else place - int(self.scroll_y) + HEADER
        if not HEADER <= y < self.size.height:
            self._drawn.forget(key)
            return []
        differing = self._drawn.differing(key, self._rows.all[key])
        if differing is None:
            return [Region(0, y, self._width, 1)]
        return [Region(placed.x, y, placed.width, 1) for placed in differing]

    def _refresh_left(self) -> None:
        left, self._left = self._left, set()
        for index in left:
            self._refresh_line(index)

    def _refresh_line(self, index: int) -> None:
        y = index - int(self.scroll_y) + HEADER
        if HEADER <= y < self.size.height:
            self.refresh(Region(0, y, self._width, 1))
