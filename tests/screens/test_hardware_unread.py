"""A definition that cannot be read: nothing waits for it, and keys are answered."""

from __future__ import annotations

from tests.screens.test_machines import running, screen_text
from tests.waiting import until
from tui.hypervisor.errors import HypervisorError
from tui.screens.devices.assign import Assignment
from tui.screens.devices.to_machine import give_to_machine
from tui.screens.machine import hardware_view
from tui.screens.machine.screen import MachineScreen


async def refuse(*_machine: object) -> None:
    raise HypervisorError("Read it", words="access denied")


async def test_its_xml_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(hardware_view, "read_stored", refuse)
    async with running() as (app, pilot):
        app.open_machine(next(iter(app.fleet.domains())).key, "overview")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab is not None)
        await pilot.press("X")
        await until(lambda: "access denied" in screen_text(app))
        await until(lambda: "has not been read yet" in screen_text(app))
        await pilot.press("escape")
        await until(lambda: len(app.screen_stack) == 1)


async def test_no_device_is_given_to_it(monkeypatch):
    monkeypatch.setattr(hardware_view, "read_stored", refuse)
    async with running() as (app, _pilot):
        record = next(iter(app.fleet.domains()))
        host = app.fleet.hosts[record.host]
        app.begin(give_to_machine(app, host, record, Assignment(("<hostdev/>",))))
        await until(lambda: "could not be opened" in screen_text(app))
