"""A new disk's volume is made when the disk is applied, and not before."""

from __future__ import annotations

import libvirt
from textual.pilot import Pilot

from tests.screens.hardware_tab import choose, hardware, stored
from tests.screens.test_machines import screen_text
from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.volumes import list_volumes
from tui.screens.choose import Choose
from tui.screens.dialogs import AskText, Results
from tui.screens.machine import hardware as hardware_tab
from tui.screens.machine.hardware import HardwareTab
from tui.screens.machine.review import Review


async def pool_of(app: VirttyApp) -> str:
    def first(connection: libvirt.virConnect) -> str:
        flags = libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE
        return str(connection.listAllStoragePools(flags)[0].name())

    return await app.fleet.hosts["demo"].call(first)


async def volumes(app: VirttyApp, pool: str) -> set[str]:
    return {volume.name for volume in await list_volumes(app.fleet.hosts["demo"], pool)}


async def add_disk(app: VirttyApp, pilot: Pilot[int], pool: str) -> str:
    """Ask for a disk on a new volume; returns the volume's name."""
    await pilot.press("a")
    await choose(app, pilot, "disk")
    await choose(app, pilot, f"new {pool}")
    await until(lambda: isinstance(app.screen, AskText))
    dialog = app.screen
    await pilot.pause()
    name = app.screen.query_one("Input").value
    await pilot.press("enter")
    await until(lambda: isinstance(app.screen, AskText) and app.screen is not dialog)
    await pilot.pause()
    await pilot.press(*"8 MiB", "enter")
    await until(lambda: isinstance(app.screen, Choose))
    await pilot.press("enter")
    return name


async def added(tab: HardwareTab, count: int) -> None:
    await until(lambda: len(tab.session.edited.disks) == count)


async def test_a_volume_is_made_with_its_disk_and_not_before():
    async with hardware("web-01") as (app, pilot, tab):
        pool = await pool_of(app)
        before, count = await volumes(app, pool), len(tab.session.edited.disks)
        name = await add_disk(app, pilot, pool)
        await added(tab, count + 1)
        assert await volumes(app, pool) == before
        second = await add_disk(app, pilot, pool)
        assert second != name
        await added(tab, count + 2)
        await pilot.press("delete")  # a new disk has no data to ask about
        await added(tab, count + 1)
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.pause()
        assert f"vol-create-as {pool} {name}" in screen_text(app)
        assert second not in screen_text(app)
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Results))
        assert await volumes(app, pool) == before | {name}
        assert (await stored(app, "web-01")).disks[-1].source.endswith(name)


async def test_a_volume_goes_again_where_its_disk_is_not_taken(monkeypatch):
    async def refuse(*_arguments: object, **_more: object) -> None:
        raise HypervisorError("Change the hardware of web-01", words="no", advice="")

    async with hardware("web-01") as (app, pilot, tab):
        pool = await pool_of(app)
        before, count = await volumes(app, pool), len(tab.session.edited.disks)
        await add_disk(app, pilot, pool)
        await added(tab, count + 1)
        monkeypatch.setattr(hardware_tab, "apply", refuse)
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.press("enter")
        await until(lambda: app.screen.query("Toast"))
        entries = app.fleet.journal.entries
        await until(lambda: any(entry.text == "delete volume" for entry in entries))
        assert await volumes(app, pool) == before
        assert len(tab.session.edited.disks) == count + 1
