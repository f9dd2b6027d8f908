"""Text read off the picture of a text screen: every cell is matched with the glyphs of a font.

Nothing is guessed: a cell is a glyph in two colours, pixel by pixel, or it is none; a picture
with more than a few cells that are none is not text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from tui.widgets.screen_font import CHARACTERS, GLYPHS, HEIGHT, LINES_FIRST, LINES_LAST

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = tuple[int, int, int]
Cell = tuple[str, Colour, Colour]
"""Character, its colour, its ground."""

MOST_COLOURS = 64
"""A text screen has sixteen."""
UNREADABLE = 0.03
"""Share of the cells with something in them that may be no glyph: a mouse pointer, say."""
UNKNOWN = "▯"
CURSORS = ((13, 14), (13, 15), (14, 14), (14, 15), (15, 15), (12, 13), (0, 15))
"""First and last rows that a cursor fills."""
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


def read_text(image: Image) -> TextScreen | None:
    """The text on an RGB picture; None when it is no text screen in a font that is known."""
    colours = image.getcolors(MOST_COLOURS)
    if colours is None or len(colours) < 2:
        return None
    data = image.tobytes()
    for width in (9, 8):
        columns, rows = image.width // width, image.height // HEIGHT
        # A screen of characters fills the picture; the kernel's leaves less than a row over.
        if columns >= 40 and rows >= 20 and columns * width == image.width:
            screen = _read(data, image.width, width, columns, rows)
            if screen is not None:
                return screen
    return None


def _read(data: bytes, stride: int, width: int, columns: int, rows: int) -> TextScreen | None:
    lines: list[tuple[Cell, ...]] = []
    cursor = None
    written = unknown = letters = 0
    for y in range(rows):
        line: list[Cell] = []
        for x, pixels in enumerate(_cells(data, stride, width, columns, y)):
            character, ink, ground, has_cursor = _recognise(pixels, width)
            if has_cursor:
                cursor = (x, y)
            if ink != ground:
                written += 1
                unknown += character == UNKNOWN
                letters += character.isalnum()
            line.append((character, ink, ground))
        if unknown > UNREADABLE * columns * rows:
            return None
        lines.append(tuple(line))
    if not letters or unknown > UNREADABLE * written:
        return None
    return TextScreen(tuple(lines), cursor)


def _cells(data: bytes, stride: int, width: int, columns: int, y: int) -> Iterator[bytes]:
    start = y * HEIGHT * stride * 3
    lines = [
        data[at : at + columns * width * 3]
        for at in range(start, start + HEIGHT * stride * 3, stride * 3)
    ]
    step = width * 3
    for at in range(0, columns * step, step):
        yield b"".join([line[at : at + step] for line in lines])


@lru_cache(8192)
def _recognise(pixels: bytes, width: int) -> tuple[str, Colour, Colour, bool]:
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
    for table, has_cursor in ((_glyphs(width), False), (_glyphs_under_cursor(width), True)):
        if mask in table:
            return table[mask], _colour(ink), _colour(ground), has_cursor
        if other in table:
            return table[other], _colour(ground), _colour(ink), has_cursor
    return UNKNOWN, _colour(ink), _colour(ground), False


def _colour(pixel: bytes) -> Colour:
    return pixel[0], pixel[1], pixel[2]


@cache
def _glyphs(width: int) -> dict[bytes, str]:
    """Characters by mask, a byte for each pixel; what looks alike is read as ASCII."""
    table: dict[bytes, str] = {}
    for code in (*range(32, 127), *range(32), *range(127, 256)):
        table.setdefault(_mask(code, width), CHARACTERS[code])
    return table


def _mask(code: int, width: int) -> bytes:
    mask = bytearray()
    for row in GLYPHS[code * HEIGHT : (code + 1) * HEIGHT]:
        mask += bytes(row >> bit & 1 for bit in range(7, -1, -1))
        if width == 9:
            mask.append(row & 1 if LINES_FIRST <= code <= LINES_LAST else 0)
    return bytes(mask)


@cache
def _glyphs_under_cursor(width: int) -> dict[bytes, str]:
    table: dict[bytes, str] = {}
    for first, last in CURSORS:
        for mask, character in _glyphs(width).items():
            filled = bytearray(mask)
            filled[first * width : (last + 1) * width] = b"\x01" * ((last + 1 - first) * width)
            table.setdefault(bytes(filled), character if (first, last) != (0, 15) else " ")
    return table
