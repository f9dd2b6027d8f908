"""The XML by which devices of the host come to machines, networks and mediated devices."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

from tui.model.devices.interface import MAC, UUID
from tui.model.node_devices import NodeDevice
from tui.model.pci import address_attributes
from tui.model.xml import element

VLANS = range(1, 4095)


def _text(made: etree._Element) -> str:
    return etree.tostring(made, encoding="unicode")


def _hostdev(kind: str, *parts: etree._Element, **attributes: str) -> str:
    source = element("source", {}, *parts)
    return _text(element("hostdev", {"mode": "subsystem", "type": kind, **attributes}, source))


def pci_hostdev(address: str) -> str:
    """A PCI device, taken from the host's driver at start and given back after."""
    return _hostdev("pci", element("address", address_attributes(address)), managed="yes")


def usb_by_identity(identity: str) -> str:
    """A USB device by maker and product, wherever it is plugged in."""
    vendor, product = identity.split(":")
    parts = (element("vendor", {"id": f"0x{vendor}"}), element("product", {"id": f"0x{product}"}))
    return _hostdev("usb", *parts, managed="yes")


def usb_by_place(bus: int, device: int) -> str:
    """A USB device by where it is now; its number changes when it is plugged in again."""
    return _hostdev(
        "usb", element("address", {"bus": str(bus), "device": str(device)}), managed="yes"
    )


def mdev_hostdev(uuid: str) -> str:
    """A mediated device."""
    return _hostdev("mdev", element("address", {"uuid": uuid}), model="vfio-pci")


def scsi_hostdev(adapter: str, bus: int, target: int, unit: int) -> str:
    """A SCSI unit of the host."""
    place = {"bus": str(bus), "target": str(target), "unit": str(unit)}
    return _hostdev(
        "scsi", element("adapter", {"name": adapter}), element("address", place), managed="no"
    )


def hostdev_of(device: NodeDevice) -> str:
    """The usual ``<hostdev>`` for a device. Raises ValueError for what no machine can get."""
    if device.pci is not None:
        return pci_hostdev(device.pci.address)
    if device.usb is not None:
        return usb_by_identity(device.usb.identity)
    if device.mdev is not None:
        return mdev_hostdev(device.mdev.uuid)
    if device.scsi is not None:
        at = device.scsi
        return scsi_hostdev(f"scsi_host{at.host}", at.bus, at.target, at.unit)
    raise ValueError(f"{device.name} is nothing that a machine can get")


def _nic(kind: str, source: etree._Element, mac: str, vlan: str, **attributes: str) -> str:
    parts = [element("mac", {"address": checked_mac(mac)}), source]
    if tag := checked_vlan(vlan):
        parts.append(element("vlan", {}, element("tag", {"id": tag})))
    return _text(element("interface", {"type": kind, **attributes}, *parts))


def vf_interface(address: str, mac: str, vlan: str = "") -> str:
    """A virtual function as a NIC. Raises ValueError with words for the person."""
    place = element("address", {"type": "pci", **address_attributes(address)})
    return _nic("hostdev", element("source", {}, place), mac, vlan, managed="yes")


def pool_interface(network: str, mac: str, vlan: str = "") -> str:
    """A NIC that gets whichever function of a network is free. Raises ValueError."""
    return _nic("network", element("source", {"network": network}), mac, vlan)


def checked_mac(text: str) -> str:
    """A MAC address for one NIC, lower case. Raises ValueError with words for the person."""
    mac = text.strip().lower()
    if not re.fullmatch(MAC, mac):
        raise ValueError("The MAC address is six pairs of hexadecimal digits.")
    if int(mac[:2], 16) & 1:
        raise ValueError("That MAC address is a group's: the second digit must be even.")
    return mac


def checked_vlan(text: str) -> str:
    """A VLAN tag, or nothing. Raises ValueError with words for the person."""
    text = text.strip()
    if text and (not text.isdigit() or int(text) not in VLANS):
        raise ValueError("A VLAN tag is a number from 1 to 4094; empty for none.")
    return text


def vf_network(name: str, interface: str = "", addresses: Sequence[str] = ()) -> str:
    """A network that gives functions: all of a card's, by its interface, or those listed."""
    forward = element("forward", {"mode": "hostdev", "managed": "yes"})
    if addresses:
        for address in addresses:
            attributes = {"type": "pci", **address_attributes(address)}
            forward.append(element("address", attributes))
    else:
        forward.append(element("pf", {"dev": interface}))
    title = etree.Element("name")
    title.text = name
    return _text(element("network", {}, title, forward))


def mdev_device(parent: str, type_id: str, uuid: str = "") -> str:
    """A mediated device to be made, below a device's name; libvirt draws a UUID without one."""
    capability = element("capability", {"type": "mdev"}, element("type", {"id": type_id}))
    if uuid:
        if not re.fullmatch(UUID, uuid):
            raise ValueError("That is no UUID.")
        etree.SubElement(capability, "uuid").text = uuid.lower()
    above = etree.Element("parent")
    above.text = parent
    return _text(element("device", {}, above, capability))
