"""Putting the boot order together."""

from __future__ import annotations

from tests.model.definitions import Q35
from tests.screens.hardware_tab import go_to, hardware
from tests.waiting import until
from tui.model import Domain
from tui.screens.machine.boot_order import BootOrderDialog, bootables, by_device


def test_an_order_by_kind_is_the_first_of_each():
    devices = bootables(Domain.from_xml(Q35))
    assert by_device(["cdrom", "hd", "fd"], devices) == ["sda", "vda"]
    assert by_device(["sda"], devices) == ["sda"]


async def test_the_boot_order_is_put_together_from_the_devices():
    async with hardware("web-01") as (app, pilot, tab):
        devices = [device.name for device in bootables(tab.session.edited)]
        chosen = by_device(tab.session.edited.boot.order, bootables(tab.session.edited))
        await go_to(pilot, tab, "boot", "order")
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, BootOrderDialog))
        await until(lambda: app.focused is not None)
        other = next(name for name in devices if name not in chosen)
        assert app.screen.names[len(chosen)] == other
        await pilot.press(*["down"] * len(chosen), "space", *["K"] * len(chosen), "enter")
        await until(lambda: tab.session.edited.boot.order == (other, *chosen))
        assert not tab.session.edited.root.findall("os/boot")
