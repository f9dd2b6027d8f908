"""What the Hardware tab reads again."""

from __future__ import annotations

import libvirt

from tests.screens.test_hardware import hardware
from tests.waiting import until

NEW = "<network><name>made-meanwhile</name><bridge name='virbr77'/></network>"


async def test_what_the_host_offers_is_read_again_when_asked_for():
    def make(connection: libvirt.virConnect) -> None:
        connection.networkDefineXML(NEW).create()

    async with hardware("web-01") as (app, pilot, tab):
        assert "made-meanwhile" not in tab.surroundings.networks
        await app.fleet.hosts["demo"].call(make)
        await pilot.press("f5")
        await until(lambda: "made-meanwhile" in tab.surroundings.networks)
