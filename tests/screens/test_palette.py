"""The command palette is closed as fast as it was opened."""

from __future__ import annotations

import asyncio

from tests.screens.test_machines import running
from tui.screens.main import MainScreen


async def test_escape_right_behind_the_palette_does_no_harm():
    async with running() as (app, pilot):
        for number in range(12):
            app.show_palette()
            await asyncio.sleep(0.001 * number)
            await pilot.press("escape", "escape")
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)
