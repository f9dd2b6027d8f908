"""Two cells of a terminal that move along with their text: where a selection begins and ends."""

from __future__ import annotations

from typing import Any

BEGIN, END = 0, 1


class Marks:
    """Of one of libghostty-vt's terminals. Rows are counted from the oldest line that is kept."""

    def __init__(self, terminal: Any) -> None:
        """``terminal``: pyghostty's."""
        import pyghostty
        from pyghostty._ffi import union_fn

        self._ffi, self._lib = pyghostty.ffi, pyghostty.lib
        self._terminal = terminal
        self._references: list[Any] = [None, None]
        signature = "GhosttyResult(*)(GhosttyTerminal, GhosttyPointS, GhosttyTrackedGridRef*)"
        self._track = union_fn("ghostty_terminal_grid_ref_track", signature)

    def set(self, which: int, x: int, row: int) -> None:
        """Mark another cell; nothing is marked where there is none."""
        self._free(which)
        point = self._ffi.new("GhosttyPointS*")
        point.tag = self._lib.GHOSTTY_POINT_TAG_SCREEN
        point.value.x, point.value.y = x, row
        reference = self._ffi.new("GhosttyTrackedGridRef*")
        if self._track(self._terminal._t[0], point[0], reference) == self._lib.GHOSTTY_SUCCESS:
            self._references[which] = reference[0]

    def get(self, which: int) -> tuple[int, int] | None:
        """Column and row; None when it is not set, or its text is gone."""
        reference = self._references[which]
        if reference is None or not self._lib.ghostty_tracked_grid_ref_has_value(reference):
            return None
        point = self._ffi.new("GhosttyPointCoordinate*")
        found = self._lib.ghostty_tracked_grid_ref_point(
            reference, self._lib.GHOSTTY_POINT_TAG_SCREEN, point
        )
        return (point.x, point.y) if found == self._lib.GHOSTTY_SUCCESS else None

    def text(self, *, whole_lines: bool = False) -> str:
        """What is between the two, with them; lines that were wrapped are one again."""
        from pyghostty.core import init_sized

        cells = [cell for cell in (self.get(BEGIN), self.get(END)) if cell is not None]
        if len(cells) < 2:
            return ""
        (left, top), (right, bottom) = sorted(cells, key=lambda cell: (cell[1], cell[0]))
        if whole_lines:
            left, right = 0, self._terminal.get("cols") - 1
        if bottom >= self.rows():  # they are on the other of the two screens
            return ""
        selection = init_sized("GhosttySelection")
        selection.start = self._terminal.ref(left, top, "screen")[0]
        selection.end = self._terminal.ref(right, bottom, "screen")[0]
        return str(self._terminal._format_sel(selection, unwrap=True))

    def top(self) -> int:
        """The row of the view's first line."""
        point = self._ffi.new("GhosttyPointCoordinate*")
        self._lib.ghostty_terminal_point_from_grid_ref(
            self._terminal._t[0],
            self._terminal.ref(0, 0, "viewport"),
            self._lib.GHOSTTY_POINT_TAG_SCREEN,
            point,
        )
        return int(point.y)

    def rows(self) -> int:
        """How many rows there are, from the oldest to the last of the screen."""
        return int(self._terminal.get("total_rows", "size_t"))

    def clear(self) -> None:
        """Nothing is marked."""
        self._free(BEGIN)
        self._free(END)

    def _free(self, which: int) -> None:
        if self._references[which] is not None:
            self._lib.ghostty_tracked_grid_ref_free(self._references[which])
            self._references[which] = None
