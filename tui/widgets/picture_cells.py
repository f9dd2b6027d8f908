"""A picture as cells of a terminal. Pure: picture and size → lines.

A cell holds four pixels, two over two, in the two colours that tell them apart best (block
elements of Unicode); on a terminal that lacks those glyphs two, one over the other.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageChops
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.screen_text import Cell, Colour, TextScreen, read_text

QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""By which quarters are filled: upper left 1, upper right 2, lower left 4, lower right 8."""
MOST_PIXELS = 1 << 26
ALIKE = 24
"""Levels of a channel (of 256) that pixels of one cell may differ by and still be one colour."""
LEVELS = 0xF8
"""Colours are told to the terminal in steps: what nearly stays the same is not written anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A screen's picture, and the text on it where it shows text."""

    image: Image.Image
    """In mode RGB."""
    text: TextScreen | None

    def changed_box(self, before: Picture | None) -> tuple[int, int, int, int] | None:
        """What differs, in pixels (left, top, right, bottom); None when nothing does."""
        if before is None or before.image.size != self.image.size:
            return (0, 0, *self.image.size)
        return ImageChops.difference(self.image, before.image).getbbox()


def read_picture(data: bytes) -> Picture:
    """A picture out of a PNG or PPM file. Raises ValueError with words for a person."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "PPM")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"the picture is {image.width}×{image.height}: too large")
            rgb = image.convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("the host sent no picture that can be read") from error
    return Picture(rgb, read_text(rgb))


def as_png(data: bytes) -> bytes:
    """The same picture as a PNG file. Raises ValueError."""
    if data.startswith(b"\x89PNG"):
        return data
    file = io.BytesIO()
    read_picture(data).image.save(file, "PNG")
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class Placement:
    """The part of a picture that is shown, and the cells that it takes."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom in pixels."""
    columns: int
    rows: int


def place(
    size: tuple[int, int],
    columns: int,
    rows: int,
    zoom: float,
    centre: tuple[float, float],
    *,
    tall: float = 2.0,
) -> Placement:
    """Fit a picture of ``size`` pixels into cells, ``tall`` times as high as wide, aspect kept.

    ``zoom`` 1 shows all of it; ``centre`` in shares of the picture's width and height.
    """
    width, height = size
    scale = min(columns / width, tall * rows / height) * zoom  # cells per pixel
    columns = max(1, min(columns, round(width * scale)))
    rows = max(1, min(rows, round(height * scale / tall)))
    wide, high = min(width, columns / scale), min(height, tall * rows / scale)
    left = min(max(centre[0] * width - wide / 2, 0), width - wide)
    top = min(max(centre[1] * height - high / 2, 0), height - high)
    return Placement((left, top, left + wide, top + high), columns, rows)


def blocks(
    image: Image.Image, where: Placement, *, quadrants: bool, greys: bool = False
) -> list[Strip]:
    """The lines of a part of a picture; in ``greys`` where no colours are wanted."""
    across = 2 if quadrants else 1
    size = (where.columns * across, where.rows * 2)
    left, top, right, bottom = where.box
    grows = size[0] > right - left and size[1] > bottom - top
    how = Image.Resampling.NEAREST if grows else Image.Resampling.BOX
    part = image.resize(size, how, box=where.box)
    data = (part.convert("L").convert("RGB") if greys else part).tobytes()
    stride = size[0] * 3
    cell = _quarters if quadrants else _halves
    lines = [data[at : at + stride] for at in range(0, len(data), stride)]
    return [
        text_line([*map(cell, _pieces(upper, across), _pieces(lower, across))])
        for upper, lower in zip(lines[::2], lines[1::2], strict=True)
    ]


def _pieces(line: bytes, pixels: int) -> list[bytes]:
    return [line[at : at + 3 * pixels] for at in range(0, len(line), 3 * pixels)]


@lru_cache(16384)
def _halves(upper: bytes, lower: bytes) -> Cell:
    top, bottom = _stepped(upper), _stepped(lower)
    return (" ", bottom, bottom) if top == bottom else ("▀", top, bottom)


@lru_cache(16384)
def _quarters(upper: bytes, lower: bytes) -> Cell:
    pixels = (upper[:3], upper[3:], lower[:3], lower[3:])
    ranges = [max(p[c] for p in pixels) - min(p[c] for p in pixels) for c in range(3)]
    widest = max(ranges)
    if widest <= ALIKE:
        ground = _mean(pixels)
        return " ", ground, ground
    channel = ranges.index(widest)
    middle = (max(p[channel] for p in pixels) + min(p[channel] for p in pixels)) / 2
    filled = [p[channel] > middle for p in pixels]
    ink = _mean([p for p, is_ink in zip(pixels, filled, strict=True) if is_ink])
    ground = _mean([p for p, is_ink in zip(pixels, filled, strict=True) if not is_ink])
    mask = sum(1 << bit for bit, is_ink in enumerate(filled) if is_ink)
    return QUADRANTS[mask], ink, ground


def _mean(pixels: Sequence[bytes]) -> Colour:
    count = len(pixels)
    red, green, blue = (sum(p[c] for p in pixels) // count & LEVELS for c in range(3))
    return red, green, blue


def _stepped(pixel: bytes) -> Colour:
    return pixel[0] & LEVELS, pixel[1] & LEVELS, pixel[2] & LEVELS


def text_line(cells: Sequence[Cell]) -> Strip:
    """Cells as a line; neighbours that look alike are one segment."""
    segments = []
    text, look = "", None
    for character, ink, ground in cells:
        # The ink of a blank is not seen, so it need not be told.
        this = (ground if character == " " else ink, ground)
        if this != look and not (character == " " and look is not None and look[1] == ground):
            if look is not None:
                segments.append(Segment(text, _style(*look)))
            text, look = "", this
        text += character
    if look is not None:
        segments.append(Segment(text, _style(*look)))
    return Strip(segments, len(cells))


@lru_cache(8192)
def _style(ink: Colour, ground: Colour) -> Style:
    return Style(color=Color.from_rgb(*ink), bgcolor=Color.from_rgb(*ground))
