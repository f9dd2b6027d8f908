"""Textual's keys as keys of a PC keyboard with a US layout. Pure."""

from __future__ import annotations

from tui.model.keycodes import typed_by
from tui.widgets.terminal_keys import character_of

_SAME = "space up down left right home end pageup pagedown insert delete pause"
_FUNCTION = tuple(f"f{number}" for number in range(1, 13))
_NAMED = {
    "escape": "esc",
    **{name: name for name in ("enter", "backspace", "tab", *_SAME.split(), *_FUNCTION)},
}
_MODIFIERS = {
    "ctrl": "leftctrl",
    "shift": "leftshift",
    "alt": "leftalt",
    "super": "leftmeta",
    "meta": "leftmeta",
}


def guest_keys(key: str, character: str | None) -> tuple[str, ...]:
    """Names of the keys to press together (see tui.model.keycodes), modifiers first.

    Empty for what a US keyboard has no key for.
    """
    *modifiers, name = key.split("+")
    if name in _NAMED:
        keys: tuple[str, ...] = (_NAMED[name],)
    elif character and not modifiers:
        keys = typed_by(character)
    else:
        keys = typed_by(character_of(name) or name)
    held = (_MODIFIERS[modifier] for modifier in modifiers if modifier in _MODIFIERS)
    return tuple(dict.fromkeys((*held, *keys))) if keys else ()
