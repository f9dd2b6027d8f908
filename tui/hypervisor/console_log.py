"""A console's output written to a file, by a thread of its own."""

from __future__ import annotations

import logging
import os
import queue
import re
import threading
from pathlib import Path

log = logging.getLogger(__name__)

LIMIT = 64 * 1024 * 1024
"""Bytes after which a log ends."""

_CONTROLS = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    rb"|\x1b[\]PX^_][^\x07\x18\x1a\x1b]*+(?:[\x07\x18\x1a]|\x1b\\)"  # OSC, DCS, SOS, PM, APC
    rb"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
    rb"|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]|\xc2[\x80-\x9f]"  # C0, C1 in UTF-8
)
_UNFINISHED = re.compile(rb"(?:\x1b[^\x07]{0,255}|\xc2)\Z", re.DOTALL)


class ConsoleLog:
    """Mode 0600; ends by itself at LIMIT bytes or when the disk refuses (then it is logged)."""

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        """``plain``: without escape sequences; else as it came."""
        self.path = path
        self.plain = plain
        self.ended = ""
        """Why it ended by itself; empty while it goes on."""
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="console log", daemon=True).start()

    def write(self, data: bytes) -> None:
        """Take more; returns at once."""
        if not self.ended:
            self._queue.put(data)

    def close(self) -> None:
        """End it once what is queued is written."""
        self._queue.put(None)

    def _run(self) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            with open(os.open(self.path, flags, 0o600), "ab", buffering=0) as file:
                room = LIMIT - file.tell()
                kept = b""
                while room > 0 and (data := self._queue.get()) is not None:
                    if self.plain:
                        data, kept = plain_text(kept + data)
                    room -= file.write(data[:room]) or 0
                if room <= 0:
                    self.ended = f"it has {LIMIT >> 20} MiB"
        except OSError as error:
            self.ended = error.strerror or str(error)
            log.warning("the console log %s ended: %s", self.path, error)


def plain_text(data: bytes) -> tuple[bytes, bytes]:
    """The text without controls, and the beginning of a sequence that is not yet complete.

    Of a sequence that another one cuts off, what it holds is text.
    """
    text = _CONTROLS.sub(b"", data)
    rest = _UNFINISHED.search(text)
    whole = text if rest is None else text[: rest.start()]
    return whole.replace(b"\x1b", b""), b"" if rest is None else rest.group()
