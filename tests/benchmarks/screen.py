"""The machines pane as the terminal shows it: where the machines and the cursor are."""

import re
from dataclasses import dataclass

from tests.benchmarks.inventory import NAME
from tests.benchmarks.terminal import Terminal, TimeOutError

_MACHINE = re.compile(NAME)


def machines(terminal: Terminal) -> list[tuple[int, int, str]]:
    """Row, column and name of each machine in the table, top first.

    The strip below the table names the machine under the cursor once more; the table is
    the run of names that begin in the same column.
    """
    found = []
    for y, line in enumerate(terminal.lines()):
        if match := _MACHINE.search(line):
            found.append((y, match.start(), match[0]))
    return [one for one in found if one[1] == found[0][1]]


def names(terminal: Terminal) -> tuple[str, ...]:
    """The machines in the table."""
    return tuple(name for _y, _x, name in machines(terminal))


@dataclass
class Cursor:
    """Follows the table's cursor: `move` types a key and times the paint of the new row."""

    terminal: Terminal
    x: int
    y: int
    mark: object

    @classmethod
    def find(cls, terminal: Terminal) -> "Cursor":
        """Type j once and see which row takes on the cursor's style."""
        rows = machines(terminal)
        cells = [(y, x) for y, name_x, _name in rows for x in range(name_x + 1)]
        before = {(y, x): terminal.mark(x, y) for y, x in cells}
        terminal.send("j")
        terminal.run(0.8)
        changed = [(y, x) for y, x in cells if terminal.mark(x, y) != before[y, x]]
        if len({y for y, _x in changed}) != 2:
            raise TimeOutError(f"j moved no cursor ({changed})\n{terminal.text()}")
        y = changed[-1][0]
        x = min(x for row, x in changed if row == y)
        return cls(terminal, x, y, terminal.mark(x, y))

    def move(self, step: int, timeout: float = 10) -> float:
        """Type j or k and return the seconds until the first cell of the new row shows it."""
        self.y += step
        sent = self.terminal.send("j" if step > 0 else "k")
        painted = self.terminal.wait_until(
            lambda: self.terminal.mark(self.x, self.y) == self.mark, "the cursor moves", timeout
        )
        return painted - sent
