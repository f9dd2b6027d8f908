"""The person's key map: which key does what, checked before it is used."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from tui.settings import Problem, did_you_mean

EVERYWHERE = "Everywhere"
"""The scope whose keys work on every screen."""


@dataclass(frozen=True)
class ActionKeys:
    """An action as the key map sees it: its id, where its keys work, its default keys."""

    id: str
    scopes: tuple[str, ...]
    keys: str
    """Comma separated, as Textual names them."""


MOST_WORDS = 14
"""Words of a character's Unicode name that is looked up in every spelling."""
MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
NAMED_KEYS = {
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete"),
    *("backspace", "enter", "escape", "space", "tab"),
    *(f"f{number}" for number in range(1, 25)),
}
SYNONYMS = {
    "esc": "escape",
    "return": "enter",
    "del": "delete",
    "ins": "insert",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "pgdown": "pagedown",
}
# Textual's own short names for characters whose Unicode names are long.
CHARACTER_NAMES = {
    "/": "slash",
    "\\": "backslash",
    "@": "at",
    "-": "minus",
    "+": "plus",
    "_": "underscore",
}
# What a terminal sends for both is one and the same byte.
SAME_BYTE = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape"}


def normalise_key(text: str) -> str:
    """One key as Textual names it: ``/`` is ``slash``, ``Ctrl+S`` ``ctrl+s``, ``shift+g`` ``G``.

    Raises ValueError for a key that Textual does not know.
    """
    text = text.strip()
    # A plus sign after the modifiers is the key itself: "ctrl++".
    *modifiers, name = [*text[:-2].split("+"), "+"] if text.endswith("++") else _parts(text)
    modifiers = [modifier.strip().lower() for modifier in modifiers]
    strange = [modifier for modifier in modifiers if modifier not in MODIFIERS]
    if strange:
        raise ValueError(f"{strange[0] or text} is not a modifier of a key")
    name = _key_name(name.strip(), bool(modifiers))
    if modifiers == ["shift"] and len(name) == 1 and name.upper() != name:
        return name.upper()
    return "+".join([*sorted(set(modifiers), key=MODIFIERS.index), name])


def _parts(text: str) -> list[str]:
    return [text] if len(text) == 1 else text.split("+")


def _key_name(name: str, modified: bool) -> str:
    if len(name) == 1:
        if name.isalnum():
            return name.lower() if modified else name
        if name in CHARACTER_NAMES:
            return CHARACTER_NAMES[name]
        return unicodedata.name(name).lower().replace("-", "_").replace(" ", "_")
    lowered = SYNONYMS.get(name.lower(), name.lower())
    if lowered in NAMED_KEYS or lowered in CHARACTER_NAMES.values():
        return lowered
    for spelling in _spellings(lowered):
        try:
            # "hyphen_minus" is a character's name, but Textual calls that key "minus".
            return _key_name(unicodedata.lookup(spelling), modified)
        except KeyError:
            continue
    hint = did_you_mean(lowered, {*NAMED_KEYS, *CHARACTER_NAMES.values()})
    raise ValueError(f"there is no key {name!r}" + (f". {hint}" if hint else ""))


def _spellings(name: str) -> Iterator[str]:
    """Unicode's own spellings of a name in which blanks and hyphens have become underscores."""
    parts = name.split("_")
    if len(parts) > MOST_WORDS:
        return
    for marks in product(" -", repeat=len(parts) - 1):
        yield parts[0] + "".join(map("".join, zip(marks, parts[1:], strict=True)))


def normalise_keys(text: str) -> str:
    """A comma separated list of keys, each normalised, each once. Raises ValueError."""
    if text.strip() == ",":
        return "comma"
    parts = [part for part in text.split(",") if part.strip()]
    if not parts:
        raise ValueError("no key is given")
    return ",".join(dict.fromkeys(normalise_key(part) for part in parts))


def resolve_keymap(
    keys: Mapping[str, str], actions: Mapping[str, ActionKeys]
) -> tuple[dict[str, str], list[Problem]]:
    """The keys of every action, the person's over the defaults, and what was wrong.

    An entry with a fault is left out, so that its action keeps its default. Of two of the
    person's entries on one key, the later is left out.
    """
    problems: list[Problem] = []
    chosen: dict[str, str] = {}
    for action_id, text in keys.items():
        if action_id not in actions:
            advice = did_you_mean(action_id, actions)
            problems.append(Problem(f"keys: there is no action {action_id}", advice))
            continue
        try:
            chosen[action_id] = normalise_keys(text)
        except ValueError as error:
            problems.append(Problem(f"keys: {action_id}: {error}", "The default is used."))
    while True:
        resolved = {id_: chosen.get(id_, action.keys) for id_, action in actions.items()}
        clashes = list(_clashes(resolved, actions))
        order = list(chosen)
        dropped = {
            max((id_ for id_ in pair if id_ in chosen), key=order.index): (pair, key)
            for pair, key in clashes
            if chosen.keys() & set(pair)
        }
        if not dropped:
            # What is left is a clash among the defaults: nothing to fall back to.
            problems += [_clash_problem(pair, key, "") for pair, key in clashes]
            return resolved, problems
        for action_id, (pair, key) in dropped.items():
            del chosen[action_id]
            advice = f"{action_id} keeps its default, {actions[action_id].keys}."
            problems.append(_clash_problem(pair, key, advice))


def _clash_problem(pair: tuple[str, str], key: str, advice: str) -> Problem:
    return Problem(f"keys: {pair[0]} and {pair[1]} are both on {key}", advice)


def _clashes(
    resolved: Mapping[str, str], actions: Mapping[str, ActionKeys]
) -> Iterator[tuple[tuple[str, str], str]]:
    """Pairs of actions that one key would call in one place, with that key."""
    on_key: dict[str, list[str]] = {}
    for action_id, keys in resolved.items():
        for key in dict.fromkeys(SAME_BYTE.get(key, key) for key in keys.split(",") if key):
            on_key.setdefault(key, []).append(action_id)
    for key, ids in on_key.items():
        for first, second in combinations(ids, 2):
            here, there = set(actions[first].scopes), set(actions[second].scopes)
            if here & there or EVERYWHERE in here | there:
                yield (first, second), key
