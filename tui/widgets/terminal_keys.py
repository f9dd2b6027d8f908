"""Keys as a terminal sends them to the program on its other end. Pure."""

from __future__ import annotations

import unicodedata

from textual.keys import KEY_NAME_REPLACEMENTS, KEY_TO_UNICODE_NAME

_REPLACED = {short: name for name, short in KEY_NAME_REPLACEMENTS.items()}

CURSOR = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
TILDE = {
    "insert": 2, "delete": 3, "pageup": 5, "pagedown": 6, "f5": 15, "f6": 17, "f7": 18, "f8": 19,
    "f9": 20, "f10": 21, "f11": 23, "f12": 24,
}  # fmt: skip
FUNCTION = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}
PLAIN = {
    "enter": b"\r",
    "escape": b"\x1b",
    "backspace": b"\x7f",
    "tab": b"\t",
    "shift+tab": b"\x1b[Z",
    "space": b" ",
}
CONTROL = {
    "space": 0, "@": 0, "2": 0, "left_square_bracket": 27, "3": 27, "backslash": 28, "4": 28,
    "right_square_bracket": 29, "circumflex_accent": 30, "6": 30, "underscore": 31,
    "slash": 31, "minus": 31, "7": 31, "8": 127, "backspace": 8,
}  # fmt: skip
"""What Ctrl makes of keys that are no letters."""
MODIFIERS = {"shift": 1, "alt": 2, "ctrl": 4}


def encode(key: str, character: str | None, *, application: bool = False) -> bytes:
    """The bytes for one of Textual's keys; empty for a key that a terminal cannot send.

    ``application``: cursor keys are in application mode (DECCKM).
    """
    if key in PLAIN:
        return PLAIN[key]
    *modifiers, name = key.split("+") if key != "+" else ["+"]
    code = 1 + sum(MODIFIERS.get(modifier, 0) for modifier in modifiers)
    if name in CURSOR:
        if code > 1:
            return f"\x1b[1;{code}{CURSOR[name]}".encode()
        return f"\x1b{'O' if application else '['}{CURSOR[name]}".encode()
    if name in FUNCTION:
        return (
            f"\x1b[1;{code}{FUNCTION[name]}".encode()
            if code > 1
            else f"\x1bO{FUNCTION[name]}".encode()
        )
    if name in TILDE:
        return f"\x1b[{TILDE[name]}{f';{code}' if code > 1 else ''}~".encode()
    if "alt" in modifiers:
        rest = "+".join(modifier for modifier in modifiers if modifier != "alt")
        inner = encode(f"{rest}+{name}" if rest else name, character_of(name))
        return b"\x1b" + inner if inner else b""
    if "ctrl" in modifiers:
        if len(name) == 1 and name.isascii() and name.isalpha():
            return bytes([ord(name.lower()) & 0x1F])
        if name in CONTROL:
            return bytes([CONTROL[name]])
    # Newer terminals tell modifiers that older ones leave out: Shift+Space, Ctrl+Enter.
    if modifiers and not {*modifiers} - {"shift", "ctrl"}:
        if name in PLAIN:
            return PLAIN[name]
        character = character or character_of(name)
        if character and modifiers == ["shift"]:
            character = character.upper()
    return character.encode() if character else b""


def character_of(name: str) -> str | None:
    """The character that a key's name stands for: ``:`` for ``colon``."""
    if len(name) == 1:
        return name
    name = _REPLACED.get(name, name)
    told = KEY_TO_UNICODE_NAME.get(name, name).replace("_", " ").upper()
    try:
        return unicodedata.lookup(told)
    except KeyError:
        return None


def encode_mouse(button: int, x: int, y: int, *, pressed: bool) -> bytes:
    """A mouse report in SGR form; ``x`` and ``y`` from zero."""
    return f"\x1b[<{button};{x + 1};{y + 1}{'M' if pressed else 'm'}".encode()


def encode_paste(text: str, *, bracketed: bool) -> bytes:
    """Pasted text; in brackets where the program asks for them, its end mark taken out."""
    data = text.replace("\r\n", "\r").replace("\n", "\r").encode()
    if not bracketed:
        return data
    return b"\x1b[200~" + data.replace(b"\x1b[201~", b"") + b"\x1b[201~"
