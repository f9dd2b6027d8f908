"""The bottom line: what the most useful keys do here; dimmed where they cannot."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.style import Style
from textual.widgets import Static

DIM = ("$faint", "$faint")
"""Styles of a key and its name where it can do nothing."""

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
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "home": "Home",
    "end": "End",
    "insert": "Ins",
    "tab": "Tab",
    "backspace": "Backspace",
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


def clickable(content: Content, action: str) -> Content:
    """The same, carrying an action out where it is clicked."""
    return content.stylize(Style.from_meta({"@click": action}))


class Bar(Static):
    """One line, of which parts may be clickable; they look as they are styled."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id, markup=False)
        self.auto_links = False


def key_bar(entries: Iterable[tuple[str, str, bool, str]], width: int) -> Content:
    """As many ``(keys, name, possible, action)`` as fit, most important first."""
    parts: list[Content] = []
    taken = 0
    for keys, name, possible, action in entries:
        word = key_word(keys.split(",")[0])
        length = len(word) + len(name) + 3
        if taken + length > width:
            continue
        taken += length
        key_style, name_style = ("bold $text-accent", "$foreground") if possible else DIM
        entry = Content.assemble((f" {word}", key_style), (f" {name} ", name_style))
        parts.append(clickable(entry, action))
    return Content.assemble(*parts)
