"""Free places for hot-plugging a PCI device into a running q35 machine."""

from __future__ import annotations

from tui.model.domain import Domain
from tui.model.told import machine_family
from tui.model.views import Device

PORTS = ("pcie-root-port", "pcie-switch-downstream-port")
FULL = "it has no free PCIe port: add root ports for the next boot"
PORT_XML = '<controller type="pci" model="pcie-root-port"/>'
TAKING = ("interface", "rng", "memballoon", "vsock", "watchdog", "filesystem", "shmem")


def free_ports(live: Domain) -> int | None:
    """How many devices fit while it runs; None where the definition does not tell its ports."""
    root = live.root.find("devices/controller[@type='pci'][@model='pcie-root']")
    if machine_family(live.general.machine) != "q35" or root is None:
        return None
    ports: set[int] = set()
    taken: set[int] = set()
    for element in live.root.iterfind("devices/*"):
        if element.get("type") == "pci" and element.get("model") in PORTS:
            ports.add(int(element.get("index", "0")))
        address = element.find("address")
        if address is not None and address.get("type") == "pci":
            taken.add(int(address.get("bus", "0"), 0))
    return len(ports - taken)


def takes_port(device: Device) -> bool:
    """Whether a new device needs a port of its own."""
    tag = device.tag_name
    if tag == "hostdev":
        return device.get("@type") in ("pci", "mdev")
    if tag == "disk":
        return device.get("target/@bus") == "virtio"
    if tag == "controller":
        return device.get("@type") in ("scsi", "usb", "virtio-serial")
    return tag in TAKING
