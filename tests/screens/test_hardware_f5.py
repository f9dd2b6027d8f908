"""What the Hardware tab reads again, and when it is drawn again."""

from __future__ import annotations

from collections.abc import Sequence

import libvirt
from textual.content import Content

from tests.screens.hardware_tab import hardware
from tests.waiting import until
from tui.widgets.options import Options

NEW = "<network><name>made-meanwhile</name><bridge name='virbr77'/></network>"


async def test_what_the_host_offers_is_read_again_when_asked_for():
    def make(connection: libvirt.virConnect) -> None:
        connection.networkDefineXML(NEW).create()

    async with hardware("web-01") as (app, pilot, tab):
        assert "made-meanwhile" not in tab.surroundings.networks
        await app.fleet.hosts["demo"].call(make)
        await pilot.press("f5")
        await until(lambda: "made-meanwhile" in tab.surroundings.networks)


async def test_the_tab_is_drawn_when_there_is_something_else_to_see(monkeypatch):
    widths: list[int] = []

    def show_lines(self: Options, lines: Sequence[Content]) -> None:
        widths.append(self.size.width)
        drawn(self, lines)

    drawn = Options.show_lines
    monkeypatch.setattr(Options, "show_lines", show_lines)
    async with hardware("web-02") as (app, pilot, tab):
        inventory = app.fleet.hosts["demo"].inventory
        await until(lambda: tab.surroundings.neighbours.sources and not inventory.unread)
        await pilot.pause()
        widths.clear()
        await pilot.press("f5")
        await until(lambda: len(widths) == 2)  # what is stored, what runs
        await until(lambda: tab.surroundings.neighbours.sources)
        await pilot.pause()
        assert len(widths) == 2  # nothing around tells against it
        await pilot.resize_terminal(90, 40)
        await until(lambda: len(widths) == 3)  # the lines are cut to the width
        assert widths[-1] == tab.list.size.width < widths[0]
