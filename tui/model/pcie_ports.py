"""Free places for hot-plugging a PCI device into a running q35 machine."""

from __future__ import annotations

from tui.model.domain import Domain
from tui.model.told import machine_family
from tui.model.views import Device

PORTS = ("pcie-root-port", "pcie-switch-downstream-port")
BRIDGES = ("pcie-to-pci-bridge", "pci-bridge")
"""Controllers with slots for conventional PCI."""
EXPRESS_NICS = ("virtio", "virtio-non-transitional", "e1000e", "igb")
FULL = "it has no free PCIe port: add root ports for the next boot"
NO_SLOT = "it runs without a slot for conventional PCI; libvirt adds one for the next boot"
PORT_XML = '<controller type="pci" model="pcie-root-port"/>'
ON_PCI = ("interface", "rng", "memballoon", "vsock", "watchdog", "filesystem", "shmem")


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


def has_slot(live: Domain) -> bool:
    """Whether conventional PCI fits while it runs; what its definition does not tell, fits."""
    models = [c.get("model") for c in live.root.iterfind("devices/controller[@type='pci']")]
    return free_ports(live) is None or any(model in BRIDGES for model in models)


def takes_port(device: Device) -> bool:
    """Whether a new device needs a PCIe port of its own."""
    return _is_on_pci(device) and not _is_conventional(device)


def takes_slot(device: Device) -> bool:
    """Whether a new device is conventional PCI."""
    return _is_on_pci(device) and _is_conventional(device)


def _is_on_pci(device: Device) -> bool:
    match device.tag_name:
        case "hostdev":
            return device.get("@type") in ("pci", "mdev")
        case "disk":
            return device.get("target/@bus") == "virtio"
        case "controller":
            return device.get("@type") in ("scsi", "usb", "virtio-serial")
        case "memory":
            return device.get("@model").startswith("virtio")
        case "input":
            return device.get("@bus") == "virtio"
        case "serial":
            return device.get("target/@type") == "pci-serial"
        case tag:
            return tag in ON_PCI


def _is_conventional(device: Device) -> bool:
    """As libvirt sees them."""
    match device.tag_name:
        case "interface":
            passed = device.get("@type") in ("hostdev", "vdpa")
            return not passed and device.get("model/@type") not in EXPRESS_NICS
        case "controller":
            return device.get("@type") == "scsi" and not device.get("@model").startswith("virtio")
        case "watchdog" | "shmem" | "serial":
            return True
    return device.get("@model") == "virtio-transitional"
