"""Brings a picture to a terminal that draws pictures, without holding up keys."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from functools import partial

from PIL import Image
from rich.color import Color
from rich.style import Style
from textual.strip import Strip

from tui import output
from tui.in_thread import in_thread
from tui.output_cells import Drawing
from tui.terminal_graphics import TerminalGraphics
from tui.widgets.picture_cells import Placement
from tui.widgets.picture_pixels import (
    canvas,
    encode,
    ink_and_number,
    kitty_forget,
    placeholders,
)


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    image: Image.Image
    where: Placement
    graphics: TerminalGraphics

    def is_same(self, image: Image.Image, where: Placement, graphics: TerminalGraphics) -> bool:
        return image is self.image and where == self.where and graphics == self.graphics


class PictureSender:
    """Encodes one picture at a time, in a thread, and skips those that newer ones overtake."""

    def __init__(self) -> None:
        self._job: _Job | None = None
        self._drawing: Drawing | None = None
        self._task: asyncio.Task[None] | None = None

    def send(
        self, image: Image.Image, where: Placement, graphics: TerminalGraphics, base: Style
    ) -> list[Strip]:
        """Have a part of a picture drawn soon; the cells that it belongs to."""
        if self._job is None or not self._job.is_same(image, where, graphics):
            if self._job is not None and self._job.graphics != graphics:
                self.stop()
            self._job = _Job(image, where, graphics)
            if self._task is None:
                self._task = asyncio.get_running_loop().create_task(self._work())
        if graphics.kind == "sixel":
            return [*canvas(where.columns, where.rows, base)]
        ink, _number = _ink_and_number(graphics)
        return [*placeholders(where.columns, where.rows, ink, base)]

    def stop(self) -> None:
        """The picture is not on the screen any more."""
        self._job = None
        if self._drawing is not None:
            output.undraw(self._drawing)
            self._drawing = None

    async def _work(self) -> None:
        done: _Job | None = None
        try:
            while (job := self._job) is not None and job is not done:
                _ink, number = _ink_and_number(job.graphics)
                data = await in_thread(partial(_encode, job, number))
                if self._job is not None and self._job.graphics == job.graphics:
                    self._draw(job, data, number)
                done = job
        finally:
            self._task = None

    def _draw(self, job: _Job, data: str, number: int) -> None:
        if job.graphics.kind == "sixel":
            self._drawing = Drawing(data, job.where.columns, job.where.rows)
        else:
            self._drawing = Drawing(data, farewell=kitty_forget(number))
        output.draw(self._drawing)


def _encode(job: _Job, number: int) -> str:
    return encode(job.image, job.where, job.graphics, number)


def _ink_and_number(graphics: TerminalGraphics) -> tuple[Color, int]:
    return ink_and_number(os.getpid(), indexed=graphics.indexed)
