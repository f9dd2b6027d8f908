"""Text read off the picture of a text screen: every cell is matched with the glyphs of a font.

Nothing is guessed: a cell is a glyph in two colours, pixel by pixel, or it is none; a picture
with more than a few cells that are none is not text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import Image, ImageChops

from tui.widgets.screen_font import PC, UEFI, Font

Colour = tuple[int, int, int]
Cell = tuple[str, Colour, Colour]
"""Character, its colour, its ground."""

MOST_COLOURS = 64
"""A text screen has sixteen."""
UNREADABLE = 0.03
"""Share of the cells with something in them that may be no glyph: a mouse pointer, say."""
UNKNOWN = "▯"
UEFI_MODES = ((80, 25), (80, 50), (100, 31), (128, 40))
"""Columns and rows of firmware's text screens, besides as many as there is room for."""
_INVERSE = bytes.maketrans(b"\x00\x01", b"\x01\x00")


@dataclass(frozen=True, slots=True)
class TextScreen:
    """What a text screen shows, without its cursor, which blinks."""

    rows: tuple[tuple[Cell, ...], ...]
    cursor: tuple[int, int] | None
    """Column and row; None while it does not show."""

    @property
    def columns(self) -> int:
        """Characters of a row."""
        return len(self.rows[0])

    @property
    def lines(self) -> list[str]:
        """The rows as text."""
        return ["".join(cell[0] for cell in row).rstrip() for row in self.rows]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where on a picture characters may be."""

    font: Font
    width: int
    """Pixels of a cell."""
    columns: int
    rows: int
    left: int = 0
    top: int = 0


def read_text(image: Image.Image) -> TextScreen | None:
    """The text on an RGB picture; None when it is no text screen in a font that is known."""
    colours = image.getcolors(MOST_COLOURS)
    if colours is None or len(colours) < 2:
        return None
    data = image.tobytes()
    screens = (_read(data, image.width, grid) for grid in _grids(image))
    return next((screen for screen in screens if screen is not None), None)


def _grids(image: Image.Image) -> Iterator[Grid]:
    for width in (9, 8):
        columns, rows = image.width // width, image.height // PC.height
        # A screen of characters fills the picture; the kernel's leaves less than a row over.
        if columns >= 40 and rows >= 20 and columns * width == image.width:
            yield Grid(PC, width, columns, rows)
    # Firmware writes in the middle and leaves a margin.
    drawn = _without_margin(image)
    most = (image.width // 8, image.height // UEFI.height)
    for columns, rows in sorted({*UEFI_MODES, most}):
        left, top = (image.width - columns * 8) // 2, (image.height - rows * UEFI.height) // 2
        right, bottom = left + columns * 8, top + rows * UEFI.height
        if left >= 0 and top >= 0 and columns >= 80 and rows >= 25:
            inside = left <= drawn[0] and top <= drawn[1] and drawn[2] <= right
            if inside and drawn[3] <= bottom:
                yield Grid(UEFI, 8, columns, rows, left, top)


def _without_margin(image: Image.Image) -> tuple[int, int, int, int]:
    """What is drawn on a ground of the colour of its corner: left, top, right, bottom."""
    ground = Image.new("RGB", image.size, image.getpixel((0, 0)))
    return ImageChops.difference(image, ground).getbbox() or (0, 0, *image.size)


def _read(data: bytes, stride: int, grid: Grid) -> TextScreen | None:
    lines: list[tuple[Cell, ...]] = []
    cursor = None
    written = unknown = letters = 0
    for y in range(grid.rows):
        line: list[Cell] = []
        for x, pixels in enumerate(_cells(data, stride, grid, y)):
            character, ink, ground, has_cursor = _recognise(pixels, grid.font, grid.width)
            if has_cursor:
                cursor = (x, y)
            if ink != ground:
                written += 1
                unknown += character == UNKNOWN
                letters += character.isalnum()
            line.append((character, ink, ground))
        if unknown > UNREADABLE * grid.columns * grid.rows:
            return None
        lines.append(tuple(line))
    if not letters or unknown > UNREADABLE * written:
        return None
    return TextScreen(tuple(lines), cursor)


def _cells(data: bytes, stride: int, grid: Grid, y: int) -> Iterator[bytes]:
    height, step = grid.font.height, grid.width * 3
    start = ((grid.top + y * height) * stride + grid.left) * 3
    lines = [
        data[at : at + grid.columns * step]
        for at in range(start, start + height * stride * 3, stride * 3)
    ]
    for at in range(0, grid.columns * step, step):
        yield b"".join([line[at : at + step] for line in lines])


@lru_cache(8192)
def _recognise(pixels: bytes, font: Font, width: int) -> tuple[str, Colour, Colour, bool]:
    """Character, ink, ground, and whether the cursor is on it."""
    each = [pixels[at : at + 3] for at in range(0, len(pixels), 3)]
    kinds = set(each)
    ground = each[0]
    if len(kinds) == 1:
        return " ", _colour(ground), _colour(ground), False
    if len(kinds) > 2:
        return UNKNOWN, _colour(max(kinds)), _colour(min(kinds)), False
    ink = next(iter(kinds - {ground}))
    mask = bytes(pixel == ink for pixel in each)
    other = mask.translate(_INVERSE)
    for table, has_cursor in (
        (_glyphs(font, width), False),
        (_glyphs_under_cursor(font, width), True),
    ):
        if mask in table:
            return table[mask], _colour(ink), _colour(ground), has_cursor
        if other in table:
            return table[other], _colour(ground), _colour(ink), has_cursor
    return UNKNOWN, _colour(ink), _colour(ground), False


def _colour(pixel: bytes) -> Colour:
    return pixel[0], pixel[1], pixel[2]


@cache
def _glyphs(font: Font, width: int) -> dict[bytes, str]:
    """Characters by mask, a byte for each pixel."""
    table: dict[bytes, str] = {}
    for place, character in enumerate(font.characters):
        mask = bytearray()
        for row in font.glyphs[place * font.height : (place + 1) * font.height]:
            mask += bytes(row >> bit & 1 for bit in range(7, -1, -1))
            if width == 9:
                mask.append(row & 1 if character in font.doubled else 0)
        table.setdefault(bytes(mask), character)
    return table


@cache
def _glyphs_under_cursor(font: Font, width: int) -> dict[bytes, str]:
    table: dict[bytes, str] = {}
    for first, last in font.cursors:
        whole = (first, last) == (0, font.height - 1)
        for mask, character in _glyphs(font, width).items():
            filled = bytearray(mask)
            filled[first * width : (last + 1) * width] = b"\x01" * ((last + 1 - first) * width)
            table.setdefault(bytes(filled), " " if whole else character)
    return table
