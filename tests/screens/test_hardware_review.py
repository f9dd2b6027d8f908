"""From edits to what is stored: the review, what it says, and what became of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.screens.hardware_tab import choose, go_to, hardware, stored
from tests.screens.test_machines import screen_text
from tests.waiting import until
from tui.hypervisor import lifecycle
from tui.hypervisor.apply import Applied, StepResult
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.hardware import Hardware
from tui.screens.dialogs import AskText, Results
from tui.screens.machine import hardware_view
from tui.screens.machine.conflict import ConflictDialog
from tui.screens.machine.history import HardwareHistory
from tui.screens.machine.review import Review
from tui.screens.machine.screen import MachineScreen


async def test_several_edits_are_one_review_and_one_commit(tmp_path: Path):
    async with hardware("web-01", tmp_path) as (app, pilot, tab):
        before = await stored(app, "web-01")
        await go_to(pilot, tab, "disk vda", "cache")
        await pilot.press("enter")
        await choose(app, pilot, "directsync")
        await go_to(pilot, tab, "cpu", "current")
        await pilot.press("enter", "6", "enter")
        await go_to(pilot, tab, "general", "heading")
        await pilot.press("enter", *"ed", "enter")
        await until(lambda: "3 changes" in tab.note)
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.pause()
        text = screen_text(app)
        assert "Disk vda: Cache mode" in text
        assert "next boot" in text
        assert "virsh define web-01.xml" in text
        assert (await stored(app, "web-01")).to_xml() == before.to_xml()
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Results))
        await pilot.press("enter")
        after = await stored(app, "web-01")
        assert after.disks[0].cache == "directsync"
        assert after.cpu.current == 6
        assert after.general.heading == "ed"
        await until(lambda: tab.session is not None and not tab.session.changes)

        await pilot.press("h")
        await until(lambda: isinstance(app.screen, HardwareHistory))
        await until(lambda: "Disk vda: Cache mode" in screen_text(app))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Results))
        undone = await stored(app, "web-01")
        assert undone.disks[0].cache == before.disks[0].cache
        assert undone.general.heading == before.general.heading


async def test_data_goes_only_with_its_disk_and_as_was_said_last():
    async with hardware("scratch") as (app, pilot, tab):
        data = tab.session.base.disks[0].source

        async def remove(*, delete: bool) -> None:
            tab.list.focus()
            tab.list.highlighted = tab.keys.index("disk vda")
            await pilot.press("delete")
            await choose(app, pilot, "delete" if delete else "keep")
            if delete:
                await until(lambda: isinstance(app.screen, AskText))
                await pilot.press(*data.rpartition("/")[2], "enter")
            await until(lambda: "disk vda" not in tab.keys)

        async def review(told: bool) -> None:
            await pilot.press("ctrl+s")
            await until(lambda: isinstance(app.screen, Review))
            await until(lambda: "virsh define" in screen_text(app))
            assert (f"Deleted for good: {data}" in screen_text(app)) is told
            await pilot.press("escape", "ctrl+z")
            await until(lambda: isinstance(app.screen, MachineScreen) and not tab.session.changes)

        await remove(delete=True)
        await review(told=True)
        tab.edit("disk vda", "source", "/another")
        await review(told=False)
        await remove(delete=False)
        await review(told=False)


async def test_data_that_stays_because_a_step_failed_is_told(monkeypatch):
    error = HypervisorError("Remove Disk vda", words="the guest has not let go of it")
    failed = Applied((StepResult("Disk vda: removed", error),), False, (), ())

    async def apply(*_about, **_more) -> Applied:
        return failed

    monkeypatch.setattr("tui.screens.machine.hardware.apply", apply)
    async with hardware("scratch") as (app, pilot, tab):
        data = tab.session.base.disks[0].source
        tab.list.highlighted = tab.keys.index("disk vda")
        await pilot.press("delete")
        await choose(app, pilot, "delete")
        await until(lambda: isinstance(app.screen, AskText))
        await pilot.press(*data.rpartition("/")[2], "enter")
        await until(lambda: "disk vda" not in tab.keys)
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Results))
        await pilot.press("enter")
        await until(lambda: "Not deleted, because not all could be done" in screen_text(app))


async def test_data_that_cannot_be_deleted_does_not_keep_the_rest(monkeypatch):
    tried: list[str] = []

    async def delete(_host: object, source: str) -> None:
        tried.append(source)
        raise HypervisorError("Delete", words="it is in use")

    monkeypatch.setattr("tui.screens.machine.hardware.delete_volume", delete)
    async with hardware("web-01") as (app, pilot, tab):
        sources = [disk.source for disk in tab.session.base.disks[:2]]
        for target in ("vda", "vdb"):
            tab.session.remove(f"disk {target}")
        tab._doomed.update(sources)
        tab.show()
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Results))
        await pilot.press("enter")
        await until(lambda: sorted(tried) == sorted(sources))


async def test_a_review_knows_what_runs_while_it_is_read_and_read_again(monkeypatch):
    slow = asyncio.Event()
    real = hardware_view.read_live

    async def read_live(*about) -> Hardware:
        await slow.wait()
        return await real(*about)

    async with hardware("web-01") as (app, pilot, tab):
        monkeypatch.setattr(hardware_view, "read_live", read_live)
        assert tab.machine is not None
        known = tab.hardware
        again = asyncio.create_task(tab.read(*tab.machine))
        await until(lambda: tab.hardware is not known)
        assert tab.hardware is not None
        assert tab.hardware.live is not None, "as it was read before"
        slow.set()
        await again
        settled = asyncio.Event()  # not yet, behind a slow link just after the tab was opened
        monkeypatch.setattr(tab, "when_settled", settled.wait)
        tab.edit("general", "heading", "other")
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert not isinstance(app.screen, Review)
        settled.set()
        await until(lambda: isinstance(app.screen, Review))


async def test_the_review_says_what_does_not_fit():
    async with hardware("scratch") as (app, pilot, tab):
        tab.edit("cpu", "sockets", "7")
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await until(lambda: "! CPU: The topology has 7 CPUs" in screen_text(app))
        assert "it is off" in screen_text(app)
        await pilot.press("escape")
        await until(lambda: isinstance(app.screen, MachineScreen))


async def test_a_saved_state_is_said_to_bring_back_its_hardware():
    async with hardware("scratch") as (app, pilot, tab):
        host, key = app.fleet.hosts["demo"], tab.key
        await lifecycle.start(host, app.fleet.domain(key))
        await until(lambda: app.fleet.domain(key).state.is_active)
        await lifecycle.save(host, app.fleet.domain(key))
        await until(lambda: app.fleet.domain(key).managed_save)
        tab.edit("cpu", "current", "3")
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await until(lambda: "the next start brings back the hardware of then" in screen_text(app))


async def test_what_is_being_typed_is_reviewed_as_well():
    async with hardware("web-01") as (app, pilot, tab):
        await go_to(pilot, tab, "cpu", "current")
        await pilot.press("enter", *"two", "ctrl+s")
        await until(lambda: "a whole number" in screen_text(app))
        assert isinstance(app.screen, MachineScreen)
        await pilot.press("2", "ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        assert tab.session.edited.cpu.vcpus == 2


async def test_a_clash_with_another_hand_is_asked_about_and_nothing_is_lost(monkeypatch):
    async with hardware("scratch") as (app, pilot, tab):
        await go_to(pilot, tab, "general", "on_crash")
        await pilot.press("enter")
        await choose(app, pilot, "preserve")
        await until(lambda: bool(tab.session.changes))
        theirs = await stored(app, "scratch")
        theirs.general.on_crash = "restart"
        told: list[str] = []
        monkeypatch.setattr(app, "say", lambda text, _severity="": told.append(text))
        await app.fleet.hosts["demo"].call(lambda c: c.defineXML(theirs.to_xml()))
        assert tab.machine is not None
        for _again in range(2):
            await tab.read(*tab.machine)
        monkeypatch.undo()
        assert len([text for text in told if text.startswith("Someone else")]) == 1
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, ConflictDialog))
        await pilot.pause()
        assert "Their change" in screen_text(app)
        assert (await stored(app, "scratch")).general.on_crash == "restart"
        await pilot.press("m")
        await until(lambda: not isinstance(app.screen, ConflictDialog))
        await until(lambda: tab.session is not None and not tab.session.changes)
        assert (await stored(app, "scratch")).general.on_crash == "preserve"


async def test_what_someone_else_removed_is_left_out_of_mine_and_told():
    async with hardware("web-01") as (app, pilot, tab):
        await go_to(pilot, tab, "disk vdb", "cache")
        await pilot.press("enter")
        await choose(app, pilot, "directsync")
        await go_to(pilot, tab, "general", "on_crash")
        await pilot.press("enter")
        await choose(app, pilot, "preserve")
        theirs = await stored(app, "web-01")
        theirs.remove_device(theirs.device("disk vdb"))
        await app.fleet.hosts["demo"].call(lambda c: c.defineXML(theirs.to_xml()))
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, ConflictDialog))
        await pilot.press("m")
        await until(lambda: "Disk vdb is no longer there" in screen_text(app))
        assert [change.what for change in tab.session.changes.changes] == ["On crash"]
        assert "disk vdb" not in tab.keys
        assert (await stored(app, "web-01")).general.on_crash != "preserve", "looked at first"
        await pilot.press("ctrl+z")
        assert len(tab.session.changes) == 1, "an undo does not bring their removal to nought"
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.press("enter")
        await until(lambda: tab.session is not None and not tab.session.changes)
        after = await stored(app, "web-01")
        assert after.general.on_crash == "preserve"
        assert after.device("disk vdb") is None
