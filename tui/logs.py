"""The program's log: a file, never the terminal, which belongs to the screen."""

from __future__ import annotations

import io
import logging
import logging.handlers
import os
from pathlib import Path

from tui.files import PRIVATE_DIRECTORY, PRIVATE_FILE

BYTES_KEPT = 1_000_000
OLD_FILES = 2
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class PrivateLogHandler(logging.handlers.RotatingFileHandler):
    """A rotating log file that only its owner can read."""

    def _open(self) -> io.TextIOWrapper:
        return open(
            self.baseFilename,
            "a",
            encoding=self.encoding,
            errors=self.errors,
            opener=lambda path, flags: os.open(path, flags, PRIVATE_FILE),
        )


class PlainFormatter(logging.Formatter):
    """What hosts and guests say does not act on a terminal that shows the log."""

    def format(self, record: logging.LogRecord) -> str:
        """The lines, without a character that cannot be seen."""
        from tui.model.text import visible

        return visible(super().format(record), newlines=True)


def log_path() -> Path:
    """Where the log is when ``--log-file`` does not say."""
    from platformdirs import user_log_path

    return user_log_path("virtty") / "virtty.log"


def audit_path() -> Path:
    """Where every change that was made is kept."""
    from platformdirs import user_state_path

    return user_state_path("virtty") / "audit.log"


def silence_terminal() -> None:
    """Keep the logging package from writing to the terminal, with or without a log file."""
    logging.raiseExceptions = False
    logging.lastResort = None
    logging.captureWarnings(True)


def start_log(path: Path) -> None:
    """Log to a file from now on. Raises OSError when it cannot be written."""
    path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    handler = PrivateLogHandler(
        path,
        maxBytes=BYTES_KEPT,
        backupCount=OLD_FILES,
        encoding="utf-8",
    )
    handler.setFormatter(PlainFormatter(FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def log_file() -> str:
    """The file that is being logged to; ``no log`` where none could be written."""
    handlers = (h for h in logging.getLogger().handlers if isinstance(h, PrivateLogHandler))
    return next((handler.baseFilename for handler in handlers), "no log")
