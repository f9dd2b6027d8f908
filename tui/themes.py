"""virtty's own colours. Style sheets name only the variables defined here or by Textual.

Whatever the theme, text can be read on its ground: `readable` sees to that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.color import BLACK, WHITE, Color
from textual.theme import Theme

from tui.terminals import has_few_colours, is_monochrome

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
        "quiet": "#8a94be",
        "faint": "#6f79a3",
        "block-cursor-background": "#33467c",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#292e42",
        "block-cursor-blurred-foreground": "#c0caf5",
        "input-selection-background": "#33467c",
        "input-selection-foreground": "#ffffff",
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
        "faint": "#787e95",
        "block-cursor-background": "#b7c9f2",
        "block-cursor-foreground": "#101322",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#dfe3ee",
        "block-cursor-blurred-foreground": "#24273a",
        "input-selection-background": "#b7c9f2",
        "input-selection-foreground": "#101322",
    },
)

THEMES = (NIGHT, DAY)

GROUNDS = ("background", "surface", "panel")
"""What text is drawn on, besides the cursor."""
TEXTS = (
    *("foreground", "text-primary", "text-secondary", "text-success", "text-warning"),
    *("text-error", "text-accent", "quiet"),
)
TEXT_CONTRAST, FAINT_CONTRAST = 4.5, 3.0
"""Least contrast (WCAG 2) of text with its ground, and of what stands back: dimmed keys, hints."""
STEP = 0.05

CURSORS = ("block-cursor", "block-cursor-blurred")
"""What has a ground of its own, over that of its widget."""

TERMINALS_OWN = {"quiet": "ansi_bright_black", "faint": "ansi_bright_black"}
"""Text that stands back, in the terminal's own colours."""
# Not bold: the Linux console writes bold black as grey, on a grey ground.
FEW_COLOURS = {"block-cursor-text-style": "none", "block-cursor-blurred-text-style": "underline"}
# Textual's own lists know no reverse: there the line under the cursor is underlined.
NO_COLOURS = {
    **{f"{cursor}-foreground": "ansi_default" for cursor in (*CURSORS, "input-cursor")},
    **{f"{cursor}-background": "ansi_default" for cursor in (*CURSORS, "input-cursor")},
    "block-cursor-text-style": "reverse underline",
    "block-cursor-blurred-text-style": "underline",
    "input-cursor-text-style": "reverse",
}


def adapted(variables: Mapping[str, str], *, ansi: bool, no_color: bool) -> dict[str, str]:
    """A theme's variables as this terminal can show them; ``ansi``: in the terminal's colours."""
    if no_color or is_monochrome():
        return {**TERMINALS_OWN, **variables, **NO_COLOURS}
    if ansi:
        return {**TERMINALS_OWN, **variables, **FEW_COLOURS}
    return readable(variables)


def readable(variables: Mapping[str, str]) -> dict[str, str]:
    """A theme's variables with texts that can be read on each of its grounds.

    Themes that have no quiet text get one between text and ground.
    """
    grounds = [Color.parse(variables[name]) for name in GROUNDS]
    text = Color.parse(variables["foreground"])
    quiet = {"quiet": text.blend(grounds[1], 0.35).hex, "faint": text.blend(grounds[1], 0.55).hex}
    found = {**quiet, **variables}
    for name in TEXTS:
        found[name] = _moved(found[name], grounds, TEXT_CONTRAST)
    found["faint"] = _moved(found["faint"], grounds, FAINT_CONTRAST)
    for cursor in CURSORS:
        ground = grounds[1] + Color.parse(found[f"{cursor}-background"])
        name = f"{cursor}-foreground"
        found[name] = _moved(found[name], [ground], TEXT_CONTRAST)
    return found


def _moved(colour: str, grounds: Sequence[Color], least: float) -> str:
    """The colour, as far towards white or black as it takes to be read on all of the grounds."""

    def worst(text: Color) -> float:
        return min(contrast(text, ground) for ground in grounds)

    end = max((WHITE, BLACK), key=worst)
    begin = end if colour.startswith("auto") else Color.parse(colour)
    steps = (begin.blend(end, step * STEP, 1.0) for step in range(round(1 / STEP)))
    return next((text for text in steps if worst(text) >= least), end).hex


def contrast(text: Color, ground: Color) -> float:
    """By WCAG 2: 1 where they are the same, 21 for black and white."""
    darker, lighter = sorted((_luminance(text), _luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def default_theme() -> str:
    """The name to begin with: the terminal's own palette where it has few colours."""
    return "ansi-dark" if has_few_colours() else NIGHT.name
