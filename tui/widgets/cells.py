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
    taken = _cells(text)
    if taken > width:
        text = _cut(text, width - 1) + ELLIPSIS
        taken = cell_len(text)
    padding = " " * (width - taken)
    return padding + text if align == "right" else text + padding


@lru_cache(maxsize=4096)
def fit_name(text: str, width: int, align: Align = "left") -> str:
    """The same for a name, cut in its middle: names that begin alike differ in their ends."""
    text = safe(text)
    if _cells(text) > width > 2:
        end = _end(text, (width - 1) // 2)
        text = _cut(text, width - 1 - cell_len(end)) + ELLIPSIS + end
    return fit(text, width, align)


def fit_path(path: str, width: int) -> str:
    """The same for a path, whose end tells most."""
    path = safe(path)
    if _cells(path) > width > 0:
        path = ELLIPSIS + _end(path, width - 1)
    return fit(path, width)


def _cells(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


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


def _end(text: str, width: int) -> str:
    """The same from the end."""
    if text.isascii():
        return text[max(0, len(text) - width) :]
    taken, begin = 0, len(text)
    for start, _stop, cells in reversed(split_graphemes(text)[0]):
        if taken + cells > width:
            break
        taken, begin = taken + cells, start
    return text[begin:]
