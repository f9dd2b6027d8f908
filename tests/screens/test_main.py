"""The line on top and the help: true, and whole on a narrow screen."""

from __future__ import annotations

from tests.screens.test_machines import running, screen_text
from tests.waiting import until
from tui.model.states import DomainState
from tui.screens.help import Help


async def test_only_what_runs_is_counted_as_running():
    async with running() as (app, _pilot):
        states = [record.state for record in app.fleet.domains()]
        assert DomainState.PAUSED in states
        count = states.count(DomainState.RUNNING) + states.count(DomainState.BLOCKED)
        assert f"{count} of {len(states)} running" in screen_text(app).split("\n")[0]


async def test_titles_give_way_to_the_figures():
    async with running(size=(80, 24)) as (app, pilot):
        await pilot.press("asterisk")
        await pilot.pause()
        top = screen_text(app).split("\n")[0].rstrip()
        total = len(list(app.fleet.domains()))
        assert f"{total} marked" in top
        assert top.endswith("demo")
        assert "1 Machines" in top
        await pilot.press("6")
        await pilot.pause()
        top = screen_text(app).split("\n")[0]
        assert "6 Activity" in top
        assert "marked" not in top


async def test_help_stays_readable_on_a_narrow_screen():
    async with running(size=(44, 24)) as (app, pilot):
        await pilot.press("question_mark")
        await until(lambda: isinstance(app.screen, Help))
        await pilot.pause()
        assert "Start; resume when paused" in screen_text(app)
