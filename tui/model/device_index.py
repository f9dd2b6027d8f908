"""The devices of one host together: who is part of what, in which group, below what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tui.model.node_devices import USB_HUB, USB_KEYBOARD, NodeDevice

HIDDEN = frozenset(
    ("system", "usb", "scsi_target", "scsi_generic", "drm", "ccw", "css", "mdev_types")
)
"""Kinds that are no devices of their own to a person: parts of one, or its names."""
NO_GROUP = -1
VIRTUAL = ("/sys/devices/virtual/net/", "/sys/devices/virtual/block/")


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree."""

    device: NodeDevice
    depth: int


class DeviceIndex:
    """Devices by name, address, group, and below each other. Never changed once made."""

    def __init__(self, devices: Iterable[NodeDevice] = ()) -> None:
        self.by_name: Mapping[str, NodeDevice] = {device.name: device for device in devices}
        self.by_pci: Mapping[str, NodeDevice] = {
            device.pci.address: device for device in self.by_name.values() if device.pci
        }
        self._children: defaultdict[str, list[NodeDevice]] = defaultdict(list)
        for device in self.by_name.values():
            self._children[self._above(device)].append(device)
        groups: defaultdict[int, list[NodeDevice]] = defaultdict(list)
        for device in self.by_pci.values():
            if device.group is not None:
                groups[device.group].append(device)
        self.groups: Mapping[int, tuple[NodeDevice, ...]] = {
            number: tuple(sorted(members, key=_order)) for number, members in groups.items()
        }

    def _above(self, device: NodeDevice) -> str:
        """Name of what it is shown below: a VF's card, a disk's controller, else its parent."""
        if device.pci is not None and device.pci.physical in self.by_pci:
            return self.by_pci[device.pci.physical].name
        if device.mdev is not None and device.mdev.parent_address in self.by_pci:
            return self.by_pci[device.mdev.parent_address].name
        if device.storage is not None and device.parent == "computer":
            controller = self.by_pci.get(device.storage.controller)
            return controller.name if controller is not None else device.parent
        return device.parent

    def __len__(self) -> int:
        return len(self.by_name)

    def children(self, device: NodeDevice) -> tuple[NodeDevice, ...]:
        """What is directly below a device."""
        return tuple(self._children.get(device.name, ()))

    def below(self, device: NodeDevice) -> list[NodeDevice]:
        """All that is below a device."""
        found: list[NodeDevice] = []
        todo = [device]
        while todo:
            for child in self._children.get(todo.pop().name, ()):
                found.append(child)
                todo.append(child)
        return found

    def interfaces(self, device: NodeDevice) -> tuple[NodeDevice, ...]:
        """The network interfaces of a card itself, not those of its virtual functions."""
        found: list[NodeDevice] = []
        for child in self.children(device):
            if child.net is not None:
                found.append(child)
            elif child.pci is None:
                found += self.interfaces(child)  # a virtio card has its virtio device between
        return tuple(found)

    def virtual_functions(self, device: NodeDevice) -> tuple[NodeDevice, ...]:
        """Of a physical function, those that are there."""
        places = device.pci.virtual if device.pci is not None else ()
        return tuple(self.by_pci[place] for place in places if place in self.by_pci)

    def physical_function(self, device: NodeDevice) -> NodeDevice | None:
        """Of a virtual function, its card."""
        return None if device.pci is None else self.by_pci.get(device.pci.physical)

    def members(self, device: NodeDevice) -> tuple[NodeDevice, ...]:
        """All devices of its IOMMU group, its own included."""
        if device.pci is None or device.pci.group is None:
            return (device,)
        return self.groups.get(device.pci.group, (device,))

    def is_keyboard(self, device: NodeDevice) -> bool:
        """A USB device with the keys of a keyboard."""
        return any(child.usb_interface == USB_KEYBOARD for child in self.children(device))

    def is_hub(self, device: NodeDevice) -> bool:
        """A USB device that others are plugged into."""
        return any((c.usb_interface or (0,))[0] == USB_HUB for c in self.children(device))

    def interface_named(self, name: str) -> NodeDevice | None:
        """The network interface of that name."""
        for device in self.by_name.values():
            if device.net is not None and device.net.interface == name:
                return device
        return None

    def card_of(self, device: NodeDevice | None) -> NodeDevice | None:
        """The PCI device that something is on; itself for a PCI device."""
        while device is not None and device.pci is None:
            device = self.by_name.get(self._above(device))
        return device

    def carrier_of(self, device: NodeDevice | None) -> NodeDevice | None:
        """The PCI or USB device that something is on: what a machine gets to have it."""
        while device is not None and device.pci is None and device.usb is None:
            device = self.by_name.get(self._above(device))
        return device

    @property
    def has_iommu(self) -> bool:
        """Whether any device is in an IOMMU group."""
        return bool(self.groups)

    # -- views ---------------------------------------------------------------------------

    def tree(self) -> list[Branch]:
        """What a person calls a device, in order, each below what it is part of.

        Bridges, interfaces of USB devices and the like give way to what is behind them.
        """
        lines: list[Branch] = []
        tops = [d for d in self.by_name.values() if self._above(d) not in self.by_name]
        for device in sorted(tops, key=_order):
            self._grow(device, 0, lines)
        # Devices behind bridges come out in the order of the bridges: put them in their own.
        blocks: list[list[Branch]] = []
        for line in lines:
            if line.depth == 0:
                blocks.append([])
            blocks[-1].append(line)
        blocks.sort(key=lambda block: _order(block[0].device))
        return [line for block in blocks for line in block]

    def _grow(self, device: NodeDevice, depth: int, lines: list[Branch]) -> None:
        shown = self.is_shown(device)
        if shown:
            lines.append(Branch(device, depth))
        for child in sorted(self.children(device), key=_order):
            self._grow(child, depth + shown, lines)

    def is_shown(self, device: NodeDevice) -> bool:
        """Whether it has a line of its own in the tree."""
        if device.kind in HIDDEN or device.path.startswith(VIRTUAL):
            return False
        if device.kind == "scsi_host":
            return bool(device.wwpn)
        if device.usb is not None:
            return not device.usb.is_root_hub
        if device.net is not None:
            return self.card_of(device) is None  # a card's line shows its interface
        return device.pci is None or not device.pci.is_bridge

    def by_group(self) -> list[tuple[int, tuple[NodeDevice, ...]]]:
        """IOMMU groups with their members, bridges included; NO_GROUP last."""
        found = sorted(self.groups.items())
        alone = tuple(d for d in sorted(self.by_pci.values(), key=_order) if d.group is None)
        return [*found, *([(NO_GROUP, alone)] if alone else [])]


_RANK = {"pci": 0, "net": 1, "usb_device": 2, "scsi_host": 3, "scsi": 4, "storage": 5, "mdev": 6}


def _order(device: NodeDevice) -> tuple[int, str, tuple[int, ...], str]:
    if device.pci is not None:
        return (0, device.pci.address, (), "")
    numbers: tuple[int, ...] = ()
    if device.usb is not None:
        ports = device.usb.port.replace("-", ".").split(".")
        numbers = tuple(int(part) for part in ports if part.isdigit())
    return (_RANK.get(device.kind, 9), "", numbers, device.address)
