"""The page of results."""

from __future__ import annotations

from importlib.metadata import version

from tests.conformance import cursor, dialogue, editing, rendition
from tests.conformance.case import Case, differences

GROUPS: dict[str, tuple[Case, ...]] = {
    "Cursor and lines": cursor.CASES,
    "Erasing, inserting, scrolling, margins": editing.CASES,
    "Looks and characters": rendition.CASES,
    "Answers, modes, and what must not happen": dialogue.CASES,
}

INTRODUCTION = """\
# Conformance of the console's terminal

Written by `make conformance`; a test fails when it is stale. {count} cases taken from ECMA-48, the
manuals of the VT100 to VT510, xterm's list of control sequences, ISO 8613-6 and Unicode, written
for virtty: each feeds bytes to a fresh screen of 10×5 and compares cells, cursor, looks and
answers, through the same code that draws the console (`tui/widgets/emulator.py`, libghostty-vt by
pyghostty {pyghostty}). The cases are in `tests/conformance`.

**{passed} of {count} as the source says.**
"""


def page() -> str:
    """The whole page, results of this run in it."""
    results = {
        name: [(case, differences(case)) for case in cases] for name, cases in GROUPS.items()
    }
    every = [found for cases in results.values() for _case, found in cases]
    passed = sum(not found for found in every)
    parts = [
        INTRODUCTION.format(count=len(every), passed=passed, pyghostty=version("pyghostty")),
    ]
    for name, cases in results.items():
        parts += [f"\n## {name}\n", "| source | what | bytes | result |", "|---|---|---|---|"]
        parts += [
            f"| {case.source} | {case.what} | {_shown(case.data)} | {_verdict(case, found)} |"
            for case, found in cases
        ]
    return "\n".join(parts) + "\n"


def _verdict(case: Case, found: list[str]) -> str:
    return _cell("; ".join([*found, case.known])) if found else "ok"


def _shown(data: bytes) -> str:
    text = data.decode("utf-8", "backslashreplace")
    text = "".join(char if char.isprintable() else _named(char) for char in text)
    if len(text) > 60:
        text = text[:57] + "…"
    # Markdown takes the backtick beside a fence for a part of it.
    return f"`` {_cell(text)} ``" if "`" in text else f"`{_cell(text)}`"


def _named(char: str) -> str:
    names = {"\x1b": "ESC ", "\r": "CR ", "\n": "LF ", "\x07": "BEL "}
    return names.get(char) or (f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
