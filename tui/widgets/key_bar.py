"""The bottom line: what the most useful keys do here; dimmed where they cannot."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

WORDS = {
    "slash": "/",
    "backslash": "\\",
    "question_mark": "?",
    "colon": ":",
    "comma": ",",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "asterisk": "*",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "delete": "Del",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}


def key_word(key: str) -> str:
    """A key as it is printed on a keyboard: ``ctrl+p`` is ``^P``."""
    if key.startswith("ctrl+"):
        return "^" + key_word(key.removeprefix("ctrl+")).upper()
    if key.startswith("shift+"):
        return "Shift+" + key_word(key.removeprefix("shift+"))
    if key.startswith("f") and key[1:].isdigit():
        return key.upper()
    return WORDS.get(key, key)


def key_words(keys: str) -> str:
    """Several keys, comma separated in Textual's way."""
    return " ".join(key_word(key) for key in keys.split(","))


def key_bar(entries: Iterable[tuple[str, str, bool]], width: int) -> Content:
    """As many ``(keys, name, possible)`` as fit, most important first."""
    parts: list[tuple[str, str]] = []
    taken = 0
    for keys, name, possible in entries:
        word = key_word(keys.split(",")[0])
        length = len(word) + len(name) + 3
        if taken + length > width:
            continue
        taken += length
        parts.append((f" {word}", "bold $text-accent" if possible else "$faint"))
        parts.append((f" {name} ", "$foreground" if possible else "$faint"))
    return Content.assemble(*parts)
