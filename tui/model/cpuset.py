"""libvirt's lists of CPUs and nodes: ``0-3,^2,8``."""

from __future__ import annotations

from collections.abc import Iterable

CPUS = r"\^?\d+(-\d+)?(,\^?\d+(-\d+)?)*"
"""The pattern of a list."""


def parse_cpus(text: str) -> frozenset[int]:
    """The numbers of a list; what is excluded is taken out. Empty for what is no list."""
    found: set[int] = set()
    for part in text.replace(" ", "").split(","):
        sign, digits = ("^", part[1:]) if part.startswith("^") else ("", part)
        first, _, last = digits.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            return frozenset()
        numbers = range(int(first), int(last or first) + 1)
        if sign:
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
