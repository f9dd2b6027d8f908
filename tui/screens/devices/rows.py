"""The devices table: records to rows, cells and filter. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.model import units
from tui.model.device_index import NO_GROUP
from tui.model.node_devices import NodeDevice
from tui.model.passthrough import Devices
from tui.model.pci import class_words, short
from tui.model.text import visible
from tui.widgets.line_table import Cell, Column

TREE, GROUPS = "tree", "groups"
INDENT = "  "
KINDS = {
    "usb_device": "USB",
    "net": "Interface",
    "storage": "Disk",
    "scsi": "SCSI",
    "scsi_host": "HBA",
    "mdev": "Mediated",
    "vdpa": "vDPA",
}
"""Words for what is no PCI device."""


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One line: a device, or the heading of a group or a host."""

    host: str
    name: str
    """libvirt's name of the device; of a heading something that no device is called."""
    address: str
    depth: int
    what: str = ""
    driver: str = ""
    group: str = ""
    numa: str = ""
    held: str = ""
    held_style: str = ""
    troubled: bool = False
    """A machine that is configured with it had better not be started."""
    is_heading: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Identity over all hosts."""
        return (self.host, self.name)

    def matches(self, words: Sequence[str]) -> bool:
        """Whether it has every word; ``driver:``, ``group:``, ``numa:`` look there alone.

        A driver may be named by its beginning, a number is the whole one.
        """
        numbers = {"group": self.group.split(" ")[0], "numa": self.numa}
        text = " ".join((self.address, self.what, self.driver, self.held, self.name)).casefold()
        for word in words:
            name, colon, value = word.partition(":")
            if colon and name == "driver":
                if not self.driver.casefold().startswith(value):
                    return False
            elif colon and name in numbers:
                if value and numbers[name] != value:
                    return False
            elif word not in text:
                return False
        return True


def rows_of(host: str, devices: Devices, view: str, *, titled: bool) -> list[DeviceRow]:
    """A host's lines in order; ``titled`` begins with one that names the host."""
    rows: list[DeviceRow] = []
    depth = 0
    if titled:
        rows.append(DeviceRow(host, "\0host", visible(host), 0, is_heading=True))
        depth = 1
    if view == TREE:
        branches = devices.index.tree()
        return rows + [device_row(host, devices, b.device, depth + b.depth) for b in branches]
    for number, members in devices.index.by_group():
        rows.append(group_row(host, devices, number, members, depth))
        rows += [device_row(host, devices, member, depth + 1) for member in members]
    return rows


def group_row(
    host: str, devices: Devices, number: int, members: Sequence[NodeDevice], depth: int
) -> DeviceRow:
    """The heading of an IOMMU group."""
    count = units.count(len(members), "device")
    if number == NO_GROUP:
        title, what = "no group", f"{count} without an IOMMU group"
    else:
        title, what = f"group {number}", count
    first = next((m for m in members if m.pci is not None and not m.pci.is_bridge), None)
    blockers = devices.blockers(first) if first is not None else []
    if blockers and number != NO_GROUP:
        what += ": they go to one machine together, or the rest is detached"
    return DeviceRow(host, f"\0group {number}", title, depth, what, is_heading=True)


def device_row(host: str, devices: Devices, device: NodeDevice, depth: int) -> DeviceRow:
    """One device as things are now."""
    held, style = held_words(devices, device)
    numa = device.pci.numa if device.pci is not None else None
    return DeviceRow(
        host=host,
        name=device.name,
        address=short(device.address),
        depth=depth,
        what=what_words(devices, device),
        driver=device.driver,
        group=group_words(devices, device),
        numa="" if numa is None else str(numa),
        held=held,
        held_style=style,
        troubled=bool(troubles(devices, device)),
    )


