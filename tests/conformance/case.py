"""One case: bytes in; cells, cursor, look and answer out."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.style import Style

from tui.widgets.emulator import Ghostty

COLUMNS, ROWS = 10, 5
FAR = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Case:
    """Bytes fed to a fresh screen of 10 columns and 5 rows, and what has to come of them.

    source: the standard or terminal that says so, and its name for the sequence.
    screen: the rows from the first on, right ends trimmed; rows not named are blank.
    cursor: column and line, from one; "hidden".
    answer: what the terminal sends back.
    look: attributes of Rich's Style that the cell in column one of line one has.
    modes: DEC private modes and whether they are set afterwards.
    scrolled_off: the first lines of all that is kept.
    block: whether the cursor is a block.
    known: why another outcome is expected.
    """

    source: str
    what: str
    data: bytes
    screen: tuple[str, ...] | None = None
    cursor: tuple[int, int] | str | None = None
    answer: bytes | None = None
    look: dict[str, object] = field(default_factory=dict)
    modes: dict[int, bool] = field(default_factory=dict)
    scrolled_off: tuple[str, ...] | None = None
    block: bool | None = None
    known: str = ""


def differences(case: Case) -> list[str]:
    """What comes out otherwise than the case says; empty when all is as it should be."""
    emulator = Ghostty(COLUMNS, ROWS)
    try:
        return list(_differences(case, emulator))
    finally:
        emulator.close()


def _differences(case: Case, emulator: Ghostty) -> list[str]:
    answer = emulator.feed(case.data)
    strips = dict(emulator.frame())
    found: list[str] = []

    def compare(what: str, wanted: object, got: object) -> None:
        if wanted != got:
            found.append(f"{what} {got!r}, not {wanted!r}")

    if case.screen is not None:
        blank = ("",) * (ROWS - len(case.screen))
        compare(
            "the screen is",
            case.screen + blank,
            tuple(strips[y].text.rstrip() for y in range(ROWS)),
        )
    if case.cursor is not None:
        at = emulator.cursor
        compare("the cursor is at", case.cursor, "hidden" if at is None else (at.x + 1, at.y + 1))
    if case.answer is not None:
        compare("the answer is", case.answer, answer)
    if case.block is not None:
        compare("block is", case.block, emulator.cursor is not None and emulator.cursor.block)
    if case.look:
        style = next(iter(strips[0])).style or Style()
        for name, wanted in case.look.items():
            compare(f"{name} is", wanted, _attribute(style, name))
    for mode, wanted in case.modes.items():
        compare(f"mode {mode} is", wanted, emulator.mode(mode))
    if case.scrolled_off is not None:
        above = tuple(emulator.history()[: len(case.scrolled_off)])
        compare("above the screen is", case.scrolled_off, above)
    return found


def _attribute(style: Style, name: str) -> object:
    """A flag as a bool; a colour as its number in the palette, its RGB triplet, or None."""
    value = getattr(style, name)
    if name not in ("color", "bgcolor"):
        return bool(value)
    if value is None:
        return None
    return value.number if value.number is not None else tuple(value.triplet)
