"""The order in which a person looks for names."""

from __future__ import annotations

import re


def natural(text: str) -> list[str | int]:
    """A key by which ``node2`` comes before ``node10``; case makes no difference."""
    parts = re.split(r"([0-9]+)", text.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]
