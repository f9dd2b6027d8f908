"""Which widgets are asked for their lines: those that can be seen where something changed.

Textual's compositor asks every widget whose *clip* meets the changed area, and for all of its
lines: with containers as large as the screen that is several screens of lines for one line that
changed, half of the time from a key to its frame.

A scrollbar, which is another wherever a list scrolls or is filtered, makes its lines without
Rich's console and the box model: they were a tenth of such a frame.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from rich.color import Color
from rich.segment import Segment
from textual._compositor import Compositor
from textual.geometry import Region
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

_stock_get_renders = Compositor._get_renders
_stock_bar_lines = ScrollBar.render_lines
_NO_COLOR = Color.default()


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
    full: set[int] = set()  # lines of which nothing is left for widgets further back
    for widget, (region, widget_clip) in self.visible_widgets.items():
        clip = widget_clip.intersection(rows)
        part = region.intersection(clip)
        wanted = part.intersection(crop)
        if (
            not wanted
            or full.issuperset(wanted.line_range)
            or any(other.contains_region(wanted) for other in drawn)
        ):
            continue
        strips = widget.render_lines(part.translate((-region.x, -region.y)))
        # Until a new layout has reached it, a widget may draw less than its place: what is
        # behind it shows there.
        if [strip.cell_length for strip in strips] == [part.width] * part.height:
            drawn.append(wanted)
            if wanted.width == crop.width:
                full.update(wanted.line_range)
        yield region, clip, strips


def _bar_lines(self: ScrollBar, crop: Region) -> list[Strip]:
    """The lines of a vertical scrollbar; those of a horizontal one are Textual's own."""
    bar, (width, height) = self.render(), self.size
    if not self.vertical or not isinstance(bar, ScrollBarRender) or crop.bottom > height:
        return _stock_bar_lines(self, crop)
    colors = self.app.console.get_style(bar.style)
    base, background = self.visual_style.rich_style, self.background_colors[1]
    segments = bar.render_bar(
        size=height,
        virtual_size=bar.virtual_size,
        window_size=bar.window_size,
        position=bar.position,
        thickness=width,
        back_color=colors.bgcolor or base.bgcolor or _NO_COLOR,
        bar_color=colors.color or base.color or _NO_COLOR,
    ).segments
    filters = self.get_line_filters()
    drawn: dict[int, Strip] = {}  # a bar is made of a handful of segments
    for segment in segments:
        if id(segment) not in drawn:
            strip = Strip([Segment(segment.text, base + segment.style)], width)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            drawn[id(segment)] = strip
    lines = [drawn[id(segment)] for segment in segments]
    return [lines[y].crop(crop.x, crop.right) for y in crop.line_range]


def attach() -> None:
    """Take the place of the compositor's own choice, and of the scrollbars' lines."""
    setattr(Compositor, "_get_renders", _get_renders)  # noqa: B010 - mypy refuses the assignment
    setattr(ScrollBar, "render_lines", _bar_lines)  # noqa: B010


def works() -> bool:
    """Whether the part of Textual is there."""
    return (
        list(inspect.signature(_stock_get_renders).parameters) == ["self", "crop"]
        and "_get_renders" in Compositor._render_chops.__code__.co_names
        and {"size", "position", "thickness", "back_color", "bar_color"}
        <= inspect.signature(ScrollBarRender.render_bar).parameters.keys()
    )
