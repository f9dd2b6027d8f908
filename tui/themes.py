"""virtty's own colours. Style sheets name only the variables defined here or by Textual."""

from __future__ import annotations

import os

from textual.theme import Theme

NIGHT = Theme(
    name="virtty-night",
    primary="#7aa2f7",
    secondary="#7dcfff",
    accent="#ff9e64",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    foreground="#c0caf5",
    background="#16161e",
    surface="#1a1b26",
    panel="#24283b",
    dark=True,
    variables={
        "quiet": "#7d88b3",
        "faint": "#565f89",
        "block-cursor-background": "#33467c",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#292e42",
        "block-cursor-blurred-foreground": "#c0caf5",
    },
)

DAY = Theme(
    name="virtty-day",
    primary="#2e5fbf",
    secondary="#007197",
    accent="#b15c00",
    success="#3d6b1f",
    warning="#8c6c00",
    error="#c4314b",
    foreground="#24273a",
    background="#f2f3f7",
    surface="#fafbfd",
    panel="#dfe3ee",
    dark=False,
    variables={
        "quiet": "#5a6078",
        "faint": "#9aa0b5",
        "block-cursor-background": "#b7c9f2",
        "block-cursor-foreground": "#101322",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#dfe3ee",
        "block-cursor-blurred-foreground": "#24273a",
    },
)

THEMES = (NIGHT, DAY)

DEFAULTS = {"quiet": "ansi_bright_black", "faint": "ansi_bright_black"}
"""Our own variables for the themes that are not ours: text that stands back."""


def default_theme() -> str:
    """The name to begin with: the terminal's own palette where it has few colours."""
    few_colours = os.environ.get("TERM", "") in ("linux", "vt100", "vt220", "screen")
    return "ansi-dark" if few_colours else NIGHT.name
