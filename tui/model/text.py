"""Strings that came from a guest or a host, made safe and honest to show.

Such a string may hold terminal escapes, invisible characters that make two names look alike, or
controls that turn the text around them. :func:`visible` lets every ordinary character through
and puts a visible form in the place of every other: a control picture for C0 and DEL
(``␛[2J``), ``‹U+202E›`` for the rest. Nothing is dropped, so different strings stay different
on the screen (but for those that imitate the visible forms, which do no harm).

Letters of right-to-left scripts stay as they are, in logical order, and nothing is inserted:
isolates or direction marks of ours would be invisible characters that terminals treat in
different ways. A terminal that reorders lines by itself may therefore swap such a name with
digits beside it in the same row; it cannot reach further, since every control that could is
made visible.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

UNSTORABLE = "It has a character that libvirt cannot keep: no XML may hold it."
_UNSTORABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

TAB = 8
"""Columns between tab stops in text of several lines."""

_JOINERS = "\u200c\u200d"
_EMOJI_SELECTORS = "\ufe0e\ufe0f"

# Categories Cf and Cn are hidden as a whole, but these of Cf are drawn: Arabic, Syriac and
# Kaithi number and end signs that enclose what follows.
_DRAWN_FORMATS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# Letters, marks and symbols that are drawn as nothing: combining grapheme joiner, Hangul
# fillers, Khmer inherent vowels, Mongolian variation selectors, the blank Braille pattern.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")


def visible(text: str, newlines: bool = False) -> str:
    """``text`` without a character that is invisible or acts on the terminal.

    One line results, unless ``newlines``: then line feeds stay and tabs become spaces.
    """
    if text.isascii() and text.isprintable():
        return text
    if newlines:
        return "\n".join(visible(line.expandtabs(TAB)) for line in text.split("\n"))
    shown = ""
    for char, after in zip(text, text[1:] + " ", strict=True):
        shown += _shown(shown[-1:] or " ", char, after)
    return shown


def is_storable(text: str) -> bool:
    """Whether libvirt can keep a text as it is: whether XML can hold it."""
    return _UNSTORABLE.search(text) is None


def _shown(before: str, char: str, after: str) -> str:
    """What stands for ``char`` after what is already shown and before what comes."""
    if char in _JOINERS and _joins(before) and _joins(after):
        return char
    if char in _EMOJI_SELECTORS and not before.isascii() and not before.isalnum():
        return char
    if before == " " and unicodedata.combining(char):  # it would land on a neighbour's cell
        return _code(char)
    return _alone(char)


def _joins(neighbour: str) -> bool:
    """Whether joiners have a use beside it: Arabic, the Indian scripts, emoji; not Latin."""
    if neighbour in _EMOJI_SELECTORS:
        return True
    kind = unicodedata.category(neighbour)
    drawn = kind[0] in "LM" or kind in ("So", "Sk")
    return neighbour >= "\u0600" and drawn and _alone(neighbour) == neighbour


@lru_cache(maxsize=4096)
def _alone(char: str) -> str:
    """What stands for ``char`` wherever it is."""
    if char < " ":
        return chr(0x2400 + ord(char))
    if char == "\x7f":
        return "␡"
    category = unicodedata.category(char)
    if category == "Cf" and char in _DRAWN_FORMATS:
        return char
    if category[0] == "C" or category in ("Zl", "Zp") or char in _BLANKS or _is_selector(char):
        return _code(char)
    return char


def _is_selector(char: str) -> bool:
    """Variation selectors: invisible, and able to carry hidden bytes after any character."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _code(char: str) -> str:
    return f"‹U+{ord(char):04X}›"
