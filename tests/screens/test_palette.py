"""The command palette is closed as fast as it was opened."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.screens.test_hosts import running as running_hosts
from tests.screens.test_hosts_many import OFF, RUNNING, host_of
from tests.screens.test_machines import go_to, running, screen_text
from tests.waiting import until
from tui.hypervisor.records import DomainDetails, DomainRecord
from tui.screens.machine.screen import MachineScreen
from tui.screens.main import MainScreen
from tui.screens.where import fitness, label


async def test_escape_right_behind_the_palette_does_no_harm():
    async with running() as (app, pilot):
        for number in range(12):
            app.show_palette()
            await asyncio.sleep(0.001 * number)
            await pilot.press("escape", "escape")
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)


async def test_every_action_is_offered_before_anything_is_typed():
    async with running() as (app, pilot):
        await pilot.press("colon")
        await until(lambda: "Press the reset button" in screen_text(app))
        await pilot.press("escape")


async def test_where_is_that_machine(tmp_path: Path) -> None:
    hosts = {
        "a": host_of(tmp_path / "a.xml", ("web-01", 1, RUNNING), ("mail", 2, OFF)),
        "b": host_of(tmp_path / "b.xml", ("old-web-01", 3, OFF)),
    }
    async with running_hosts(hosts) as (app, pilot):
        await until(lambda: len(list(app.fleet.domains())) == 3)
        await pilot.press("colon")
        await until(lambda: bool(app.screen.query(Input)))
        await pilot.press(*"old-w")
        await until(lambda: "old-web-01  on b, off" in shown(app))
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, MachineScreen))
        assert [record.name for record in app.subjects()] == ["old-web-01"]
        await pilot.press("q", "1")
        await until(lambda: bool(app.subjects()))
        assert [record.name for record in app.subjects()] == ["old-web-01"]


def shown(app) -> str:
    """What the palette offers."""
    options = app.screen.query_one("CommandList").options
    return "\n".join(str(option.prompt) for option in options)


@pytest.mark.parametrize(
    ("wanted", "fit"),
    [("web-01", 1.0), ("web", 0.9), ("01", 0.8), ("10.0.0.7", 0.6), ("prod", 0.6), ("x", 0.0)],
)
def test_what_fits_best_comes_first(wanted: str, fit: float) -> None:
    details = DomainDetails(addresses=("10.0.0.7",), tags=("prod",))
    assert fitness(DomainRecord("h", "uuid", "Web-01", details=details), wanted) == fit


def test_a_name_from_a_host_is_data_and_a_lost_host_is_told() -> None:
    text = str(label(DomainRecord("h", "u", "[red]x\x1b[2J", stale=True)))
    assert text.startswith("[red]x␛[2J  on h, last known as ")


@pytest.mark.parametrize(
    ("typed", "first"),
    [("force", "Force off  o"), ("destroy", "Force off  o"), ("plug", "Force off  o")],
)
async def test_an_action_is_found_by_its_name_by_virshs_and_by_what_it_does(typed: str, first: str):
    async with running() as (app, pilot):
        go_to(app, "web-01")
        await pilot.press("colon")
        await until(lambda: bool(app.screen.query(Input)))
        await pilot.press(*typed)
        await until(lambda: shown(app).startswith(first))


async def test_the_choice_of_colours_has_a_sign_that_every_terminal_has():
    async with running() as (app, pilot):
        await pilot.press("ctrl+t")
        await until(lambda: "ansi-dark" in screen_text(app))
        assert "🔎" not in screen_text(app)
