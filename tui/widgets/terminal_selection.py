"""Selecting a part of what a terminal shows or has shown, by keys or with the mouse."""

from __future__ import annotations

from tui.widgets.emulator import Emulator
from tui.widgets.emulator_marks import BEGIN, END, Marks
from tui.widgets.every_key import LEAVE

SCREENS = (47, 1047, 1049)
"""Modes that switch between the two screens of a terminal."""
FAR = 1 << 30

MOVES = {
    "left": (-1, 0), "h": (-1, 0), "right": (1, 0), "l": (1, 0),
    "up": (0, -1), "k": (0, -1), "down": (0, 1), "j": (0, 1),
    "home": (-FAR, 0), "0": (-FAR, 0), "end": (FAR, 0), "dollar_sign": (FAR, 0),
    "g": (0, -FAR), "G": (0, FAR), "upper_g": (0, FAR),
}  # fmt: skip
"""Columns and rows that a key moves by."""
PAGES = {"pageup": -1, "ctrl+b": -1, "pagedown": 1, "ctrl+f": 1}
BEGIN_KEYS = ("space", "v")
LINE_KEYS = ("V", "upper_v")
COPY_KEYS = ("y", "enter")
LEAVE_KEYS = ("escape", "q", *LEAVE)


class Selection:
    """From where it began to where it is now; ends when its text is gone."""

    def __init__(self, emulator: Emulator, marks: Marks, columns: int, rows: int) -> None:
        self._emulator = emulator
        self._marks = marks
        self._columns, self._rows = columns, rows
        self._screen = self._which_screen()
        self.begun = False
        """Whether something is selected; else there is only a cursor."""
        self.whole_lines = False

    @property
    def is_there(self) -> bool:
        """Whether what it is about still is on the screen or above it."""
        if self._emulator.marks is None or self._screen != self._which_screen():
            return False
        return self._marks.get(END) is not None and (
            not self.begun or self._marks.get(BEGIN) is not None
        )

    @property
    def cursor(self) -> tuple[int, int] | None:
        """Column and line of the view; the line may be outside of it."""
        cell = self._marks.get(END)
        return None if cell is None else (cell[0], cell[1] - self._marks.top())

    def go_to(self, x: int, y: int) -> None:
        """Move to a cell of the view."""
        self._put(x, self._marks.top() + y)

    def move(self, columns: int, rows: int) -> None:
        """Move by so many, as far as there is something."""
        cell = self._marks.get(END)
        if cell is not None:
            self._put(cell[0] + columns, cell[1] + rows)

    def _put(self, x: int, row: int) -> None:
        x = min(max(x, 0), self._columns - 1)
        row = min(max(row, 0), self._marks.rows() - 1)
        self._marks.set(END, x, row)
        top = self._marks.top()
        if row < top:
            self._emulator.scroll_to(row)
        elif row >= top + self._rows:
            self._emulator.scroll_to(row - self._rows + 1)

    def begin(self, *, whole_lines: bool = False) -> None:
        """Begin here; once more ends it."""
        cell = self._marks.get(END)
        if self.begun and whole_lines == self.whole_lines:
            self.begun = False
        elif cell is not None:
            if not self.begun:
                self._marks.set(BEGIN, *cell)
            self.begun, self.whole_lines = True, whole_lines

    def spans(self) -> dict[int, tuple[int, int]]:
        """First and last column that are selected, by line of the view."""
        begin, end = self._marks.get(BEGIN), self._marks.get(END)
        if not self.begun or begin is None or end is None:
            return {}
        (left, first), (right, last) = sorted((begin, end), key=lambda cell: (cell[1], cell[0]))
        if self.whole_lines:
            left, right = 0, self._columns - 1
        top = self._marks.top()
        return {
            row - top: (
                left if row == first else 0,
                right if row == last else self._columns - 1,
            )
            for row in range(max(first, top), min(last, top + self._rows - 1) + 1)
        }

    def text(self) -> str:
        """What is selected; empty when nothing is."""
        return self._marks.text(whole_lines=self.whole_lines) if self.begun else ""

    def end(self) -> None:
        """Nothing is selected any more."""
        self.begun = False
        self._marks.clear()

    def _which_screen(self) -> tuple[bool, ...]:
        return tuple(self._emulator.mode(mode) for mode in SCREENS)
