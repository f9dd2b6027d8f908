"""PCI addresses and classes, as libvirt writes them and as people do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

_ADDRESS = re.compile(
    r"(?:(?P<domain>[0-9a-fA-F]{4,8}):)?"
    r"(?P<bus>[0-9a-fA-F]{1,2}):(?P<slot>[0-9a-fA-F]{1,2})\.(?P<function>[0-7])"
)
PARTS = ("domain", "bus", "slot", "function")

BRIDGE = 0x06
DISPLAY = 0x03
STORAGE = 0x01
NETWORK = 0x02
USB = 0x0C03

CLASSES: Mapping[int, str] = {
    0x0100: "SCSI controller",
    0x0101: "IDE controller",
    0x0104: "RAID controller",
    0x0106: "SATA controller",
    0x0107: "SAS controller",
    0x0108: "NVMe controller",
    0x0200: "Ethernet",
    0x0207: "InfiniBand",
    0x0300: "Display",
    0x0302: "3D controller",
    0x0380: "Display",
    0x0401: "Audio",
    0x0403: "Audio",
    0x0500: "Memory",
    0x0502: "CXL memory",
    0x0600: "Host bridge",
    0x0601: "ISA bridge",
    0x0604: "PCI bridge",
    0x0700: "Serial port",
    0x0780: "Communication",
    0x0805: "SD host",
    0x0880: "System device",
    0x0B40: "Co-processor",
    0x0C00: "FireWire",
    0x0C03: "USB controller",
    0x0C04: "Fibre Channel",
    0x0C05: "SMBus",
    0x0C80: "Serial bus",
    0x0D11: "Bluetooth",
    0x0D80: "Wireless",
    0x1000: "Encryption",
    0x1080: "Encryption",
    0x1180: "Signal processing",
    0x1200: "Accelerator",
}
"""Words for the class and subclass that one meets on hosts."""

BASES: Mapping[int, str] = {
    0x00: "Device",
    0x01: "Storage",
    0x02: "Network",
    0x03: "Display",
    0x04: "Multimedia",
    0x05: "Memory",
    0x06: "Bridge",
    0x07: "Communication",
    0x08: "System device",
    0x09: "Input",
    0x0B: "Processor",
    0x0C: "Serial bus",
    0x0D: "Wireless",
    0x10: "Encryption",
    0x11: "Signal processing",
    0x12: "Accelerator",
}


def class_words(code: int) -> str:
    """What a class code (24 bits: class, subclass, interface) stands for."""
    return CLASSES.get(code >> 8) or BASES.get(code >> 16, "Device")


class Parts(Protocol):
    """An address element, or a mapping: what is asked for the parts of an address."""

    def get(self, name: str, /) -> str | None:
        """One part, ``0x03``; None where it is not told."""
        ...


def address_text(parts: Parts) -> str:
    """``0000:03:00.0`` of an ``<address>`` or its attributes; empty where they are no address."""
    try:
        domain, bus, slot, function = (int(parts.get(name) or "0", 0) for name in PARTS)
    except ValueError:
        return ""
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"


def parse_address(text: str) -> str:
    """A typed address in full form. Raises ValueError with words for the person."""
    match = _ADDRESS.fullmatch(text.strip())
    if match is None:
        raise ValueError("A PCI address as lspci shows it: 0000:03:00.0.")
    numbers = [int(match[name] or "0", 16) for name in PARTS]
    domain, bus, slot, function = numbers
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"


def address_attributes(address: str) -> dict[str, str]:
    """The attributes that libvirt's address elements want; the address in full form."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(f"{address} is no PCI address")
    widths = {"domain": 4, "bus": 2, "slot": 2, "function": 1}
    return {name: f"0x{int(match[name] or '0', 16):0{width}x}" for name, width in widths.items()}


def short(address: str) -> str:
    """Without the domain where it is the usual one: ``03:00.0``."""
    return address.removeprefix("0000:")
