"""What the program remembers by itself: how the screen was left.

Kept apart from the settings, which only the person's explicit acts change.
"""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from tui.files import write_atomically
from tui.settings import APPLICATION

log = logging.getLogger(__name__)


class Remembered(msgspec.Struct, frozen=True):
    """How the screen was left; None: never chosen. Fields of newer versions are ignored."""

    theme: str | None = None
    columns: list[str] | None = None
    """Column ids of the machines pane, in their order."""
    sort: str | None = None
    """Column id that the machines are sorted by."""
    descending: bool = False


def remembered_path() -> Path:
    """Where the remembered state is kept."""
    from platformdirs import user_state_path

    return user_state_path(APPLICATION) / "state.json"


def load_remembered(path: Path) -> Remembered:
    """Read it back; what cannot be read is forgotten (and logged). Raises nothing."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Remembered)
    except FileNotFoundError:
        return Remembered()
    except (OSError, msgspec.DecodeError) as error:
        log.warning("forgotten: %s cannot be read: %s", path, error)
        return Remembered()


def save_remembered(path: Path, remembered: Remembered) -> None:
    """Write it; a failure is logged, since nothing of the person's is lost by it."""
    try:
        write_atomically(path, msgspec.json.encode(remembered).decode())
    except OSError as error:
        log.warning("not remembered: %s cannot be written: %s", path, error)
