"""Files that the person names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tui.in_thread import in_thread
from tui.model.text import visible
from tui.screens.program import Program


def usual_name(name: str, ending: str) -> str:
    """A file name after a machine's, which may hold what no file should be called."""
    return visible(f"{name}{ending}").replace("/", "_")


def named_path(app: Program, text: str) -> Path | None:
    """The path that was typed, ``~`` being a home directory; says so where it is nobody's."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        app.say(f"{text}: {error}", "error")
        return None


async def save_as(app: Program, text: str, write: Callable[[Path], object]) -> None:
    """Have the file written in a thread, and say what became of it; asks before one is replaced."""
    path = named_path(app, text)
    if path is None:
        return
    try:
        if await in_thread(path.exists) and not await app.ask(
            f"Replace {visible(text)}?", "What is in the file is lost.", yes="Replace"
        ):
            return
        await in_thread(lambda: write(path))
    except OSError as error:
        app.say(f"{text}: {error.strerror}", "error")
    else:
        app.say(f"Saved to {text}.")
