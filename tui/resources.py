"""Files that ship with the program, found in a checkout, an editable install and the wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent


def styles() -> list[Path]:
    """Every style sheet: ``styles/`` beside the package in a checkout, inside it in a wheel."""
    checkout = PACKAGE.parent / "styles"
    folder = checkout if (PACKAGE.parent / "pyproject.toml").exists() else PACKAGE / "styles"
    return sorted(folder.glob("*.tcss"))
