"""What someone else stores while the Hardware tab asks for something."""

from __future__ import annotations

import pytest

from tests.screens.hardware_tab import choose, go_to, hardware, stored
from tests.screens.test_machines import screen_text
from tests.waiting import until
from tui.app import VirttyApp
from tui.model import Domain
from tui.screens.choose import Choose
from tui.screens.machine.review import Review
from tui.screens.machine.xml_editor import XmlEditor


async def store(app: VirttyApp, theirs: Domain) -> None:
    await app.fleet.hosts["demo"].call(lambda connection: connection.defineXML(theirs.to_xml()))


async def test_a_value_goes_to_the_device_that_it_was_asked_for():
    async with hardware("web-01") as (app, pilot, tab):
        await go_to(pilot, tab, "disk vdb", "cache")
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Choose))
        theirs = await stored(app, "web-01")
        theirs.remove_device(theirs.device("disk vdb"))
        await store(app, theirs)
        await until(lambda: "disk vdb" not in tab.keys)
        tab.list.highlighted = tab.keys.index("disk vda")  # another has come under the cursor
        await choose(app, pilot, "directsync")
        await until(lambda: "disk vdb is no longer there" in screen_text(app))
        assert not tab.session.changes


async def test_a_value_that_is_typed_goes_there_too():
    async with hardware("web-01") as (app, pilot, tab):
        await go_to(pilot, tab, "disk vdb", "serial")
        await pilot.press("enter", *"abc")
        theirs = await stored(app, "web-01")
        theirs.remove_device(theirs.device("disk vdb"))
        await store(app, theirs)
        await until(lambda: "disk vdb" not in tab.keys)
        tab.list.highlighted = tab.keys.index("disk vda")
        await pilot.press("enter")
        await until(lambda: "disk vdb is no longer there" in screen_text(app))
        assert not tab.session.changes


@pytest.mark.parametrize("key", ["X", "delete"])
async def test_an_edit_that_was_begun_before_is_put_on_what_is_stored_now(key):
    async with hardware("web-01") as (app, pilot, tab):
        tab.list.highlighted = tab.keys.index("disk vdb")
        await pilot.press(key)
        await until(lambda: isinstance(app.screen, XmlEditor | Choose))
        begun = app.screen
        session = tab.session
        theirs = await stored(app, "web-01")
        theirs.general.heading = "theirs"
        await store(app, theirs)
        await until(lambda: tab.session is not session)
        if isinstance(begun, XmlEditor):
            begun.area.text = begun.area.text.replace("<on_crash>destroy", "<on_crash>preserve")
            await pilot.press("ctrl+s")
            await until(lambda: isinstance(app.screen, Review))
        else:
            await choose(app, pilot, "keep")
        await until(lambda: len(tab.session.changes) == 1)
        assert tab.session.base.general.heading == tab.session.edited.general.heading == "theirs"


async def test_the_review_takes_back_what_it_shows():
    async with hardware("web-01") as (app, pilot, tab):
        for field, text in (("heading", "ours"), ("on_crash", "preserve")):
            tab.edit("general", field, text)
        tab.show()
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        theirs = await stored(app, "web-01")
        theirs.general.heading = "ours"  # the first of the two is done
        await store(app, theirs)
        await until(lambda: len(tab.session.changes) == 1)
        await pilot.press("x")
        assert [change.what for change in tab.session.changes.changes] == ["On crash"]


async def test_a_review_in_front_says_what_applying_would_do_now():
    async with hardware("web-01") as (app, pilot, tab):
        tab.edit("cpu", "current", "1")
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await until(lambda: "4 → 1  the test driver takes" in screen_text(app))
        demo = app.fleet.hosts["demo"]
        await demo.call(lambda connection: connection.lookupByName("web-01").destroy())
        await until(lambda: "it is off" in screen_text(app))
        assert "the test driver takes" not in screen_text(app)
        theirs = await stored(app, "web-01")
        theirs.cpu.current = 1  # nothing is left to apply
        await store(app, theirs)
        await until(lambda: not isinstance(app.screen, Review))
        assert not tab.session.changes
