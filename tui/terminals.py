"""What a terminal can show, as far as its name (``TERM``) tells."""

from __future__ import annotations

import os

MONOCHROME = ("vt100", "vt102", "vt220")
CONSOLES = ("linux", "cons25")
"""Of the kernels of Linux and FreeBSD: few colours, and fonts of few glyphs."""


def is_monochrome() -> bool:
    """Whether it has no colours at all."""
    return _term() in MONOCHROME


def has_few_colours() -> bool:
    """Whether it has sixteen colours at most."""
    return _term() in (*MONOCHROME, *CONSOLES, "screen")


def has_few_glyphs() -> bool:
    """Whether its font has half blocks at most."""
    return _term() in (*MONOCHROME, *CONSOLES)


def _term() -> str:
    return os.environ.get("TERM", "")
