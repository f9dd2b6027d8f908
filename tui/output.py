"""The output stage: what Textual writes to the terminal, made small and kept in step with it.

Textual repaints every dirty region in full and queues up to thirty frames for its writer. Here
an update is painted into a `Frame`, and only the cells that the terminal does not show are
written; while a frame is unwritten no second one is made, and what changed meanwhile is
written once, at its latest, when the writer is idle again.

It stands on private parts of one Textual version, so `install` tries them first and leaves
everything as it was where one of them is missing.
"""

from __future__ import annotations

import asyncio
import inspect
from importlib.metadata import version
from typing import IO, TYPE_CHECKING, Any

from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual import _compositor, app
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.drivers import _writer_thread, linux_driver
from textual.geometry import Region
from textual.strip import Strip

from tui.output_cells import Frame

if TYPE_CHECKING:
    from textual.events import Resize
    from textual.screen import Screen

TEXTUAL_VERSION = "8.2.8"
_RESIZE_SETTLES = 0.1  # seconds; Textual lays out anew before that