def what_words(devices: Devices, device: NodeDevice) -> str:
    """What a person calls it: kind, maker and product, interface or size."""
    if device.pci is not None:
        nics = [nic.net for nic in devices.index.interfaces(device) if nic.net is not None]
        names = " ".join(f"{nic.interface} {nic.state}".strip() for nic in nics)
        kind = "VF" if device.is_vf else class_words(device.pci.class_code)
        return " ".join(filter(None, (kind, names, device.product)))
    if device.usb is not None:
        keyboard = " (keyboard)" if devices.index.is_keyboard(device) else ""
        return f"USB {device.usb.identity} {device.product}{keyboard}"
    if device.storage is not None:
        size = units.size(device.storage.size) if device.storage.size else ""
        kind = "Disk" if device.storage.kind == "disk" else device.storage.kind
        return " ".join(filter(None, (kind, device.storage.model, size)))
    if device.mdev is not None:
        state = "" if device.active else " (defined, not started)"
        return f"Mediated {device.mdev.type_id}{state}"
    if device.net is not None:
        return f"Interface {device.net.state} {device.net.mac}"
    kind = KINDS.get(device.kind, device.kind)
    return " ".join(filter(None, (kind, device.detail, device.wwpn)))


def group_words(devices: Devices, device: NodeDevice) -> str:
    """The group's number, and how many devices share it."""
    if device.group is None:
        return ""
    count = len(devices.index.members(device)) if device.pci is not None else 1
    return f"{device.group}" + (f" ×{count}" if count > 1 else "")


def held_words(devices: Devices, device: NodeDevice) -> tuple[str, str]:
    """Who has it or needs it, and the style of that."""
    holders = devices.holders_of(device)
    if holders:
        first, *others = holders
        more = f" +{len(others)}" if others else ""
        return first.words + more, "accent" if first.claim.running else ""
    if device.pci is not None and device.pci.virtual:
        there = len(device.pci.virtual)
        used = devices.functions_in_use(device)
        return f"{used} of {there} VFs used, max {device.pci.most_virtual}", ""
    guard = devices.guard(device)
    if guard.certain and guard:
        return f"host: {guard.reasons[0]}", "muted"
    if device.is_pf and device.pci is not None:
        return f"no VFs, max {device.pci.most_virtual}", "muted"
    pools = devices.pools_of(device) if device.is_vf else []
    if pools:
        return f"network {pools[0].name}", "muted"
    if device.is_for_guests:
        return "free, kept for machines", "ok"
    return "", ""


def troubles(devices: Devices, device: NodeDevice) -> list[str]:
    """What speaks against the start of the machines that are configured with it."""
    found: list[str] = []
    for holder in devices.holders_of(device):
        if holder.claim.configured and not holder.claim.running:
            # Its other claims matter too: they may bring the rest of the group along.
            claims = [other.claim for other in devices.holders if other.uuid == holder.uuid]
            address = short(device.address)
            found += [
                f"{holder.machine}: {words}"
                for words in devices.against_start(holder.uuid, claims)
                if address in words or f"group {device.group} " in words
            ]
    return list(dict.fromkeys(found))


def _style(row: DeviceRow) -> str:
    return "accent" if row.is_heading else ""


def _address(row: DeviceRow) -> Cell:
    return Cell(INDENT * row.depth + visible(row.address), _style(row))


def _held(row: DeviceRow) -> Cell:
    if row.troubled:
        return Cell(f"! {visible(row.held)}", "warning")
    return Cell(visible(row.held), row.held_style)


COLUMNS: Sequence[Column[DeviceRow]] = (
    Column("address", "Device", 18, _address, importance=0, min_width=14),
    Column(
        "what",
        "What it is",
        40,
        lambda row: Cell(visible(row.what), "muted" if row.is_heading else ""),
        importance=0,
        grow=True,
        min_width=24,
    ),
    Column(
        "held",
        "Held by",
        28,
        _held,
        importance=1,
        min_width=20,
    ),
    Column("driver", "Driver", 11, lambda row: Cell(visible(row.driver), "muted"), importance=2),
    Column("group", "Group", 6, lambda row: Cell(row.group), importance=3),
    Column("numa", "NUMA", 4, lambda row: Cell(row.numa, "muted"), importance=4, align="right"),
)
"""Most important first in what gives way; in the order of the screen."""
