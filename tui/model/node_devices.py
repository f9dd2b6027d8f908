"""Devices of a host, as libvirt's node devices tell of them: immutable records."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tui.model import pci

VFIO = frozenset(("vfio-pci", "pci-stub", "pci_stub"))
"""Drivers that keep a device for guests."""
USB_KEYBOARD = (3, 1, 1)
"""Class, subclass and protocol of a keyboard that works without a driver of its own."""
USB_HUB = 9


@dataclass(frozen=True, slots=True)
class MdevType:
    """A kind of mediated device that a parent can make."""

    id: str
    name: str
    available: int
    """How many more fit now."""


@dataclass(frozen=True, slots=True)
class Link:
    """A PCI Express link."""

    speed: str
    """GT/s, as libvirt writes it: ``8``, ``2.5``."""
    width: str

    @property
    def words(self) -> str:
        """``8 GT/s x4``."""
        return f"{self.speed} GT/s x{self.width}" if self.speed else f"x{self.width}"


@dataclass(frozen=True, slots=True)
class Pci:
    """``<capability type='pci'>``."""

    address: str
    """``0000:03:00.0``."""
    class_code: int
    """24 bits: class, subclass, interface."""
    vendor_id: str
    vendor: str
    product_id: str
    product: str
    group: int | None = None
    """IOMMU group; None without an IOMMU."""
    members: tuple[str, ...] = ()
    """Addresses of all devices of the group, its own included."""
    numa: int | None = None
    link: Link | None = None
    """What the link runs at now."""
    link_most: Link | None = None
    """What the device can do."""
    physical: str = ""
    """Of a virtual function: the address of the card that it is part of."""
    virtual: tuple[str, ...] = ()
    """Of a physical function: the addresses of its virtual functions."""
    most_virtual: int | None = None
    """Of a physical function: how many it can have; None for other devices."""
    mdev_types: tuple[MdevType, ...] = ()

    @property
    def is_bridge(self) -> bool:
        """Bridges and ports are the host's; a guest never gets one."""
        return self.class_code >> 16 == pci.BRIDGE

    @property
    def is_display(self) -> bool:
        """A graphics card."""
        return self.class_code >> 16 == pci.DISPLAY

    @property
    def is_storage(self) -> bool:
        """A controller with disks."""
        return self.class_code >> 16 == pci.STORAGE

    @property
    def is_network(self) -> bool:
        """A network card or a function of one."""
        return self.class_code >> 16 == pci.NETWORK

    @property
    def is_usb(self) -> bool:
        """A USB controller."""
        return self.class_code >> 8 == pci.USB


@dataclass(frozen=True, slots=True)
class Usb:
    """``<capability type='usb_device'>``."""

    bus: int
    device: int
    """Its number on the bus; another one after it is plugged in again."""
    port: str
    """Where it is plugged in: ``1-2``, ``1-4.3`` behind a hub; empty where not told."""
    vendor_id: str
    vendor: str
    product_id: str
    product: str

    @property
    def identity(self) -> str:
        """``046d:c52b``."""
        return f"{self.vendor_id}:{self.product_id}".replace("0x", "")

    @property
    def is_root_hub(self) -> bool:
        """Part of the controller."""
        return self.vendor_id == "0x1d6b"


@dataclass(frozen=True, slots=True)
class Net:
    """``<capability type='net'>``."""

    interface: str
    mac: str
    state: str
    """``up``, ``down``, ``unknown``."""
    speed: int | None
    """Mbit/s; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Storage:
    """``<capability type='storage'>``: a disk."""

    block: str
    """``/dev/sda``."""
    model: str
    size: int | None
    """Bytes."""
    kind: str
    """``disk``, ``cdrom``, …"""
    controller: str = ""
    """PCI address of its controller where the names below ``/dev`` tell it."""


@dataclass(frozen=True, slots=True)
class Scsi:
    """``<capability type='scsi'>``: a logical unit."""

    host: int
    bus: int
    target: int
    unit: int

    @property
    def place(self) -> str:
        """As ``<hostdev>`` names it: adapter and bus, target and unit."""
        return f"scsi_host{self.host} {self.bus}:{self.target}:{self.unit}"


@dataclass(frozen=True, slots=True)
class Mdev:
    """``<capability type='mdev'>``: a mediated device."""

    type_id: str
    uuid: str
    group: int | None
    parent_address: str = ""


@dataclass(frozen=True, slots=True)
class NodeDevice:
    """One device of a host."""

    name: str
    """libvirt's: ``pci_0000_03_00_0``."""
    kind: str
    """Capability: ``pci``, ``usb_device``, ``usb``, ``net``, ``storage``, ``scsi``, ``mdev``, …"""
    parent: str = ""
    path: str = ""
    """Below /sys."""
    driver: str = ""
    """The host's driver that is bound to it; empty without one."""
    pci: Pci | None = None
    usb: Usb | None = None
    net: Net | None = None
    storage: Storage | None = None
    scsi: Scsi | None = None
    mdev: Mdev | None = None
    usb_interface: tuple[int, int, int] | None = None
    """Class, subclass and protocol of one interface of a USB device."""
    wwpn: str = ""
    """Of a Fibre Channel port."""
    active: bool = True
    """False for a mediated device that is defined and not started."""
    persistent: bool = False
    autostart: bool = False
    """The latter two for mediated devices."""
    detail: str = field(default="", compare=False)
    """What a kind without a record of its own is, in a word."""

    @property
    def address(self) -> str:
        """What a person knows it by: PCI address, USB port, interface, ``/dev`` name, UUID."""
        if self.pci is not None:
            return self.pci.address
        if self.usb is not None:
            return f"USB {self.usb.port or f'{self.usb.bus}:{self.usb.device}'}"
        if self.net is not None:
            return self.net.interface
        if self.storage is not None:
            return self.storage.block.removeprefix("/dev/")
        if self.scsi is not None:
            at = self.scsi
            return f"SCSI {at.host}:{at.bus}:{at.target}:{at.unit}"
        if self.mdev is not None:
            return self.mdev.uuid
        return self.name

    @property
    def is_for_guests(self) -> bool:
        """Bound to a driver that keeps it for guests."""
        return self.driver in VFIO or self.driver.endswith(("vfio-pci", "vfio_pci"))

    @property
    def group(self) -> int | None:
        """Its IOMMU group; None without one."""
        if self.mdev is not None:
            return self.mdev.group
        return None if self.pci is None else self.pci.group

    @property
    def is_vf(self) -> bool:
        """A virtual function."""
        return self.pci is not None and bool(self.pci.physical)

    @property
    def is_pf(self) -> bool:
        """A device that can have virtual functions."""
        return self.pci is not None and self.pci.most_virtual is not None

    @property
    def product(self) -> str:
        """Vendor and product in words; their numbers where the host has no words."""
        thing = self.pci or self.usb
        if thing is None:
            return ""
        vendor = short_vendor(thing.vendor) or thing.vendor_id.removeprefix("0x")
        return f"{vendor} {thing.product or thing.product_id.removeprefix('0x')}".strip()


_COMPANY = re.compile(
    r",? (?:Corporation|Corp\.?|Inc\.?|Incorporated|Co\.?|Ltd\.?|GmbH|Limited|Technologies|"
    r"Technology|Semiconductor|Electronics|Company|Systems|Networks)(?=[ ,]|$)"
)


def short_vendor(name: str) -> str:
    """A vendor's name without what every company is called: ``Intel``, ``Advanced Micro …``."""
    if name.startswith("Advanced Micro Devices"):
        return "AMD"
    short = _COMPANY.sub("", name)
    return re.sub(r"[, ]+$", "", short) or name
