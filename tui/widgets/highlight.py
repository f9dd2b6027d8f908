"""Some columns of a line in another look."""

from __future__ import annotations

from rich.style import Style
from textual.strip import Strip


def highlighted(strip: Strip, first: int, last: int, look: Style) -> Strip:
    """The columns from first to last in another look."""
    marked = strip.crop(first, last + 1)
    if not marked.cell_length:
        return strip
    part = Strip(
        [type(s)(s.text, s.style + look if s.style else look) for s in marked], marked.cell_length
    )
    return Strip.join([strip.crop(0, first), part, strip.crop(last + 1)])
