"""What in a person's settings names something that only the screens and actions know."""

from __future__ import annotations

from collections.abc import Sequence

from tui.actions.registry import actions
from tui.keymap import ActionKeys
from tui.screens.machine_columns import COLUMNS
from tui.settings import Problem, did_you_mean


def action_keys() -> dict[str, ActionKeys]:
    """Every action's keys as the key map's checks want them."""
    return {
        action.id: ActionKeys(action.id, tuple(s.value for s in action.scopes), action.key)
        for action in actions().values()
    }


def unknown_columns(names: Sequence[str]) -> list[Problem]:
    """What is wrong with the columns that the settings name."""
    known = {column.key for column in COLUMNS}
    return [
        Problem(f"machines: there is no column {name}", did_you_mean(name, known))
        for name in names
        if name not in known
    ]
