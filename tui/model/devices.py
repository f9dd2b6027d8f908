"""Devices of a definition: typed views on their elements."""

from __future__ import annotations

from lxml import etree


class Device:
    """A view on one element below ``<devices>``."""

    def __init__(self, element: etree._Element) -> None:
        self._element = element

    def _get(self, path: str, name: str) -> str:
        element = self._element if path == "." else self._element.find(path)
        return "" if element is None else element.get(name, "")

    def _pci(self, path: str) -> str:
        """A PCI address element as ``0000:03:00.0``; empty without one."""
        element = self._element.find(path)
        if element is None:
            return ""
        parts = [element.get(key, "0x0") for key in ("domain", "bus", "slot", "function")]
        try:
            domain, bus, slot, function = (int(part, 0) for part in parts)
        except ValueError:
            return " ".join(parts)
        return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"

    @property
    def alias(self) -> str:
        """``<alias name=…>``, given by libvirt to live devices."""
        return self._get("alias", "name")


class Disk(Device):
    """``<disk>``."""

    @property
    def target(self) -> str:
        """``vda``, ``sda``, …"""
        return self._get("target", "dev")

    @property
    def bus(self) -> str:
        """``virtio``, ``scsi``, ``sata``, …"""
        return self._get("target", "bus")

    @property
    def device(self) -> str:
        """``disk``, ``cdrom``, ``floppy`` or ``lun``."""
        return self._element.get("device", "disk")

    @property
    def source(self) -> str:
        """Where its data is, in one string; empty for a drive without medium."""
        source = self._element.find("source")
        if source is None:
            return ""
        for name in ("file", "dev", "dir", "path"):
            if source.get(name):
                return source.get(name, "")
        if source.get("volume"):
            return f"{source.get('pool', '')}/{source.get('volume')}"
        if source.get("protocol"):
            host = source.find("host")
            where = "" if host is None else host.get("name") or host.get("socket", "")
            port = "" if host is None else host.get("port", "")
            where = f"{where}:{port}" if port else where
            return f"{source.get('protocol')}://{where}/{source.get('name', '')}"
        return self._pci("source/address")  # NVMe; nothing for an empty drive

    @property
    def format(self) -> str:
        """Image format: ``<driver type=…>``."""
        return self._get("driver", "type")

    @property
    def cache(self) -> str:
        """Host cache mode: ``<driver cache=…>``; empty is the hypervisor's default."""
        return self._get("driver", "cache")

    @property
    def io(self) -> str:
        """I/O mode: ``<driver io=…>``."""
        return self._get("driver", "io")

    @property
    def serial(self) -> str:
        """``<serial>``."""
        return self._element.findtext("serial") or ""

    @property
    def readonly(self) -> bool:
        """``<readonly/>``."""
        return self._element.find("readonly") is not None


class Interface(Device):
    """``<interface>``."""

    @property
    def type(self) -> str:
        """``network``, ``bridge``, ``direct``, …"""
        return self._element.get("type", "")

    @property
    def mac(self) -> str:
        """``<mac address=…>``."""
        return self._get("mac", "address")

    @property
    def model(self) -> str:
        """``<model type=…>``."""
        return self._get("model", "type")

    @property
    def source(self) -> str:
        """What it is plugged into: network, bridge, device, socket, peer, PCI address."""
        for name in ("network", "bridge", "dev", "path"):
            if value := self._get("source", name):
                return value
        if port := self._get("source", "port"):
            return f"{self._get('source', 'address')}:{port}"
        return self._pci("source/address")

    @property
    def target(self) -> str:
        """Host side device, ``vnet0``; live documents only."""
        return self._get("target", "dev")

    @property
    def link(self) -> str:
        """``up`` or ``down``."""
        return self._get("link", "state") or "up"


class Hostdev(Device):
    """``<hostdev>``: a device of the host given to the machine."""

    @property
    def type(self) -> str:
        """``pci``, ``usb``, ``scsi``, ``mdev``."""
        return self._element.get("type", "")

    @property
    def address(self) -> str:
        """PCI address, USB identity or place, SCSI address, mediated device's UUID, path."""
        if vendor := self._get("source/vendor", "id"):
            return f"{vendor}:{self._get('source/product', 'id')}".replace("0x", "")
        place = {
            key: self._get("source/address", key)
            for key in ("uuid", "bus", "device", "target", "unit")
        }
        if place["uuid"]:
            return place["uuid"]
        if self.type == "usb":
            return f"bus {place['bus']} device {place['device']}"
        if adapter := self._get("source/adapter", "name"):
            return f"{adapter} {place['bus']}:{place['target']}:{place['unit']}"
        return self._pci("source/address") or self._path()

    def _path(self) -> str:
        """Where the host has it: a block device, a character device, an interface, a WWPN."""
        for tag in ("block", "char", "interface"):
            if path := self._element.findtext(f"source/{tag}"):
                return path.strip()
        return self._get("source", "wwpn") or self._get("source", "name")


class Graphics(Device):
    """``<graphics>``."""

    @property
    def type(self) -> str:
        """``vnc``, ``spice``, …"""
        return self._element.get("type", "")

    @property
    def port(self) -> str:
        """The port; ``-1`` until it is given one."""
        return self._element.get("port", "")

    @property
    def listen(self) -> str:
        """Address, socket or network that it listens on; empty where it does not listen."""
        for name in ("address", "socket", "network"):
            if value := self._get("listen", name):
                return value
        return self._element.get("listen", "") or self._element.get("socket", "")
