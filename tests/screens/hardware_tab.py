"""The Hardware tab on the demo host, for the tests that drive it by keys."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import libvirt
from textual.pilot import Pilot

from tests.waiting import until
from tui.app import VirttyApp
from tui.demo import demo_uri
from tui.hypervisor.fleet import Fleet
from tui.model import Domain
from tui.screens.choose import Choose
from tui.screens.machine.hardware import HardwareTab
from tui.screens.machine.screen import MachineScreen
from tui.settings import Settings


@contextlib.asynccontextmanager
async def hardware(
    name: str,
    state: Path | None = None,
    *,
    size: tuple[int, int] = (120, 40),
    readonly: bool = False,
) -> AsyncIterator[tuple[VirttyApp, Pilot[int], HardwareTab]]:
    """The program on the demo host with a machine's Hardware tab in front."""
    fleet = Fleet(None if state is None else state / "audit.log")
    fleet.add("demo", demo_uri(), demo=True, readonly=readonly).open()
    app = VirttyApp(fleet, Settings())
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(lambda: any(record.name == name for record in fleet.domains()))
        record = next(record for record in fleet.domains() if record.name == name)
        app.open_machine(record.key, "hardware")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab is not None)
        tab = app.screen.tab
        assert isinstance(tab, HardwareTab)
        await until(lambda: tab.session is not None and tab.list.option_count > 5)
        await until(lambda: tab.surroundings.networks)
        yield app, pilot, tab
    fleet.close()


async def stored(app: VirttyApp, name: str) -> Domain:
    """The definition as libvirt has it, not as the tab does."""

    def read(connection: libvirt.virConnect) -> str:
        flags = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
        return connection.lookupByName(name).XMLDesc(flags)

    return Domain.from_xml(await app.fleet.hosts["demo"].call(read))


async def go_to(pilot: Pilot[int], tab: HardwareTab, key: str, field: str) -> None:
    """The cursor on a device's field."""
    tab.list.focus()
    tab.list.highlighted = tab.keys.index(key)
    await pilot.pause()
    names = [row.name for row in tab.form.lines.rows]
    await pilot.press("enter")
    tab.form.lines.action_move(names.index(field) - tab.form.lines.cursor)
    await pilot.pause()


async def choose(app: VirttyApp, pilot: Pilot[int], value: str) -> None:
    """Take an offer of the list in front."""
    await until(lambda: isinstance(app.screen, Choose))
    await pilot.pause()
    dialog = app.screen
    assert isinstance(dialog, Choose)
    wanted = [offer.id for offer in dialog.offers].index(value)
    dialog.query_one("Options").highlighted = wanted
    await pilot.press("enter")
    await until(lambda: app.screen is not dialog)
