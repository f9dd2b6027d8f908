"""What a rule is: it looks at one thing in an edited document and tells what does not fit.

An ``error`` is what libvirt or QEMU is known to refuse, or what would harm; a ``warning`` is
accepted but does not do what is hoped for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui.model.domain import Domain
from tui.model.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit."""

    key: str
    """Key of the view that it is about."""
    field: str
    """Name of the field; empty where it is about the device as a whole."""
    severity: str
    """``error`` or ``warning``."""
    text: str
    """A sentence: what, and what to do."""


Rule = Callable[[Domain, Surroundings], Iterator[Finding]]


def error(key: str, field: str, text: str) -> Finding:
    """What libvirt or QEMU refuses, or what harms."""
    return Finding(key, field, "error", text)


def warning(key: str, field: str, text: str) -> Finding:
    """What is accepted, and does not do what is hoped for."""
    return Finding(key, field, "warning", text)
