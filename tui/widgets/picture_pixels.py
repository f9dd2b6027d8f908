"""A picture as a terminal's graphics: kitty's protocol, with placeholders, or sixel. Pure.

Placeholders are cells: each names a picture, by its colour, and the row and column of the part
that it shows. So the output stage writes them, and what covers them, as any cells.
"""

from __future__ import annotations

import io
import re
from base64 import standard_b64encode
from functools import lru_cache

from PIL import Image
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.output_cells import CANVAS, PLACEHOLDER
from tui.terminal_graphics import TerminalGraphics
from tui.widgets.picture_cells import Placement

CHUNK = 4096
"""Bytes of encoded data in one sequence: kitty's protocol takes no more."""

_NUMBERS = (
    "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 "
    "59c-5a1 5a8-5a9 5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec "
    "730 732-733 735-736 73a 73d 73f-741 743 745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 "
    "829-82d 951 953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b 1b6d-1b73 "
    "1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 20d4-20d7 "
    "20db-20dc 20e1 20e7 20e9 20f0 2cef-2cf1 2de0-2dff a66f a67c-a67d a6f0-a6f1 a8e0-a8f1 aab0 "
    "aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26 10a0f 10a38 1d185-1d189 1d1aa-1d1ad 1d242-1d244"
)
"""Ranges of the characters that stand for 0, 1, 2, … in a placeholder."""


def _numbers() -> str:
    ends = [[int(end, 16) for end in part.split("-")] for part in _NUMBERS.split()]
    return "".join(chr(code) for end in ends for code in range(end[0], end[-1] + 1))


NUMBERS = _numbers()
"""At most so many rows and columns can be told."""


# -- cells -----------------------------------------------------------------------------------


@lru_cache(8)
def placeholders(columns: int, rows: int, ink: Color, base: Style) -> tuple[Strip, ...]:
    """Lines of cells that show the picture whose number the colour is."""
    style = base + Style(color=ink)
    lines = (
        "".join(f"{PLACEHOLDER}{NUMBERS[y]}{NUMBERS[x]}" for x in range(columns))
        for y in range(rows)
    )
    return tuple(Strip([Segment(line, style)], columns) for line in lines)


@lru_cache(8)
def canvas(columns: int, rows: int, base: Style) -> tuple[Strip, ...]:
    """Lines of cells that a sixel picture is drawn over."""
    return tuple(Strip([Segment(CANVAS * columns, base)], columns) for _ in range(rows))


def ink_and_number(seed: int, *, indexed: bool) -> tuple[Color, int]:
    """A colour for placeholders, and the number that it tells once it is written.

    ``seed`` keeps programs in the same terminal apart. ``indexed``: the colour is written as one
    of 256.
    """
    levels = (0, 95, 135, 175, 215, 255)
    at = seed % 150 + 6  # neither black, which would be number 0, nor one of the 16 of a theme
    red, green, blue = levels[at // 36], levels[at // 6 % 6], levels[at % 6]
    ink = Color.from_rgb(red, green, blue)
    if indexed:
        return ink, ink.downgrade(ColorSystem.EIGHT_BIT).number or 0
    return ink, red << 16 | green << 8 | blue


# -- data ------------------------------------------------------------------------------------


def shown_size(graphics: TerminalGraphics, where: Placement) -> tuple[int, int]:
    """The size in pixels that a part of a picture is sent in.

    Sixels fill their cells. kitty's protocol scales by itself, so no more is sent than there
    is, and no more than is seen.
    """
    wide = max(1, round(where.box[2] - where.box[0]))
    high = max(1, round(where.box[3] - where.box[1]))
    if graphics.cell is None:
        return wide, high
    room = where.columns * graphics.cell[0], where.rows * graphics.cell[1]
    if graphics.kind == "sixel":
        return room
    scale = min(1.0, room[0] / wide, room[1] / high)
    return max(1, round(wide * scale)), max(1, round(high * scale))


def encode(image: Image.Image, where: Placement, graphics: TerminalGraphics, number: int) -> str:
    """What makes the terminal draw a part of a picture: for placeholders, or at the cursor."""
    size = shown_size(graphics, where)
    if where.box == (0, 0, *image.size) and size == image.size:
        part = image
    else:
        grows = size[0] > where.box[2] - where.box[0]
        how = Image.Resampling.NEAREST if grows else Image.Resampling.BOX
        part = image.resize(size, how, box=where.box)
    if graphics.kind == "sixel":
        return sixel(part, graphics.colours)
    return kitty(part, number, where.columns, where.rows)


def kitty(image: Image.Image, number: int, columns: int, rows: int) -> str:
    """Send a picture under a number, to be shown by so many placeholders; without an answer."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=3)
    data = standard_b64encode(file.getvalue()).decode("ascii")
    chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    keys = f"a=T,U=1,f=100,t=d,i={number},c={columns},r={rows},q=2,"
    parts = []
    for at, chunk in enumerate(chunks):
        more = int(at < len(chunks) - 1)
        parts.append(f"\x1b_G{keys if at == 0 else 'q=2,'}m={more};{chunk}\x1b\\")
    return "".join(parts)


def kitty_forget(number: int) -> str:
    """Have the terminal forget a picture."""
    return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"


def sixel(image: Image.Image, colours: int) -> str:
    """A picture in mode RGB in at most so many colours, six lines of pixels after each other.

    Each line of pixels is bytes, one for a pixel; masks of one colour are shifted into place
    and joined as large integers, so that no pixel is touched by Python alone.
    """
    indexed = image.quantize(colours, Image.Quantize.MEDIANCUT)
    width, height = indexed.size
    palette = indexed.getpalette() or []
    data = indexed.tobytes()
    registers = ""
    for index in sorted(set(data)):
        red, green, blue = (round(part * 100 / 255) for part in palette[3 * index : 3 * index + 3])
        registers += f"#{index};2;{red};{green};{blue}"
    bands = []
    for top in range(0, height, 6):
        lines = [data[y * width : (y + 1) * width] for y in range(top, min(top + 6, height))]
        band = []
        for index in sorted(set(b"".join(lines))):
            having = [(row, line) for row, line in enumerate(lines) if index in line]
            left = min(line.index(index) for _row, line in having)
            right = max(line.rindex(index) for _row, line in having) + 1
            sixels = int.from_bytes(b"?" * (right - left), "big")
            for row, line in having:  # no bit is added twice, so nothing carries over
                sixels += int.from_bytes(line[left:right].translate(_mask(index, row)), "big")
            text = sixels.to_bytes(right - left, "big").decode("ascii")
            skipped = f"!{left}?" if left > 3 else "?" * left
            band.append(f"#{index}{skipped}{_REPEATED.sub(_shorter, text)}")
        bands.append("$".join(band))
    # No line feed after the last: it could scroll the screen.
    return f'\x1bP0;1q"1;1;{width};{height}{registers}{"-".join(bands)}\x1b\\'


_REPEATED = re.compile(r"(.)\1{3,}")


def _shorter(run: re.Match[str]) -> str:
    return f"!{len(run[0])}{run[1]}"


@lru_cache(256 * 6)
def _mask(index: int, row: int) -> bytes:
    """A table for bytes.translate: the row's bit where the colour is, else nothing."""
    table = bytearray(256)
    table[index] = 1 << row
    return bytes(table)
