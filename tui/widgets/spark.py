"""Sparklines in text."""

from __future__ import annotations

from collections.abc import Sequence

from tui.terminals import has_few_glyphs

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN = ".:-=+*#@"
"""For fonts without eighth blocks: the Linux console's, a vt220's."""


def sparkline(values: Sequence[float | None], width: int, top: float) -> str:
    """The last ``width`` values as one character each, ``top`` being the full height.

    What is not known is a blank: unknown is not zero.
    """
    steps = PLAIN if has_few_glyphs() else BLOCKS

    def drawn(value: float | None) -> str:
        if value is None:
            return " "
        step = int(value / top * len(steps)) if top > 0 else 0
        return steps[min(max(step, 0), len(steps) - 1)]

    return "".join(map(drawn, list(values)[-width:])).rjust(width)
