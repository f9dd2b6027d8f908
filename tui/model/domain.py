"""A domain's definition as the document that it is; typed views read single places in it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from tui.model.devices import Disk, Graphics, Hostdev, Interface, device_of
from tui.model.editing import Edits
from tui.model.sections import SECTIONS, Boot, Clock, Cpu, General, HyperV, Memory
from tui.model.views import Device, Section, View, keys_of
from tui.model.xml import parse, serialise

TAGS_NAMESPACE = "https://virtty.org/domain/1"
AGENT_CHANNEL = "org.qemu.guest_agent.0"


class Domain:
    """A ``<domain>`` document. Unknown elements, comments, order and text are kept."""

    def __init__(self, tree: etree._ElementTree) -> None:
        self._tree = tree
        self._root = tree.getroot()
        self.edits = Edits()

    @classmethod
    def from_xml(cls, text: str) -> Domain:
        """Parse; raises lxml.etree.XMLSyntaxError for what is not well-formed."""
        return cls(parse(text))

    def copy(self) -> Domain:
        """An independent copy; what was edited in this one can be taken back in that."""
        copied = Domain(deepcopy(self._tree))
        copied.edits = self.edits.copy(self._root, copied.root)
        return copied

    @property
    def root(self) -> etree._Element:
        """The ``<domain>`` element."""
        return self._root

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

    # -- the machine itself --------------------------------------------------------------

    @property
    def general(self) -> General:
        """Name, title, machine type, what happens at its ends."""
        return General(self._root, self.edits)

    @property
    def cpu(self) -> Cpu:
        """vCPUs, CPU model, topology, pins."""
        return Cpu(self._root, self.edits)

    @property
    def memory(self) -> Memory:
        """Memory, its backing, limits and placement."""
        return Memory(self._root, self.edits)

    @property
    def boot(self) -> Boot:
        """Firmware, boot order, direct kernel boot."""
        return Boot(self._root, self.edits)

    @property
    def clock(self) -> Clock:
        """Clock and timers."""
        return Clock(self._root, self.edits)

    @property
    def hyperv(self) -> HyperV:
        """What the hypervisor shows the guest of itself."""
        return HyperV(self._root, self.edits)

    @property
    def sections(self) -> list[Section]:
        """All of them, in the order of the device list."""
        return [kind(self._root, self.edits) for kind in SECTIONS]

    @property
    def type(self) -> str:
        """Hypervisor type: ``kvm``, ``qemu``, …"""
        return self._root.get("type", "")

    # -- devices -------------------------------------------------------------------------

    @property
    def devices(self) -> list[Device]:
        """All of them, in the document's order."""
        return [
            device_of(element, self.edits)
            for element in self._devices("*")
            if element.tag != "emulator"
        ]

    def device(self, key: str) -> Device | None:
        """The first device with this key."""
        devices = self.devices
        named = zip(devices, keys_of(devices), strict=True)
        return next((device for device, its_key in named if its_key == key), None)

    def view(self, key: str) -> View | None:
        """A section or a device by its key."""
        sections = (section for section in self.sections if section.key == key)
        return next(sections, None) or self.device(key)

    def add_device(self, xml: str) -> Device:
        """Add a device; raises lxml.etree.XMLSyntaxError."""
        element = parse(xml).getroot()
        element.tail = None
        holder = self._root.find("devices")
        if holder is None:
            holder = etree.Element("devices")
            self.edits.append(self._root, holder)
        self.edits.append(holder, element)
        return device_of(element, self.edits)

    def remove_device(self, device: Device) -> None:
        """Take a device away."""
        self.edits.remove(device.element)

    @property
    def disks(self) -> list[Disk]:
        """``<disk>`` devices in order."""
        return [Disk(element, self.edits) for element in self._devices("disk")]

    @property
    def interfaces(self) -> list[Interface]:
        """``<interface>`` devices in order."""
        return [Interface(element, self.edits) for element in self._devices("interface")]

    @property
    def hostdevs(self) -> list[Hostdev]:
        """``<hostdev>`` devices in order."""
        return [Hostdev(element, self.edits) for element in self._devices("hostdev")]

    @property
    def graphics(self) -> list[Graphics]:
        """``<graphics>`` devices in order."""
        return [Graphics(element, self.edits) for element in self._devices("graphics")]

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
        found = self._root.iterfind(f"devices/{tag}")
        yield from (element for element in found if isinstance(element.tag, str))

    def _text(self, path: str) -> str | None:
        return self._root.findtext(path)
