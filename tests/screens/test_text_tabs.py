"""The tabs that are a text: Escape ends a search before it leaves."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import libvirt
import pytest

from tests.screens.test_machines import go_to, running, screen_text
from tests.waiting import until
from tui.screens.filter_line import FilterLine
from tui.screens.machine import hardware_view, overview, xml
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


async def test_which_definition_is_shown_is_told_in_a_search_too():
    async with running(size=(80, 24)) as (app, pilot):
        go_to(app, "web-01")
        await pilot.press("x")
        await until(lambda: "live (t: stored)" in head(app))
        await pilot.press("slash", *"memory", "enter")
        await until(lambda: "match 1 of" in head(app))
        await pilot.press("t")
        await until(lambda: "stored (t: live)" in head(app))
        await pilot.press("greater_than_sign")
        await until(lambda: "match 2 of" in head(app))


async def test_what_someone_else_defines_appears_by_itself():
    async with running() as (app, pilot):
        go_to(app, "scratch")
        host = app.fleet.hosts["demo"]
        await pilot.press("x")
        await until(lambda: "<on_poweroff>destroy" in screen_text(app))
        await until(lambda: not host.inventory.unread)

        def define(connection: libvirt.virConnect) -> None:
            xml = connection.lookupByName("scratch").XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
            connection.defineXML(xml.replace("<on_poweroff>destroy", "<on_poweroff>restart"))

        await host.call(define)
        await until(lambda: "<on_poweroff>restart" in screen_text(app))


async def test_what_a_tab_has_to_say_is_read_beside_a_long_heading():
    async with running(size=(80, 24)) as (app, pilot):
        go_to(app, "monitoring")
        await pilot.press("x")
        await until(lambda: "live (t: stored)" in head(app) and "config differs" in head(app))
        await pilot.press("slash", *"memory")
        await until(lambda: "match 1 of" in head(app) and "config differs" in head(app))


@pytest.mark.parametrize(
    ("module", "name", "key", "after"),
    [
        (xml, "read_xml", "x", "live (t: stored)"),
        (overview, "read_domain", "enter", "T title"),
        (hardware_view, "read_stored", "e", "a adds"),
    ],
)
async def test_a_definition_that_is_slow_to_come_is_told(monkeypatch, module, name, key, after):
    answered, read = asyncio.Event(), getattr(module, name)

    async def slowly(*what, **how) -> object:
        await answered.wait()
        return await read(*what, **how)

    monkeypatch.setattr(module, name, slowly)
    async with running() as (app, pilot):
        go_to(app, "web-01")
        await pilot.press(key)
        await until(lambda: "being read…" in head(app))
        answered.set()
        await until(lambda: after in head(app))
        assert "being read…" not in head(app)


async def test_since_when_a_machine_is_not_known_is_read_in_a_long_heading(monkeypatch):
    async with running(size=(80, 24)) as (app, pilot):
        go_to(app, "monitoring")
        await pilot.press("x")
        await until(lambda: "config differs" in head(app))
        record = app.subjects()[0]
        lost = replace(record, name="a-machine-with-a-longer-name", stale=True)
        monkeypatch.setattr(app.fleet, "domain", lambda _key: lost)
        assert isinstance(app.screen, MachineScreen)
        app.screen._show_header()
        await until(lambda: re.search(r"last known at \d\d:\d\d:\d\d", head(app)))
