"""Hosts named on the command line that are not there: the program ends, and only then."""

from __future__ import annotations

from pathlib import Path

from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor.fleet import Fleet
from tui.settings import Settings


async def test_it_ends_when_none_is_there(tmp_path: Path):
    fleet = Fleet()
    fleet.add("none", f"test://{tmp_path / 'none.xml'}").open()
    app = VirttyApp(fleet, Settings(), ends_unreached=True)
    async with app.run_test():
        await until(lambda: app._exit)


async def test_it_goes_on_when_the_person_has_removed_the_last_one(tmp_path: Path):
    fleet = Fleet()
    fleet.add("none", f"test://{tmp_path / 'none.xml'}")
    app = VirttyApp(fleet, Settings(), ends_unreached=True)
    async with app.run_test() as pilot:
        fleet.remove("none")
        await pilot.pause()
        assert not app._exit
    fleet.close()
