"""Writing the program's own small files without ever leaving half of one behind."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700


def write_atomically(path: Path, text: str) -> None:
    """Replace the content of a file in one step; others see the old or the new text.

    A symbolic link is followed, an existing file keeps its mode, a new one and the
    directories made for it are private. Raises OSError, the old file being untouched.
    """
    target = path.resolve()
    target.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    try:
        mode = target.stat().st_mode & 0o7777
    except FileNotFoundError:
        mode = PRIVATE_FILE
    else:
        if not os.access(target, os.W_OK):
            raise PermissionError(f"{target} is write-protected")
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
