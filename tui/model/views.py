"""Views on parts of a domain's document: sections of the machine itself, and its devices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

from lxml import etree

from tui.model.editing import Edits, place
from tui.model.pci import address_text


class View:
    """Reads and writes single places below one element; the fields are class attributes."""

    title: ClassVar[str]
    """What the device list calls it."""

    def __init__(self, element: etree._Element, edits: Edits) -> None:
        self.element = element
        self.edits = edits

    @property
    def key(self) -> str:
        """What tells it from its like in one document; the same after a restart."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """How a person calls it: ``Disk vda``."""
        return self.title

    @property
    def summary(self) -> str:
        """One line of what it is."""
        return ""

    @property
    def echo(self) -> str:
        """Why it is not edited on its own, but with what it repeats; empty when it is."""
        return ""

    @property
    def attributes(self) -> dict[str, str]:
        """The element's own attributes."""
        return {str(name): str(value) for name, value in self.element.attrib.items()}

    def get(self, path: str) -> str:
        """A text or an attribute below it; empty without one."""
        return place(path).read(self.element) or ""

    def set(self, path: str, text: str | None) -> None:
        """Write a text or an attribute below it; None takes it away."""
        self.edits.write(self.element, place(path), text)

    def drop(self, path: str) -> None:
        """Take an element below it away, if it is there."""
        self.edits.write(self.element, place(path), None)

    def drop_all(self, tag: str) -> None:
        """Take all children of a tag away."""
        while self.element.find(tag) is not None:
            self.drop(tag)

    def empty(self, path: str) -> None:
        """Take all away that an element below it says; what is said next, it says alone.

        What is in a namespace is not libvirt's, and stays.
        """
        element = place(path).find(self.element)
        if element is None:
            return
        for name in map(str, element.attrib):
            if not name.startswith("{"):
                self.set(f"{path}/@{name}", None)
        for child in list(element):
            if isinstance(child.tag, str) and not child.tag.startswith("{"):
                self.drop(f"{path}/{child.tag}")


class Section(View):
    """A part of the machine itself: its element is ``<domain>``."""

    @property
    def key(self) -> str:
        """The class's name: there is one of each."""
        return type(self).__name__.lower()


class Device(View):
    """A view on one element below ``<devices>``."""

    tag: ClassVar[str] = ""

    @property
    def key(self) -> str:
        """``tag``, what tells it from others of that tag, ``#2`` for the second that is alike."""
        return f"{self.tag_name} {self.identity}".rstrip() + self._number

    @property
    def _number(self) -> str:
        """Its number among those that nothing else tells apart; nothing for the first."""
        identity = self.identity
        elder = self.element.itersiblings(self.tag_name, preceding=True)
        alike = sum(type(self)(element, self.edits).identity == identity for element in elder)
        return _suffix(alike + 1)

    @property
    def is_on_usb(self) -> bool:
        """Whether it needs a USB controller."""
        if self.tag_name == "hostdev":
            return self.get("@type") == "usb"
        return "usb" in (self.get("@bus"), self.get("target/@bus"))

    @property
    def tag_name(self) -> str:
        """The element's tag."""
        tag = self.element.tag
        return tag if isinstance(tag, str) else ""

    @property
    def identity(self) -> str:
        """What stays the same while it is edited; empty where only its place tells."""
        return ""

    @property
    def likeness(self) -> str:
        """What is alike in two versions of one device whose identity was edited; empty: nothing."""
        return ""

    @property
    def label(self) -> str:
        """Title and identity."""
        return f"{self.title} {self.identity}".rstrip() + self._number

    @property
    def removable(self) -> bool:
        """Whether a person can take it away."""
        return True

    @property
    def alias(self) -> str:
        """``<alias name=…>``, given by libvirt to live devices."""
        return self.get("alias/@name")

    def why_not_hotplug(self) -> str:
        """Why a running machine cannot get or lose it; empty when it can."""
        return f"libvirt cannot plug a {self.tag_name} device into a running machine"

    def forget_address(self) -> None:
        """Drop ``<address>``, so that libvirt gives one that fits another bus or model."""
        self.drop("address")

    def pci(self, path: str) -> str:
        """A PCI address element as ``0000:03:00.0``; empty without one."""
        element = place(path).find(self.element)
        return "" if element is None else address_text(element)


class OtherDevice(Device):
    """A device that has no form: its XML is its form."""

    @property
    def title(self) -> str:  # type: ignore[override]
        """Its tag."""
        return self.tag_name.capitalize()

    @property
    def summary(self) -> str:
        """Its attributes and those of its model."""
        own = [f"{name} {value}" for name, value in sorted(self.attributes.items())]
        model = self.get("model/@name") or self.get("model/@type")
        return ", ".join([*own, *([model] if model else [])])


def keys_of(devices: Iterable[Device]) -> list[str]:
    """The keys of all devices of a definition, which are given in its order.

    ``Device.key`` looks at all devices before it: one by one those of a hundred disks take 20 ms.
    """
    seen: Counter[tuple[str, str]] = Counter()
    keys = []
    for device in devices:
        name = (device.tag_name, device.identity)
        seen[name] += 1
        keys.append(" ".join(name).rstrip() + _suffix(seen[name]))
    return keys


def _suffix(number: int) -> str:
    return f" #{number}" if number > 1 else ""
