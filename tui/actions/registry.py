"""Every action of the program, and what is made of them: bindings, help, key map."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from textual.binding import Binding

from tui.actions import (
    activity,
    console,
    devices,
    display,
    everywhere,
    hardware,
    hosts,
    machine,
    machine_screen,
    machines_view,
    snapshots,
)
from tui.actions.base import Action, Scope


def _declared(module: object) -> Iterator[type[Action]]:
    for thing in vars(module).values():
        if isinstance(thing, type) and issubclass(thing, Action) and "id" in vars(thing):
            yield thing


@cache
def actions() -> dict[str, Action]:
    """Every action by id, in the order of declaration."""
    modules = (
        machine,
        machines_view,
        machine_screen,
        hardware,
        snapshots,
        console,
        display,
        devices,
        hosts,
        activity,
        everywhere,
    )
    return {kind.id: kind() for module in modules for kind in _declared(module)}


def actions_of(scope: Scope) -> list[Action]:
    """The actions whose keys work in a scope, its own first."""
    return [action for action in actions().values() if scope in action.scopes]


def bindings_of(scope: Scope) -> list[Binding]:
    """Textual's bindings for a scope; each calls ``action_act`` of the app with the id."""
    return [
        Binding(action.key, f"app.act('{action.id}')", action.name, id=action.id, show=False)
        for action in actions_of(scope)
    ]
