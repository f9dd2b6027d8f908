"""A PC keyboard: Linux's key codes by name, and the keys that type a character on a US layout."""

from __future__ import annotations

from collections.abc import Iterable

_RUNS = (
    (1, "esc 1 2 3 4 5 6 7 8 9 0 minus equal backspace tab q w e r t y u i o p leftbrace"),
    (27, "rightbrace enter leftctrl a s d f g h j k l semicolon apostrophe grave leftshift"),
    (43, "backslash z x c v b n m comma dot slash rightshift kpasterisk leftalt space capslock"),
    (59, "f1 f2 f3 f4 f5 f6 f7 f8 f9 f10"),
    (87, "f11 f12"),
    (99, "sysrq"),
    (102, "home up pageup left right end down pagedown insert delete"),
    (119, "pause"),
    (125, "leftmeta"),
    (127, "compose"),
)

CODES = {name: first + place for first, names in _RUNS for place, name in enumerate(names.split())}
"""KEY_… of linux/input-event-codes.h by name, in lower case."""

_SIGNS = (
    "grave minus equal leftbrace rightbrace backslash semicolon apostrophe comma dot slash "
    "space tab enter enter"
)
_PLAIN = {
    **{letter: letter for letter in "abcdefghijklmnopqrstuvwxyz0123456789"},
    **dict(zip("`-=[]\\;',./ \t\n\r", _SIGNS.split(), strict=True)),
}
_SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', "`1234567890-=[]\\;',./", strict=True))


def typed_by(character: str) -> tuple[str, ...]:
    """The keys that type a character on a US keyboard, Shift first; empty where none do."""
    if character in _PLAIN:
        return (_PLAIN[character],)
    lower = _SHIFTED.get(character) or (character.lower() if character.isascii() else "")
    return ("leftshift", _PLAIN[lower]) if lower in _PLAIN else ()


def codes(names: Iterable[str]) -> list[int]:
    """Key codes of named keys. KeyError for a name that no key has."""
    return [CODES[name] for name in names]


def virsh_names(names: Iterable[str]) -> str:
    """Keys as ``virsh send-key`` takes them: ``KEY_LEFTCTRL KEY_C``."""
    return " ".join(f"KEY_{name.upper()}" for name in names)
