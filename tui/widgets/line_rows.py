"""The rows of a line table: which are shown, in which order, which are marked. Draws nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Generic, TypeVar

R = TypeVar("R")
Key = Hashable


class LineRows(Generic[R]):
    """Immutable records by key, filtered and sorted into a view.

    What changes which rows are in view, or their order, takes effect with `arrange`;
    only `narrow` does it by itself.
    """

    def __init__(self, row_key: Callable[[R], Key]) -> None:
        self.row_key = row_key
        self.all: dict[Key, R] = {}
        """In the order in which they came."""
        self.view: list[Key] = []
        self.place: dict[Key, int] = {}
        """Index in the view."""
        self.marked: set[Key] = set()
        self._shown: set[Key] = set()
        self._predicate: Callable[[R], bool] | None = None
        self._sort_key: Callable[[R], Any] | None = None
        self._descending = False
        self._sort_keys: dict[Key, Any] = {}

    def replace(self, rows: Iterable[R]) -> None:
        """Take the complete set."""
        self.all = {self.row_key(row): row for row in rows}
        self.marked &= self.all.keys()
        self._sort_keys.clear()
        self.filter(self._predicate)

    def update(self, changed: Iterable[R], removed: Iterable[Key]) -> tuple[bool, list[Key]]:
        """Take changed and new rows; return whether the view is another, and what differs."""
        moved = False
        touched: list[Key] = []
        for key in removed:
            if self.all.pop(key, None) is not None:
                moved = moved or key in self._shown
                self._shown.discard(key)
                self.marked.discard(key)
                self._sort_keys.pop(key, None)
                touched.append(key)
        for row in changed:
            key = self.row_key(row)
            if self.all.get(key) == row:
                continue
            self.all[key] = row
            touched.append(key)
            shown = self._predicate is None or self._predicate(row)
            if shown != (key in self._shown):
                moved = True
                (self._shown.add if shown else self._shown.discard)(key)
            if self._sort_key is not None:
                value = self._sort_key(row)
                if value != self._sort_keys.get(key, _NEVER):
                    self._sort_keys[key] = value
                    moved = moved or shown
        return moved, touched

    def filter(self, predicate: Callable[[R], bool] | None) -> None:
        """Show only the rows that the predicate takes; None shows all."""
        self._predicate = predicate
        if predicate is None:
            self._shown = set(self.all)
        else:
            self._shown = {key for key, row in self.all.items() if predicate(row)}

    def narrow(self, predicate: Callable[[R], bool]) -> None:
        """Filter, knowing that the predicate takes no row that is not shown now."""
        self._predicate = predicate
        rows = self.all
        self._set_view([key for key in self.view if predicate(rows[key])])
        self._shown = set(self.view)

    def sort(self, sort_key: Callable[[R], Any], descending: bool) -> None:
        """Sort, stable, the order of insertion deciding between equals."""
        self._sort_key, self._descending = sort_key, descending
        self._sort_keys.clear()

    def arrange(self) -> None:
        """Put the view in order again."""
        shown = self._shown
        view = [key for key in self.all if key in shown]
        sort_key = self._sort_key
        if sort_key is not None:
            keys = self._sort_keys
            for key in view:
                if key not in keys:
                    keys[key] = sort_key(self.all[key])
            view.sort(key=keys.__getitem__, reverse=self._descending)
        self._set_view(view)

    def _set_view(self, view: list[Key]) -> None:
        self.view = view
        self.place = {key: index for index, key in enumerate(view)}

    def marked_in_view(self) -> list[R]:
        """The marked rows that are shown, in their order."""
        places = sorted(self.place[key] for key in self.marked if key in self.place)
        return [self.all[self.view[place]] for place in places]


_NEVER = object()
"""Equal to no sort key."""
