"""A domain's definition as the document that it is; typed views read single places in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from tui.model.devices import Disk, Graphics, Hostdev, Interface
from tui.model.xml import parse, serialise

TAGS_NAMESPACE = "https://virtty.org/domain/1"
AGENT_CHANNEL = "org.qemu.guest_agent.0"

UNITS = {
    "b": 1,
    "bytes": 1,
    "kb": 1000,
    "k": 1024,
    "kib": 1024,
    "mb": 1000**2,
    "m": 1024**2,
    "mib": 1024**2,
    "gb": 1000**3,
    "g": 1024**3,
    "gib": 1024**3,
    "tb": 1000**4,
    "t": 1024**4,
    "tib": 1024**4,
    "pb": 1000**5,
    "p": 1024**5,
    "pib": 1024**5,
    "eb": 1000**6,
    "e": 1024**6,
    "eib": 1024**6,
}
"""libvirt's scaled integers (virScaleInteger), in bytes."""


class Domain:
    """A ``<domain>`` document. Unknown elements, comments, order and text are kept."""

    def __init__(self, tree: etree._ElementTree) -> None:
        self._tree = tree
        self._root = tree.getroot()

    @classmethod
    def from_xml(cls, text: str) -> Domain:
        """Parse; raises lxml.etree.XMLSyntaxError for what is not well-formed."""
        return cls(parse(text))

    def to_xml(self) -> str:
        """The document as text; C14N-identical to what it was read from."""
        return serialise(self._tree)

    # -- identity ------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """``<name>``."""
        return self._text("name") or ""

    @property
    def uuid(self) -> str:
        """``<uuid>``; empty in a document that libvirt has not seen yet."""
        return self._text("uuid") or ""

    @property
    def title(self) -> str:
        """``<title>``."""
        return self._text("title") or ""

    @property
    def description(self) -> str:
        """``<description>``."""
        return self._text("description") or ""

    @property
    def tags(self) -> tuple[str, ...]:
        """Our tags in ``<metadata>``."""
        path = f"metadata/{{{TAGS_NAMESPACE}}}tags/{{{TAGS_NAMESPACE}}}tag"
        return tuple(tag.text.strip() for tag in self._root.findall(path) if tag.text)

    # -- what it is ----------------------------------------------------------------------

    @property
    def type(self) -> str:
        """Hypervisor type: ``kvm``, ``qemu``, …"""
        return self._root.get("type", "")

    @property
    def arch(self) -> str:
        """``<os><type arch=…>``."""
        return self._attribute("os/type", "arch")

    @property
    def machine(self) -> str:
        """Machine type: ``<os><type machine=…>``."""
        return self._attribute("os/type", "machine")

    @property
    def firmware(self) -> str:
        """``BIOS``, ``UEFI`` or ``UEFI, secure boot``; empty for direct boot and containers."""
        loader = self._root.find("os/loader")
        path = (loader.text or "") if loader is not None else ""
        uefi = (
            self._attribute("os", "firmware") == "efi"
            or (loader is not None and loader.get("type") == "pflash")
            or bool(re.search(r"(?i)(?<![a-z])(ovmf|aavmf|edk2|efi)", path))
        )
        if not uefi:
            return "BIOS" if self._text("os/type") == "hvm" else ""
        feature = self._root.find("os/firmware/feature[@name='secure-boot']")
        secure = (loader is not None and loader.get("secure") == "yes") or (
            feature is not None and feature.get("enabled") == "yes"
        )
        return "UEFI, secure boot" if secure else "UEFI"

    @property
    def vcpus(self) -> int:
        """Virtual CPUs at boot: ``<vcpu current=…>``, else the maximum."""
        current = _whole(self._attribute("vcpu", "current"))
        return self.max_vcpus if current is None else current

    @property
    def max_vcpus(self) -> int:
        """``<vcpu>``; one where a document does not tell."""
        count = _whole(self._text("vcpu"))
        return 1 if count is None else count

    @property
    def memory(self) -> int | None:
        """Current memory in bytes: ``<currentMemory>``, else the maximum."""
        current = self._bytes("currentMemory")
        return self.max_memory if current is None else current

    @property
    def max_memory(self) -> int | None:
        """``<memory>`` in bytes."""
        return self._bytes("memory")

    @property
    def cpu_mode(self) -> str:
        """``<cpu mode=…>`` and model, in a few words."""
        mode = self._attribute("cpu", "mode")
        model = self._text("cpu/model") or ""
        return " ".join(part for part in (mode, model.strip()) if part)

    # -- devices -------------------------------------------------------------------------

    @property
    def disks(self) -> list[Disk]:
        """``<disk>`` devices in order."""
        return [Disk(element) for element in self._devices("disk")]

    @property
    def interfaces(self) -> list[Interface]:
        """``<interface>`` devices in order."""
        return [Interface(element) for element in self._devices("interface")]

    @property
    def hostdevs(self) -> list[Hostdev]:
        """``<hostdev>`` devices in order."""
        return [Hostdev(element) for element in self._devices("hostdev")]

    @property
    def graphics(self) -> list[Graphics]:
        """``<graphics>`` devices in order."""
        return [Graphics(element) for element in self._devices("graphics")]

    @property
    def has_serial(self) -> bool:
        """Whether there is a serial port or console to attach to."""
        return any(True for tag in ("serial", "console") for _ in self._devices(tag))

    @property
    def has_agent_channel(self) -> bool:
        """Whether there is a channel for the QEMU guest agent."""
        return self._agent_target() is not None

    @property
    def agent_connected(self) -> bool:
        """Whether the agent has the channel open (live documents only)."""
        target = self._agent_target()
        return target is not None and target.get("state") == "connected"

    def _agent_target(self) -> etree._Element | None:
        return self._root.find(f"devices/channel/target[@name='{AGENT_CHANNEL}']")

    def _devices(self, tag: str) -> Iterator[etree._Element]:
        yield from self._root.iterfind(f"devices/{tag}")

    def _text(self, path: str) -> str | None:
        return self._root.findtext(path)

    def _attribute(self, path: str, name: str) -> str:
        element = self._root.find(path)
        return "" if element is None else element.get(name, "")

    def _bytes(self, path: str) -> int | None:
        element = self._root.find(path)
        count = None if element is None else _whole(element.text)
        if element is None or count is None:
            return None
        return count * UNITS.get(element.get("unit", "KiB").casefold(), 1024)


def _whole(text: str | None) -> int | None:
    """A number without sign, as libvirt writes them; None for anything else."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() else None
