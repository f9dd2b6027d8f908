"""The tabs that are a text: Escape ends a search before it leaves."""

from __future__ import annotations

from tests.screens.test_machines import running, screen_text
from tests.waiting import until
from tui.screens.filter_line import FilterLine
from tui.screens.machine.screen import MachineScreen


async def test_escape_ends_the_search_then_leaves():
    async with running() as (app, pilot):
        await pilot.press("x")
        await until(lambda: "what the next boot takes" in screen_text(app) or "live" in head(app))
        before = head(app)
        await pilot.press("slash", *"memory", "enter")
        await until(lambda: "match 1 of" in head(app))
        await pilot.press("escape")
        await until(lambda: head(app) == before)
        assert isinstance(app.screen, MachineScreen)
        assert not any(line.display for line in app.screen.query(FilterLine))
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)


def head(app) -> str:
    return "\n".join(screen_text(app).split("\n")[:2])
