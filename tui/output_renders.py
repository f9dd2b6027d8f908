"""Which widgets are asked for their lines: those that can be seen where something changed.

Textual's compositor asks every widget whose *clip* meets the changed area, and for all of its
lines: with containers as large as the screen that is several screens of lines for one line that
changed, half of the time from a key to its frame.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip

_stock_get_renders = Compositor._get_renders


def _get_renders(
    self: Compositor, crop: Region | None = None
) -> Iterable[tuple[Region, Region, list[Strip]]]:
    """Region, clip and lines of each widget that is to be seen in `crop`, the foremost first."""
    if crop is None:
        yield from _stock_get_renders(self, None)
        return
    # The compositor cuts lines at the edges of widgets: they keep their width.
    rows = Region(0, crop.y, self.size.width, crop.height)
    drawn: list[Region] = []
    for widget, (region, widget_clip) in self.visible_widgets.items():
        clip = widget_clip.intersection(rows)
        part = region.intersection(clip)
        wanted = part.intersection(crop)
        if not wanted or any(other.contains_region(wanted) for other in drawn):
            continue
        drawn.append(wanted)
        yield region, clip, widget.render_lines(part.translate((-region.x, -region.y)))


def attach() -> None:
    """Take the place of the compositor's own choice."""
    setattr(Compositor, "_get_renders", _get_renders)  # noqa: B010 - mypy refuses the assignment


def works() -> bool:
    """Whether the part of Textual is there."""
    return (
        list(inspect.signature(_stock_get_renders).parameters) == ["self", "crop"]
        and "_get_renders" in Compositor._render_chops.__code__.co_names
    )
