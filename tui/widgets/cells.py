"""Text cut and padded to terminal cells."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from rich.cells import cell_len, split_graphemes
from textual.content import Content

Align = Literal["left", "right"]
TextPart = str | Content | tuple[str, str]
"""What Content.assemble joins: plain text, text with the name of its style, or content."""

ELLIPSIS = "…"

_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), "�")


def safe(text: str) -> str:
    """The text without C0 and C1 controls: the last line of defence before the terminal."""
    return text if text.isprintable() else text.translate(_CONTROLS)


@lru_cache(maxsize=4096)
def fit(text: str, width: int, align: Align = "left") -> str:
    """The text in exactly ``width`` cells: padded, or cut with an ellipsis.

    Widths are Textual's own, so wide and combining characters line up with the layout.
    """
    if width <= 0:
        return ""
    text = safe(text)
    taken = len(text) if text.isascii() else cell_len(text)
    if taken > width:
        text = _cut(text, width - 1) + ELLIPSIS
        taken = cell_len(text)
    padding = " " * (width - taken)
    return padding + text if align == "right" else text + padding


def _cut(text: str, width: int) -> str:
    """As many whole characters as fit into ``width`` cells."""
    if text.isascii():
        return text[:width]
    taken, end = 0, 0
    for _start, stop, cells in split_graphemes(text)[0]:
        if taken + cells > width:
            break
        taken, end = taken + cells, stop
    return text[:end]


def fit_path(path: str, width: int) -> str:
    """The same for a path, whose end tells most."""
    path = safe(path)
    if cell_len(path) > width > 0:
        parts = [path[start:stop] for start, stop, _cells in split_graphemes(path)[0]]
        while parts and cell_len("".join(parts)) > width - 1:
            del parts[0]
        path = ELLIPSIS + "".join(parts)
    return fit(path, width)
