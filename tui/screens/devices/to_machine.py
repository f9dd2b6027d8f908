"""A choice of the devices pane becomes an edit of a machine's Hardware tab, with its review."""

from __future__ import annotations

from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model.text import visible
from tui.screens.devices.assign import Assignment
from tui.screens.machine.hardware import HardwareTab
from tui.screens.machine.screen import MachineScreen
from tui.screens.program import Program


async def give_to_machine(
    app: Program, host: Host, record: DomainRecord, added: Assignment
) -> None:
    """Open the machine's Hardware tab with the devices in its edit, and its review."""
    screen = MachineScreen((host.record.key, record.uuid), "hardware")
    await app.push_screen(screen)
    await screen.show_tab("hardware")
    tab = screen.tab
    if isinstance(tab, HardwareTab):
        await tab.when_read()
    if not isinstance(tab, HardwareTab) or tab.session is None:
        app.say(f"The hardware of {visible(record.name)} could not be opened.", "error")
        return
    await tab.when_settled()
    await tab.give(added)
    await tab.review()
