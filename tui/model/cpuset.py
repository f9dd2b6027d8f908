"""libvirt's lists of CPUs and nodes: ``0-3,^2,8``."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PART = r"\^?[0-9]{1,5}(-[0-9]{1,5})?"
CPUS = rf"{_PART}(,{_PART})*"
"""The pattern of a list. libvirt knows no CPU beyond 16383; ranges are held whole in memory."""


def parse_cpus(text: str) -> frozenset[int]:
    """The numbers of a list; what is excluded is taken out. Empty for what is no list."""
    text = text.replace(" ", "")
    if not re.fullmatch(CPUS, text):
        return frozenset()
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.removeprefix("^").partition("-")
        numbers = range(int(first), int(last or first) + 1)
        if part.startswith("^"):
            found.difference_update(numbers)
        else:
            found.update(numbers)
    return frozenset(found)


def format_cpus(numbers: Iterable[int]) -> str:
    """The shortest list of some numbers: ``0-3,8``."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ",".join("-".join(map(str, part)) for part in parts)
