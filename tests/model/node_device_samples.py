"""Node devices as libvirt tells of them, for tests: made up, of every kind that matters."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.node_device_xml import from_xml
from tui.model.node_devices import NodeDevice
from tui.model.pci import PARTS, parse_address


def pci_name(address: str) -> str:
    """``pci_0000_03_00_0``."""
    return "pci_" + parse_address(address).replace(":", "_").replace(".", "_")


def address_xml(address: str, extra: str = "") -> str:
    """An ``<address>`` element."""
    parts = parse_address(address).replace(".", ":").split(":")
    told = " ".join(f"{n}='0x{v}'" for n, v in zip(PARTS, parts, strict=True))
    return f"<address {extra}{told}/>"


def pci_xml(
    address: str,
    code: str = "0x020000",
    *,
    driver: str = "",
    group: int | None = None,
    members: Sequence[str] = (),
    parent: str = "computer",
    physical: str = "",
    virtual: Sequence[str] | None = None,
    most: int = 7,
    vendor: tuple[str, str] = ("0x8086", "Intel Corporation"),
    product: tuple[str, str] = ("0x10c9", "82576 Gigabit Network Connection"),
    numa: int | None = None,
    extra: str = "",
) -> str:
    """A PCI device."""
    _domain, bus, slot, function = parse_address(address).replace(".", ":").split(":")
    parts = [
        f"<device><name>{pci_name(address)}</name>",
        f"<path>/sys/devices/pci0000:00/{parse_address(address)}</path><parent>{parent}</parent>",
        f"<driver><name>{driver}</name></driver>" if driver else "",
        f"<capability type='pci'><class>{code}</class><domain>0</domain>",
        f"<bus>{int(bus, 16)}</bus><slot>{int(slot, 16)}</slot><function>{function}</function>",
        f"<product id='{product[0]}'>{product[1]}</product>",
        f"<vendor id='{vendor[0]}'>{vendor[1]}</vendor>",
    ]
    if physical:
        parts.append(f"<capability type='phys_function'>{address_xml(physical)}</capability>")
    if virtual is not None:
        functions = "".join(map(address_xml, virtual))
        parts.append(
            f"<capability type='virt_functions' maxCount='{most}'>{functions}</capability>"
        )
    if group is not None:
        told = "".join(map(address_xml, members or (address,)))
        parts.append(f"<iommuGroup number='{group}'>{told}</iommuGroup>")
    if numa is not None:
        parts.append(f"<numa node='{numa}'/>")
    return "".join([*parts, extra, "</capability></device>"])


def net_xml(interface: str, parent: str, state: str = "up", speed: str = "1000") -> str:
    """A network interface."""
    told = f"speed='{speed}' " if speed else ""
    return (
        f"<device><name>net_{interface}</name><path>/sys/devices/x/net/{interface}</path>"
        f"<parent>{parent}</parent><capability type='net'><interface>{interface}</interface>"
        f"<address>52:54:00:10:01:10</address><link {told}state='{state}'/>"
        "<capability type='80203'/></capability></device>"
    )


def usb_xml(port: str, device: int, identity: str, words: str, parent: str = "usb_usb1") -> str:
    """A USB device."""
    vendor, product = identity.split(":")
    bus = port.partition("-")[0]
    return (
        f"<device><name>usb_{port.replace('-', '_').replace('.', '_')}</name>"
        f"<path>/sys/devices/pci0000:00/0000:07:00.0/usb{bus}/{port}</path>"
        f"<parent>{parent}</parent><driver><name>usb</name></driver>"
        f"<capability type='usb_device'><bus>{bus}</bus><device>{device}</device>"
        f"<product id='0x{product}'>{words}</product><vendor id='0x{vendor}'>Maker</vendor>"
        "</capability></device>"
    )


def usb_interface_xml(parent: str, numbers: tuple[int, int, int]) -> str:
    """One interface of a USB device."""
    return (
        f"<device><name>{parent}_1_0</name><parent>{parent}</parent><capability type='usb'>"
        f"<number>0</number><class>{numbers[0]}</class><subclass>{numbers[1]}</subclass>"
        f"<protocol>{numbers[2]}</protocol></capability></device>"
    )


def mdev_xml(uuid: str, parent: str, group: int = 80) -> str:
    """A mediated device."""
    return (
        f"<device><name>mdev_{uuid.replace('-', '_')}_{parent.removeprefix('pci_')}</name>"
        f"<parent>{parent}</parent><capability type='mdev'><type id='nvidia-11'/>"
        f"<uuid>{uuid}</uuid><iommuGroup number='{group}'/></capability></device>"
    )


UUID = "8bb2ff8c-7f1b-4d7b-9a6a-6f0b6f1f6a01"

SHARED = ("04:00.0", "05:01.0", "05:02.0")
HOST: tuple[str, ...] = (
    "<device><name>computer</name><capability type='system'><product>Lab</product><hardware>"
    "<uuid>5710feed-0000-4000-8000-0000000000a1</uuid></hardware><firmware/></capability>"
    "</device>",
    pci_xml("00:10.0", "0x060400", driver="pcieport", group=3),
    pci_xml(
        "01:00.0",
        driver="igb",
        group=12,
        parent=pci_name("00:10.0"),
        virtual=("01:10.0", "01:10.2"),
        extra="<pci-express><link validity='cap' port='0' speed='8' width='4'/>"
        "<link validity='sta' speed='2.5' width='1'/></pci-express>",
    ),
    net_xml("enp1s0", pci_name("01:00.0")),
    *(
        pci_xml(
            address,
            driver="igbvf",
            group=group,
            parent=pci_name("00:10.0"),
            physical="01:00.0",
            product=("0x10ca", "82576 Virtual Function"),
            numa=1,
        )
        for address, group in (("01:10.0", 20), ("01:10.2", 21))
    ),
    net_xml("enp1s0v0", pci_name("01:10.0"), "down", ""),
    pci_xml("04:00.0", "0x060400", group=15, members=SHARED),
    pci_xml(
        "05:01.0",
        driver="e1000",
        group=15,
        members=SHARED,
        parent=pci_name("04:00.0"),
        product=("0x100e", "82540EM Gigabit Ethernet Controller"),
    ),
    pci_xml(
        "05:02.0",
        driver="8139cp",
        group=15,
        members=SHARED,
        parent=pci_name("04:00.0"),
        vendor=("0x10ec", "Realtek Semiconductor Co., Ltd."),
        product=("0x8139", "RTL-8100/8101L/8139 PCI Fast Ethernet Adapter"),
    ),
    pci_xml(
        "06:00.0",
        "0x030000",
        driver="nvidia",
        group=30,
        extra="<capability type='mdev_types'><type id='nvidia-11'><name>GRID M60-0B</name>"
        "<deviceAPI>vfio-pci</deviceAPI><availableInstances>16</availableInstances></type>"
        "</capability>",
    ),
    mdev_xml(UUID, pci_name("06:00.0")),
    pci_xml("07:00.0", "0x0c0330", driver="xhci_hcd", group=17),
    usb_xml("1-1", 2, "046d:c31c", "Keyboard", parent=pci_name("07:00.0")),
    usb_interface_xml("usb_1_1", (3, 1, 1)),
    usb_xml("1-4.2", 5, "0403:6001", "FT232 Serial", parent=pci_name("07:00.0")),
    pci_xml("08:00.0", "0x010802", driver="nvme", group=18),
    "<device><name>block_nvme0n1</name><path>/sys/devices/virtual/nvme-subsystem/x/nvme0n1</path>"
    "<devnode type='link'>/dev/disk/by-path/pci-0000:08:00.0-nvme-1</devnode>"
    "<parent>computer</parent><capability type='storage'><block>/dev/nvme0n1</block>"
    "<drive_type>disk</drive_type><model>Disk</model><size>1000</size></capability></device>",
)
"""A host: a card with two functions, two cards in one group, a GPU, USB, NVMe."""


def devices(*more: str, without: Sequence[str] = ()) -> list[NodeDevice]:
    """The records of :data:`HOST` and of more; without those of some names."""
    found = [from_xml(xml) for xml in (*HOST, *more)]
    return [device for device in found if device.name not in without]
