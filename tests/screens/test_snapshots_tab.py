"""The Snapshots tab on the demo host, driven by keys, checked with libvirt."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import libvirt
import pytest
from textual import events
from textual.pilot import Pilot

from tests.screens.test_machines import screen_text
from tests.waiting import until
from tui.app import VirttyApp
from tui.demo import demo_uri
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.snapshot_situation import Looked, look_at
from tui.hypervisor.snapshots import describe
from tui.model.snapshot_rules import Circumstances, DiskFacts
from tui.screens.choose import Choose
from tui.screens.dialogs import AskText, Confirm, Results
from tui.screens.machine import snapshot_work
from tui.screens.machine import snapshots as snapshots_tab
from tui.screens.machine.new_snapshot import NewSnapshot
from tui.screens.machine.screen import MachineScreen
from tui.screens.machine.snapshot_lines import branch
from tui.screens.machine.snapshot_xml import SnapshotXml
from tui.screens.machine.snapshots import SnapshotsTab
from tui.settings import Settings

WEB = "web-01"
"""It has two, the second on top of the first."""


@contextlib.asynccontextmanager
async def program(
    *, readonly: bool = False, size: tuple[int, int] = (110, 32)
) -> AsyncIterator[tuple[VirttyApp, Pilot[int]]]:
    fleet = Fleet()
    fleet.add("demo", demo_uri(), demo=True, readonly=readonly).open()
    app = VirttyApp(fleet, Settings())
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(lambda: any(record.name == WEB for record in fleet.domains()))
        yield app, pilot
    fleet.close()


@contextlib.asynccontextmanager
async def snapshots(
    name: str = WEB, *, readonly: bool = False
) -> AsyncIterator[tuple[VirttyApp, Pilot[int], SnapshotsTab]]:
    async with program(readonly=readonly) as (app, pilot):
        record = next(record for record in app.fleet.domains() if record.name == name)
        app.open_machine(record.key, "snapshots")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab is not None)
        tab = app.screen.tab
        assert isinstance(tab, SnapshotsTab)
        await until(lambda: tab.looked is not None)
        await pilot.pause()
        yield app, pilot, tab


async def of(app: VirttyApp, name: str = WEB) -> tuple[set[str], str]:
    """Names and the current one, as libvirt has them."""

    def read(connection: libvirt.virConnect) -> tuple[set[str], str]:
        domain = connection.lookupByName(name)
        names = {snapshot.getName() for snapshot in domain.listAllSnapshots()}
        current = domain.snapshotCurrent().getName() if domain.hasCurrentSnapshot() else ""
        return names, current

    return await app.fleet.hosts["demo"].call(read)


async def front(app: VirttyApp, pilot: Pilot[int], kind: type) -> None:
    await until(lambda: isinstance(app.screen, kind))
    await pilot.pause()


async def test_the_tree_is_shown_filtered_and_marked():
    async with snapshots() as (app, pilot, tab):
        shown = screen_text(app)
        assert "before-php-8.3" in shown
        assert "└─ php-8.3 ◉ now" in shown
        assert "Clean state before the PHP upgrade" in shown
        assert "2 snapshots" in shown
        await pilot.press("G")
        assert "after before-php-8.3" in screen_text(app)
        await pilot.press("slash", *"clean")
        await until(lambda: len(tab.table.visible_rows) == 1)
        await pilot.press("enter", "space", "escape")
        await until(lambda: len(tab.table.visible_rows) == 2)
        assert app.screen is tab.screen
        assert not tab.table.marked
        await pilot.press("g", "X")
        await front(app, pilot, SnapshotXml)
        assert "<domainsnapshot>" in screen_text(app)


async def test_a_snapshot_is_taken_reverted_to_and_deleted():
    async with snapshots() as (app, pilot, tab):
        await pilot.press("a")
        await front(app, pilot, NewSnapshot)
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press(*"second", "enter")
        await pilot.pause()
        assert "--atomic" in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press(*"third", "ctrl+s")  # what is being typed counts as well
        await until(lambda: len(tab.known) == 3)
        assert await of(app) == ({"before-php-8.3", "php-8.3", "third"}, "third")

        await pilot.press("g", "enter")
        await front(app, pilot, Choose)
        await pilot.press("down", "enter")
        await front(app, pilot, Confirm)
        assert "Lost: all that was written" in screen_text(app)
        await pilot.press("y")
        await until(lambda: any(one.current and one.name != "third" for one in tab.known))
        assert (await of(app))[1] == "before-php-8.3"

        await pilot.press("g", "delete")
        await front(app, pilot, Choose)
        await pilot.press("down", "enter")
        await front(app, pilot, Confirm)
        await pilot.press("y")
        await until(lambda: not tab.known)
        assert await of(app) == (set(), "")
        assert "No snapshot yet" in screen_text(app)


async def test_the_present_is_kept_first():
    async with snapshots() as (app, pilot, tab):
        await pilot.press("g", "enter")
        await front(app, pilot, Choose)
        await pilot.press("enter")
        await front(app, pilot, NewSnapshot)
        await pilot.press("ctrl+s")
        await front(app, pilot, Choose)
        assert len((await of(app))[0]) == 3
        await pilot.press("escape")
        await until(lambda: len(tab.known) == 3)


async def test_it_vanishes_behind_the_dialog():
    async with snapshots() as (app, pilot, tab):
        await pilot.press("g", "delete")
        await front(app, pilot, Choose)
        await pilot.press("enter")
        await front(app, pilot, Confirm)
        await app.fleet.hosts["demo"].call(
            lambda c: c.lookupByName(WEB).snapshotLookupByName("before-php-8.3").delete(0)
        )
        await pilot.press("y")
        await until(lambda: {one.name for one in tab.known} == {"php-8.3"})
        await front(app, pilot, MachineScreen)

        # And the machine itself.
        await pilot.press("delete")
        await front(app, pilot, Confirm)

        def undefine(connection: libvirt.virConnect) -> None:
            domain = connection.lookupByName(WEB)
            domain.destroy()
            domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA)

        await app.fleet.hosts["demo"].call(undefine)
        await pilot.press("y")
        await until(lambda: "gone" in screen_text(app) or "not found" in screen_text(app))
        await front(app, pilot, MachineScreen)


async def test_a_key_pressed_again_asks_once(monkeypatch: pytest.MonkeyPatch):
    ready = asyncio.Event()

    async def slowly(*arguments: Any, **options: Any) -> Looked:
        await ready.wait()
        return await look_at(*arguments, **options)

    async with snapshots() as (app, pilot, tab):
        monkeypatch.setattr(snapshots_tab, "look_at", slowly)
        await pilot.press("a", "a", "a")
        assert "looking at its disks" in screen_text(app)
        ready.set()
        await front(app, pilot, NewSnapshot)
        assert len(app.screen_stack) == 3
        await pilot.press("escape")
        await front(app, pilot, MachineScreen)
        # Nor does it ask somebody who has given up and gone elsewhere.
        ready.clear()
        await pilot.press("a", "escape", "escape")
        await until(lambda: app.screen is app.main)
        ready.set()
        await until(lambda: not tab._looking)
        await pilot.pause()
        assert app.screen is app.main


async def test_the_tab_is_left_while_it_deletes(monkeypatch: pytest.MonkeyPatch):
    going, end = asyncio.Event(), asyncio.Event()

    async def slowly(*arguments: object) -> None:
        going.set()
        await end.wait()

    monkeypatch.setattr(snapshot_work, "delete_snapshots", slowly)
    async with snapshots() as (app, pilot, _tab):
        await pilot.press("G", "space", "delete")
        await front(app, pilot, Confirm)
        await pilot.press("y")
        await going.wait()
        await front(app, pilot, MachineScreen)
        await pilot.press("escape", "escape")
        await until(lambda: app.screen is app.main)
        end.set()
        await until(lambda: "php-8.3 deleted" in screen_text(app))


async def test_a_vanished_one_is_not_brought_back_by_a_new_description():
    async with snapshots() as (app, _pilot, _tab):
        host = app.fleet.hosts["demo"]
        record = next(record for record in app.fleet.domains() if record.name == WEB)
        await host.call(lambda c: c.lookupByName(WEB).snapshotLookupByName("php-8.3").delete(0))
        with pytest.raises(HypervisorError, match="no domain snapshot"):
            await describe(host, record, "php-8.3", "still here")
        assert await of(app) == ({"before-php-8.3"}, "before-php-8.3")


async def test_deep_trees_and_long_questions_fit_a_small_screen():
    names = [branch("   " * (depth - 1) + "└─ ", depth) for depth in (1, 3, 4, 12)]
    assert names == ["└─ ", "      └─ ", "    4 └─ ", "   12 └─ "]
    async with program(size=(80, 24)) as (app, pilot):
        app.push_screen(Confirm("Sure?", "Lost: much.", [f"line {n}" for n in range(60)], "Yes"))
        await front(app, pilot, Confirm)
        assert "Cancel (n)" in screen_text(app)
        assert "line 59" not in screen_text(app)
        await pilot.press(*["pagedown"] * 7)
        await pilot.pause()
        assert "line 59" in screen_text(app)


async def test_the_form_stays_where_it_was_when_a_choice_brings_rows():
    now = Circumstances(
        running=True,
        reverts_external=True,
        agent="connected",
        disks=(DiskFacts("vda", "/i/web.qcow2", format="qcow2"),),
    )
    async with program() as (app, pilot):
        form = NewSnapshot("web", "running", now)
        await app.push_screen(form)
        assert (form.wanted.memory, form.wanted.quiesce) == (False, True)
        await pilot.press("j", "j", "j", "enter")
        assert (form.wanted.memory, form.wanted.quiesce) == (True, False)
        assert "Memory file" in screen_text(app)
        await pilot.press("enter")
        assert not form.wanted.memory
        await pilot.press("k", "enter")
        assert not form.wanted.external


async def test_texts_are_no_markup():
    name, words = "[red]x", "a [b]bold[/b] word"
    async with snapshots() as (app, pilot, tab):
        await pilot.press("a")
        await front(app, pilot, NewSnapshot)
        screen = app.screen
        screen._take(screen.wanted.__class__(name, words))  # typing it is another test
        await pilot.press("ctrl+s")
        await until(lambda: len(tab.known) == 3)
        await pilot.press("G")
        await pilot.pause()
        assert name in screen_text(app)
        assert words in screen_text(app)


async def test_a_snapshot_of_several_machines_tells_where_it_could_not_be():
    async with program() as (app, pilot):
        table = app.main.pane.table
        await until(lambda: len(table.visible_rows) > 5)
        await pilot.press("space", "space", "space")
        names = [record.name for record in app.subjects()]
        assert len(names) == 3
        before = [await of(app, name) for name in names]
        await pilot.press("n")
        await front(app, pilot, Choose)
        await pilot.press("enter")
        await front(app, pilot, AskText)
        await pilot.press(".", "enter")
        await until(lambda: "A name cannot hold" in screen_text(app))
        await pilot.press("n")
        await front(app, pilot, Choose)
        await pilot.press("enter")
        await front(app, pilot, AskText)
        await pilot.press(*"nightly", "enter")
        await front(app, pilot, Results)
        await until(lambda: "2 of 3" in screen_text(app))
        assert "backup-01: Disk sda is raw" in screen_text(app)
        taken = {name for name in names if "nightly" in (await of(app, name))[0]}
        assert taken == set(names) - {"backup-01"}
        assert all(record.transition is None for record in app.fleet.domains())
        await pilot.press("enter", "n")
        await front(app, pilot, Choose)
        await pilot.press("down", "enter")
        await front(app, pilot, AskText)
        await pilot.press(*"nightly", "enter")
        await front(app, pilot, Confirm)
        await pilot.press("y")
        await front(app, pilot, Results)
        await until(lambda: "2 of 3" in screen_text(app))
        for name, (known, _current) in zip(names, before, strict=True):
            assert (await of(app, name))[0] == known


async def test_read_only_refuses_what_would_change():
    async with snapshots(readonly=True) as (app, pilot, _tab):
        await pilot.press("a")
        await until(lambda: "read-only" in screen_text(app))
        assert isinstance(app.screen, MachineScreen)
        await pilot.press("D")
        await until(lambda: "No disk has an image" in screen_text(app))
        for key, name in (("f", "Flatten"), ("m", "Commit down"), ("delete", "Clear away")):
            words = f"{name}: demo is connected read-only"
            assert words not in screen_text(app)
            await pilot.press(key)
            await pilot.pause()
            assert words in screen_text(app)


async def test_a_text_that_no_xml_may_hold_is_told_of_and_stays():
    async with snapshots() as (app, pilot, tab):
        before = await of(app)
        await pilot.press("f2")
        await front(app, pilot, AskText)
        app.post_message(events.Paste("rang \x07 twice"))
        await pilot.pause()
        await pilot.press("enter")
        await until(lambda: "cannot keep" in screen_text(app))
        assert isinstance(app.screen, AskText)
        await pilot.press("escape", "a")
        await front(app, pilot, NewSnapshot)
        await pilot.press("down", "enter")
        await pilot.pause()
        app.post_message(events.Paste("rang \x07 twice"))
        await pilot.pause()
        await pilot.press("ctrl+s")
        await until(lambda: "cannot keep" in screen_text(app))
        assert isinstance(app.screen, NewSnapshot)
        assert await of(app) == before
        assert tab.known
