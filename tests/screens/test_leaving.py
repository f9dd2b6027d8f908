"""A machine's screen is left while it is still being read."""

from __future__ import annotations

import asyncio

import pytest

from tests.screens.test_machines import running
from tests.waiting import until


@pytest.mark.parametrize("tab", ["hardware", "overview", "xml"])
async def test_leaving_at_once_does_no_harm(tab):
    async with running() as (app, pilot):
        records = list(app.fleet.domains())
        for number in range(8):
            app.open_machine(records[number].key, tab)
            await asyncio.sleep(0.006 * number)
            app.back_or_quit()
            await until(lambda: len(app.screen_stack) == 1)
        await pilot.pause()
