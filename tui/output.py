"""The output stage: makes what Textual writes to the terminal small, and keeps it in step.

Textual repaints every dirty region in full and queues up to thirty frames for its writer. With
the stage only the cells that the terminal does not show are written; while a frame is unwritten
no second one is made, and what changed meanwhile is written once, at its latest.

The stage stands on private parts of one Textual version. `install` tries them first, and leaves
everything as it was where one of them is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import textual

if TYPE_CHECKING:
    from tui.output_cells import Drawing

_TEXTUAL_VERSION = "8.2.8"


def install() -> bool:
    """Put the output stage under every app that is started from now on.

    Returns False, with the stock output untouched, where this is not the Textual that the stage
    was written for. Apps without a terminal (headless, as in tests) are not affected. Calling
    it again does no harm.
    """
    if not _is_our_textual():
        return False
    try:
        from tui import output_stage

        if not output_stage.works():
            return False
    except (ImportError, AttributeError, LookupError, TypeError, ValueError):
        return False
    output_stage.attach()
    return True


def forget() -> None:
    """Write the whole screen again: what the terminal shows is no longer known.

    Start, resume after suspend, and resize need no call. Does nothing without `install`.
    """
    if _is_our_textual():
        from tui import output_stage

        output_stage.forget()


def draw(drawing: Drawing) -> None:
    """Draw a picture beside the cells, in place of the one before.

    It comes with the cells that it belongs to, and anew when those were written over. Does
    nothing without `install`.
    """
    if _is_our_textual():
        from tui import output_stage

        output_stage.draw(drawing)


def undraw(drawing: Drawing) -> None:
    """Draw this picture no more; nothing when another is drawn."""
    if _is_our_textual():
        from tui import output_stage

        output_stage.undraw(drawing)


def when_slow(callback: Callable[[], None]) -> None:
    """Have this called when the terminal turns out to be slow; never without `install`."""
    if _is_our_textual():
        from tui import output_stage

        output_stage.when_slow(callback)


def _is_our_textual() -> bool:
    installed = Path(textual.__file__).parent.with_name(f"textual-{_TEXTUAL_VERSION}.dist-info")
    if installed.is_dir():  # a fortieth of the time that asking for the version takes
        return True
    try:
        return version("textual") == _TEXTUAL_VERSION
    except PackageNotFoundError:
        return False
