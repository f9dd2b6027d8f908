"""Escape and what is typed behind it: two keys of a guest's, or one with Alt, the same bytes.

Textual's parser waits after an Escape and then forgets it where other characters have come:
of Escape, ``:wq`` typed fast, or in one piece over a slow link, only ``:wq`` is left, and some
pairs become other keys (Alt+1 an inverted exclamation mark). Here every such pair is told as one
key with Alt before the parser sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from textual import constants
from textual.events import Key
from textual.keys import _character_to_key

ESCAPE = "\x1b"
PASTE, PASTED = "\x1b[200~", "\x1b[201~"
_PIECE = re.compile(
    r"\x1b\[\[[A-E]"  # function keys of Linux's own console
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1bO[A-HMPQRSa-d]"  # SS3: cursor and function keys
    r"|\x1b[P\]_][^\x1b\x07]*(?:\x07|\x1b\\)?"  # strings: what the terminal answers
    r"|\x1b(?P<alt>O(?=.)|[^\x1b\[\]OP_])"
    r"|\x1b(?=\x1b)(?P<twice>)",
    re.DOTALL,
)
_CONTROLS = {"\x7f": "backspace", "\r": "enter", "\t": "tab", "\x08": "ctrl+backspace"}


class Escapes:
    """Takes pairs of Escape and a character out of what is typed, piece by piece."""

    def __init__(self) -> None:
        self._pasting = False
        self._since: float | None = None
        """When the Escape came that is held; None while none is."""

    def split(self, data: str, now: float) -> Iterator[str | Key]:
        """Text for the parser and keys, in order. An Escape at the end is held for the next."""
        if self._since is not None:
            data, self._since = ESCAPE + data, None
        begun = 0
        for match in _PIECE.finditer(data):
            alt = match["alt"]
            if match.group() in (PASTE, PASTED):
                self._pasting = match.group() == PASTE
            elif match.lastgroup is not None and not self._pasting:
                if match.start() > begun:
                    yield data[begun : match.start()]
                yield Key("escape", ESCAPE) if alt is None else Key(f"alt+{_name(alt)}", None)
                begun = match.end()
        rest = data[begun:]
        if rest.endswith(ESCAPE) and not self._pasting:
            rest, self._since = rest[:-1], now
        if rest:
            yield rest

    def release(self, now: float) -> Key | None:
        """The Escape that was held and behind which nothing has come in time."""
        if self._since is None or now < self._since + constants.ESCAPE_DELAY:
            return None
        self._since = None
        return Key("escape", ESCAPE)


def _name(character: str) -> str:
    """As Textual names keys."""
    if character in _CONTROLS:
        return _CONTROLS[character]
    if character < " ":
        return f"ctrl+{chr(ord(character) + 96)}"
    if character.isupper():
        return f"shift+{character.lower()}"
    return character if character.isalnum() else _character_to_key(character)
