"""The smallest Textual program with forty live rows: the floor under what it costs to show them."""

import random
import sys

from textual.app import App, ComposeResult
from textual.widgets import Static

ROWS, WIDTH = 40, 150


class PaintingApp(App[None]):
    """Rows of text, replaced every so many seconds; it asks nobody for anything."""

    def __init__(self, period: float) -> None:
        super().__init__()
        self._period = period

    def compose(self) -> ComposeResult:
        yield Static()

    def on_mount(self) -> None:
        self._paint()
        self.set_interval(self._period, self._paint)

    def _paint(self) -> None:
        rows = (f"painted-{row:02} {random.random():.4f}".ljust(WIDTH, ".") for row in range(ROWS))
        self.query_one(Static).update("\n".join(rows))


if __name__ == "__main__":
    PaintingApp(float(sys.argv[1])).run()
