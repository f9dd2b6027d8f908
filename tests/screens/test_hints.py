"""Hints name the keys that are set, not those that virtty comes with."""

from __future__ import annotations

import ast
from functools import partial
from pathlib import Path

import tui
from tests.screens.test_machines import running
from tests.screens.test_machines import screen_text as shown
from tests.waiting import until
from tui.actions.registry import actions
from tui.app import ACTION_ID, VirttyApp
from tui.hypervisor.fleet import Fleet
from tui.settings import Settings

KEYS = {
    "machine.title": "f6",
    "hardware.add": "ctrl+n",
    "snapshot.take": "I",
    "app.back": "Q",
    "host.add": "plus",
}


async def test_hints_name_the_keys_that_are_set():
    fleet = Fleet()
    fleet.add("host", "test:///default").open()
    app = VirttyApp(fleet, Settings(keys=KEYS))
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(lambda: list(fleet.domains()))
        await pilot.press("enter")
        await until(lambda: "F6 title" in shown(app))
        await pilot.press("e")
        await until(lambda: "^N adds, Del removes" in shown(app))
        await pilot.press("n")
        await until(lambda: "No snapshot yet: I takes one." in shown(app))
        await pilot.press("ctrl+c")
        await until(lambda: "Q goes back and" in shown(app))
    fleet.close()


async def test_where_there_is_no_host_it_is_told_how_to_add_one():
    app = VirttyApp(Fleet(), Settings(keys=KEYS))
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("5")
        await until(lambda: "No host yet: + adds one." in shown(app))


def test_every_action_in_a_hint_is_there():
    folder = Path(tui.__file__).parent
    named = set()
    for path in (folder / "app.py", *folder.glob("actions/*.py"), *folder.glob("screens/**/*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named |= set() if id(node) in told else set(ACTION_ID.findall(node.value))
    assert "machine.force-off" in named
    assert named <= actions().keys()


async def test_escape_says_nothing_where_there_is_nothing_to_clear():
    async with running() as (app, pilot):
        app.clear_notifications()
        for number, name in (
            ("1", "machines"),
            ("4", "devices"),
            ("5", "hosts"),
            ("6", "activity"),
        ):
            await pilot.press(number)
            await until(partial(in_front, app, name))
            await pilot.press("escape")
            await pilot.pause()
            assert not [note.message for note in app._notifications], name


def in_front(app: VirttyApp, name: str) -> bool:
    return app.main.front == name and app.main.pane.table.has_focus
