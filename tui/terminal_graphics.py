"""Which pictures the person's terminal can draw: found out by asking it."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import sys
import termios
from dataclasses import dataclass
from typing import Any

from rich.color import ColorSystem
from textual.app import App

from tui.terminal_answers import ask, is_attributes

QUESTIONS = (
    "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"  # kitty's protocol: a pixel to try
    "\x1b[>q"  # name and version
    "\x1b[16t"  # a cell's size in pixels
)
HOW_MANY_COLOURS = "\x1b[?1;1;0S"
"""Asked of terminals with sixel graphics only; others may scroll for it."""

NEVER_ASKED = ("dumb", "linux", "vt100", "vt102", "vt220", "cons25", "screen", "tmux")
"""What TERM begins with where the questions could be printed, or a multiplexer is between."""

_PLACEHOLDERS = re.compile(r"kitty\((\d+)\.(\d+)|ghostty (\d+)\.(\d+)", re.IGNORECASE)
_SINCE = (0, 28)
"""The version of kitty that has placeholders. Konsole and WezTerm, which speak kitty's
protocol as well, have none, but draw sixel graphics."""


@dataclass(frozen=True, slots=True)
class TerminalGraphics:
    """How pictures are drawn."""

    kind: str
    """``kitty`` or ``sixel``."""
    cell: tuple[int, int] | None
    """Width and height of a cell in pixels, where known; for sixel it is."""
    colours: int = 256
    """How many there may be in a picture; for sixel."""
    indexed: bool = False
    """Whether the program writes colours of 256 only."""


async def find_graphics(app: App[Any]) -> TerminalGraphics | None:
    """Ask the terminal; None when it has neither, does not answer, or is not to be asked."""
    system = app.console._color_system
    if system not in (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT) or app.no_color:
        return None
    term = os.environ.get("TERM", "dumb")
    if term.startswith(NEVER_ASKED) or os.environ.get("TMUX") or os.environ.get("STY"):
        return None
    answers = await ask(app, QUESTIONS)
    graphics = graphics_of(answers, _cell_of_window(), indexed=system is ColorSystem.EIGHT_BIT)
    if graphics is not None and graphics.kind == "sixel":
        colours = colours_of(await ask(app, HOW_MANY_COLOURS))
        return TerminalGraphics("sixel", graphics.cell, colours)
    return graphics


def graphics_of(
    answers: list[str], cell: tuple[int, int] | None = None, *, indexed: bool = False
) -> TerminalGraphics | None:
    """What the answers to QUESTIONS and the device attributes mean.

    ``cell`` is what its size is taken to be when that is not answered.
    """
    for answer in answers:
        if match := re.fullmatch(r"6;(\d+);(\d+)t", answer):
            height, width = int(match[1]), int(match[2])
            cell = (width, height) if 0 < width <= 200 and 0 < height <= 400 else cell
    if "i=31;OK" in answers and any(_has_placeholders(answer) for answer in answers):
        return TerminalGraphics("kitty", cell, indexed=indexed)
    has_sixel = any(
        is_attributes(answer) and "4" in answer[1:-1].split(";")[1:] for answer in answers
    )
    return TerminalGraphics("sixel", cell) if has_sixel and cell else None


def _cell_of_window() -> tuple[int, int] | None:
    """Width and height of a cell, where the kernel was told the window's size in pixels."""
    if sys.__stdin__ is None:
        return None
    try:
        sizes = fcntl.ioctl(sys.__stdin__.fileno(), termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError):  # no terminal, or a closed one
        return None
    rows, columns, width, height = struct.unpack("HHHH", sizes)
    if not (rows and columns and width >= columns and height >= rows):
        return None
    return width // columns, height // rows


def colours_of(answers: list[str]) -> int:
    """How many registers for colours there are; 16, as DEC's terminals had, when not told."""
    for answer in answers:
        if match := re.fullmatch(r"\?1;0;(\d+)S", answer):
            return min(max(int(match[1]), 2), 256)
    return 16


def _has_placeholders(answer: str) -> bool:
    match = _PLACEHOLDERS.match(answer)
    if match is None:
        return False
    return match[3] is not None or (int(match[1]), int(match[2])) >= _SINCE
