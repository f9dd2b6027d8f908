"""New devices on their way into a machine's edit: what speaks against them, room, what leaves."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from tui.hypervisor.records import DomainKey
from tui.model.device_claims import claims_of
from tui.model.devices import device_of
from tui.model.domain import Domain
from tui.model.editing import Edits
from tui.model.node_devices import NodeDevice
from tui.model.passthrough_rules import findings
from tui.model.pcie_ports import PORT_XML, free_ports, takes_port
from tui.model.rules import Finding
from tui.model.surroundings import Surroundings
from tui.screens.devices.assign import Assignment
from tui.screens.program import Program

ROOM = 4
"""Root ports that are offered where none is free."""


def findings_about(
    app: Program, key: DomainKey, document: Domain, around: Surroundings
) -> list[Finding]:
    """What speaks against a machine's devices of the host, once these are read."""
    reader = app.fleet.devices_of(key[0])
    if any(device.tag_name == "hostdev" for device in document.devices):
        reader.want()
    if not reader.is_read:
        return []
    return findings(document, key[1], reader.devices, around.cells)


async def room_for(app: Program, added: Assignment, live: Domain | None) -> list[str]:
    """XML of root ports for a running machine that has no place left, if the person wants them."""
    free = None if live is None else free_ports(live)
    devices = [device_of(etree.fromstring(xml), Edits()) for xml in added.xmls]
    if free is None or free >= sum(map(takes_port, devices)):
        return []
    question = f"There is no free PCIe port. Add {ROOM} root ports as well?"
    told = "The device comes with the next boot; from then on there is room to plug in more."
    return [PORT_XML] * ROOM if await app.ask(question, told, yes="Add ports") else []


def still_leaving(leaving: Mapping[str, NodeDevice], document: Domain) -> dict[str, NodeDevice]:
    """Those whose group a device of the machine is of: its edit may have been taken back."""
    places = {c.place for c in claims_of(document, running=False)}
    return {
        name: device
        for name, device in leaving.items()
        if device.pci is not None and places & set(device.pci.members)
    }
