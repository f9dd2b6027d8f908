"""What must not be done on the loop's thread: libvirt's calls, files, programs, names of hosts."""

from __future__ import annotations

import builtins
import contextlib
import gc
import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import libvirtmod  # type: ignore[import-not-found]
import pytest

import tui

PACKAGE = str(Path(tui.__file__).parent)


@contextlib.contextmanager
def loop_watched() -> Iterator[list[str]]:
    """The calls, each with its place, that the program makes on this thread and that may block."""
    gc.collect()  # what earlier tests left is not the program's to free
    here, found = threading.get_ident(), list[str]()

    def watch(patch: pytest.MonkeyPatch, holder: Any, name: str) -> None:
        original: Callable[..., Any] = getattr(holder, name)

        def watched(*arguments: Any, **keywords: Any) -> Any:
            if threading.get_ident() == here and (place := _place()):
                found.append(f"{name} {place}")
            return original(*arguments, **keywords)

        patch.setattr(holder, name, watched)

    with pytest.MonkeyPatch.context() as patch:
        for name in dir(libvirtmod):
            if name.startswith("vir") and callable(getattr(libvirtmod, name)):
                watch(patch, libvirtmod, name)
        for holder in (builtins, io, os):
            watch(patch, holder, "open")
        watch(patch, subprocess.Popen, "__init__")
        watch(patch, socket, "getaddrinfo")
        watch(patch, socket.socket, "connect")
        yield found


def _place() -> str:
    """Where in the program; empty outside of it, and where a module is imported."""
    frame = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith("<frozen importlib"):
            return ""
        if code.co_filename.startswith(PACKAGE):
            return f"{Path(code.co_filename).name}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""
