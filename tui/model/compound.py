"""Fields whose value is more than one place: pins, cells, features, boot order, firmware."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lxml import etree

from tui.model import units
from tui.model.cpuset import CPUS
from tui.model.editing import place
from tui.model.fields import Choice, Field, Option
from tui.model.quantities import Number, Size

if TYPE_CHECKING:
    from tui.model.surroundings import Surroundings
    from tui.model.views import View

Pairs = tuple[tuple[str, str], ...]


class _Paired(Field[Pairs]):
    """Like elements that pair one thing with another; ``1=2; 3=4`` for the person."""

    def text(self, value: Pairs) -> str:
        """``0=2; 1=3,7``."""
        return "; ".join(f"{key}={what}" for key, what in value)

    def _split(self, text: str) -> list[tuple[str, str]]:
        found = []
        for part in filter(None, (part.strip() for part in text.split(";"))):
            key, equals, what = part.partition("=")
            if not equals or not key.strip() or not what.strip():
                raise ValueError(f"{self.label}: expected pairs such as 0=2; 1=3, not {part!r}")
            found.append((key.strip(), what.strip()))
        return found


class Pins(_Paired):
    """``<vcpupin vcpu='0' cpuset='2'/>`` and its like: (number, CPU set) pairs."""

    what = "cpuset"

    def __init__(self, path: str, label: str, help: str, **more: Any) -> None:
        super().__init__(path, label, help, **more)
        holder, _, self.attribute = path.rpartition("/@")
        self.parent, _, self.tag = holder.rpartition("/")

    def _elements(self, view: View) -> list[etree._Element]:
        parent = place(self.parent).find(view.element)
        return [] if parent is None else parent.findall(self.tag)

    def read(self, view: View) -> Pairs:
        """In the order of the numbers."""
        found = [(e.get(self.attribute, ""), e.get(self.what, "")) for e in self._elements(view)]
        return tuple(sorted(found, key=lambda item: int(item[0]) if item[0].isdigit() else -1))

    def put(self, view: View, value: Pairs) -> None:
        """Pins that stay are left alone."""
        wanted = dict(value)
        for element in self._elements(view):
            if element.get(self.attribute, "") not in wanted:
                view.edits.take(view.element, element)
        for number, cpus in value:
            path = f"{self.parent}/{self.tag}[@{self.attribute}='{number}']/@{self.what}"
            view.edits.write(view.element, place(path), cpus)

    def parse(self, text: str) -> Pairs:
        """Numbers once each, CPU sets well-formed; in the order of the numbers."""
        found: dict[int, str] = {}
        for key, cpus in self._split(text):
            cpus = re.sub(r"\s+", "", cpus)
            if not key.isdigit() or not re.fullmatch(CPUS, cpus):
                raise ValueError(f"{self.label}: expected 0=2; 1=3,7, not {key}={cpus}")
            if int(key) in found:
                raise ValueError(f"{self.label}: {key} is there twice")
            found[int(key)] = cpus
        return tuple((str(number), found[number]) for number in sorted(found))


class CellNodes(Pins):
    """``<memnode cellid= mode= nodeset=>``: (guest cell, host nodes) pairs."""

    what = "nodeset"

    def put(self, view: View, value: Pairs) -> None:
        """A new one is strict: its cell's memory comes from these nodes."""
        super().put(view, value)
        for element in self._elements(view):
            if element.get("mode") is None:
                number = element.get(self.attribute, "")
                path = f"{self.parent}/{self.tag}[@{self.attribute}='{number}']/@mode"
                view.edits.write(view.element, place(path), "strict")


class Cells(_Paired):
    """``<cpu><numa><cell id= cpus= memory= unit=>``: (vCPUs, size in bytes as text) pairs."""

    def _elements(self, view: View) -> list[etree._Element]:
        parent = place(self.path).find(view.element)
        return [] if parent is None else parent.findall("cell")

    def read(self, view: View) -> Pairs:
        """In the document's order, memory in the largest exact unit."""
        return tuple(self._pair(cell) for cell in self._elements(view))

    def _pair(self, cell: etree._Element) -> tuple[str, str]:
        memory = cell.get("memory", "")
        size = units.exact_size(int(memory) * _scale(cell)) if memory.isdigit() else memory
        return cell.get("cpus", ""), size

    def put(self, view: View, value: Pairs) -> None:
        """Cells by their place; what else a cell says is kept."""
        cells = self._elements(view)
        for element in cells[len(value) :]:
            view.edits.take(view.element, element)
        for number, wanted in enumerate(value):
            if number >= len(cells):
                path = f"{self.path}/cell[@id='{number}']"
                view.edits.write(view.element, place(f"{path}/@id"), str(number))
                cells = self._elements(view)
            cell = cells[number]
            cpus, size = self._pair(cell)
            if cpus != wanted[0]:
                view.edits.write(cell, place("@cpus"), wanted[0] or None)
            if size != wanted[1]:
                count = units.parse_size(wanted[1]) or 0
                if count % _scale(cell):
                    view.edits.write(cell, place("@unit"), "B")
                elif cell.get("unit") is None and view.edits.has_made(cell, "memory"):
                    view.edits.write(cell, place("@unit"), "KiB")
                view.edits.write(cell, place("@memory"), str(count // _scale(cell)))

    def parse(self, text: str) -> Pairs:
        """Each a CPU set and a size."""
        found = []
        for cpus, size in self._split(text):
            count = units.parse_size(size)
            if not re.fullmatch(CPUS, cpus) or count is None:
                raise ValueError(f"{self.label}: expected 0-1=2 GiB, not {cpus}={size}")
            found.append((cpus, units.exact_size(count)))
        return tuple(found)


def _scale(cell: etree._Element) -> int:
    return units.scale(cell.get("unit"))


_POLICIES = {"+": "require", "-": "disable", "=": "optional", "!": "force", "#": "forbid"}
_SIGNS = {policy: sign for sign, policy in _POLICIES.items()}


class Features(Field[tuple[str, ...]]):
    """``<cpu><feature name= policy=>`` as ``+vmx``, ``-svm``: sign and name."""

    def _elements(self, view: View) -> list[etree._Element]:
        cpu = place(self.path).find(view.element)
        return [] if cpu is None else cpu.findall("feature")

    def read(self, view: View) -> tuple[str, ...]:
        """In the document's order."""
        return tuple(
            _SIGNS.get(e.get("policy", "require"), "+") + e.get("name", "")
            for e in self._elements(view)
        )

    def put(self, view: View, value: tuple[str, ...]) -> None:
        """Features that stay are left alone."""
        wanted = {item[1:]: item[0] for item in value}
        for element in self._elements(view):
            if element.get("name", "") not in wanted:
                view.edits.take(view.element, element)
        present = {item[1:]: item[0] for item in self.read(view)}
        for name, sign in wanted.items():
            if present.get(name) != sign:
                path = f"{self.path}/feature[@name='{name}']/@policy"
                view.edits.write(view.element, place(path), _POLICIES[sign])

    def text(self, value: tuple[str, ...]) -> str:
        """``+vmx, -svm``."""
        return ", ".join(value)

    def parse(self, text: str) -> tuple[str, ...]:
        """A sign and a name each; a bare name is required."""
        found = []
        for part in filter(None, re.split(r"[,\s]+", text)):
            item = part if part[0] in _POLICIES else f"+{part}"
            if not re.fullmatch(r"[A-Za-z0-9_.-]+", item[1:]):
                raise ValueError(f"{self.label}: no feature's name: {part!r}")
            found.append(item)
        if len({item[1:] for item in found}) < len(found):
            raise ValueError(f"{self.label}: the same feature twice")
        return tuple(found)


class BootOrder(Field[tuple[str, ...]]):
    """``<boot order=…>`` of the devices, or ``<os><boot dev=…>`` where that is used."""

    def _bootable(self, view: View) -> dict[str, etree._Element]:
        """Devices that can be booted from, by the name that is shown."""
        found: dict[str, etree._Element] = {}
        devices = view.element.find("devices")
        for element in () if devices is None else devices:
            if element.tag == "disk":
                name = element.find("target")
                label = "" if name is None else name.get("dev", "")
            elif element.tag == "interface":
                mac = element.find("mac")
                label = "" if mac is None else mac.get("address", "")
            elif element.tag in ("hostdev", "redirdev"):
                label = f"{element.tag}{sum(e.tag == element.tag for e in found.values())}"
            else:
                continue
            if label:
                found[label] = element
        return found

    def read(self, view: View) -> tuple[str, ...]:
        """Names of devices: target, MAC address, ``hostdev0``; or ``hd``, ``cdrom``, …"""
        ordered = []
        for name, element in self._bootable(view).items():
            order = place("boot/@order").read(element)
            if order is not None and order.isdigit():
                ordered.append((int(order), name))
        if ordered:
            return tuple(name for _, name in sorted(ordered))
        return tuple(boot.get("dev", "") for boot in view.element.iterfind("os/boot"))

    def put(self, view: View, value: tuple[str, ...]) -> None:
        """Kinds (``hd``) stay in ``<os>``; devices get an order each, and ``<os>`` none."""
        devices = self._bootable(view)
        by_device = all(name in devices for name in value)
        holder = place("os").find(view.element)
        if holder is not None:
            for boot in holder.findall("boot"):
                if by_device or boot.get("dev", "") not in value:
                    view.edits.take(view.element, boot)
        for name, element in devices.items():
            if by_device and name in value:
                order = str(value.index(name) + 1)
                view.edits.write(element, place("boot/@order"), order)
            else:
                view.edits.write(element, place("boot"), None)
        if not by_device:
            for kind in value:
                path = f"os/boot[@dev='{kind}']/@dev"
                view.edits.write(view.element, place(path), kind)
            for boot, kind in zip(view.element.iterfind("os/boot"), value, strict=False):
                view.edits.write(boot, place("@dev"), kind)

    def text(self, value: tuple[str, ...]) -> str:
        """``vda, 52:54:00:00:00:01``."""
        return ", ".join(value)

    def words(self, value: tuple[str, ...]) -> str:
        """As in the form."""
        return self.text(value) or "none"

    def parse(self, text: str) -> tuple[str, ...]:
        """Names once each; whether there is such a device is checked with the document."""
        found = tuple(part.strip() for part in text.split(",") if part.strip())
        if len(set(found)) < len(found):
            raise ValueError(f"{self.label}: the same device twice")
        return found

    def write_text(self, view: View, text: str) -> None:
        """All devices, or all kinds (``hd``, ``cdrom``, ``network``, ``fd``)."""
        value = self.parse(text)
        known = set(self._bootable(view))
        kinds = {"hd", "cdrom", "network", "fd"}
        if not (set(value) <= known or set(value) <= kinds):
            unknown = ", ".join(sorted(set(value) - known))
            raise ValueError(f"{self.label}: no such device: {unknown}; {', '.join(known)}")
        self.edit(view, value)

    def options(self, view: View, surroundings: Surroundings) -> Sequence[Option]:
        """What can be booted from."""
        return [Option(name, name) for name in self._bootable(view)]


class FirmwareField(Choice):
    """``<os firmware=…>`` with what belongs to it: loader, NVRAM, secure boot."""

    def __init__(self, path: str, label: str, help: str) -> None:
        super().__init__(
            path,
            label,
            help,
            values={"BIOS": "", "UEFI": "", "UEFI, secure boot": "needs Q35 and SMM"},
            default=None,
            unless=lambda view: "" if view.get("os/type") == "hvm" else "containers have none",
        )

    def read(self, view: View) -> str:
        """``BIOS``, ``UEFI`` or ``UEFI, secure boot``; empty for containers."""
        loader = view.element.find("os/loader")
        path = (loader.text or "") if loader is not None else ""
        uefi = (
            view.get("os/@firmware") == "efi"
            or (loader is not None and loader.get("type") == "pflash")
            or bool(re.search(r"(?i)(?<![a-z])(ovmf|aavmf|edk2|efi)", path))
        )
        if not uefi:
            return "BIOS" if view.get("os/type") == "hvm" else ""
        feature = view.get("os/firmware/feature[@name='secure-boot']/@enabled")
        secure = (loader is not None and loader.get("secure") == "yes") or feature == "yes"
        return "UEFI, secure boot" if secure else "UEFI"

    def put(self, view: View, value: str) -> None:
        """libvirt picks loader and NVRAM anew; the old variables' file stays on the host."""
        for gone in ("os/loader", "os/nvram", "os/firmware"):
            view.edits.write(view.element, place(gone), None)
        view.edits.write(view.element, place("os/@firmware"), "efi" if value != "BIOS" else None)
        if value == "UEFI, secure boot":
            feature = "os/firmware/feature[@name='secure-boot']/@enabled"
            view.edits.write(view.element, place(feature), "yes")
            view.edits.write(view.element, place("features/smm/@state"), "on")

    def options(self, view: View, surroundings: Surroundings) -> Sequence[Option]:
        """With the reason where the host has no such firmware."""
        capabilities = surroundings.capabilities
        found = []
        for option in super().options(view, surroundings):
            why_not = ""
            if capabilities is not None and option.value.startswith("UEFI"):
                if "efi" not in capabilities.firmwares:
                    why_not = "this host has no UEFI firmware for this machine type"
                elif "secure" in option.value and not capabilities.secure_boot:
                    why_not = "this host has no firmware with secure boot"
            found.append(Option(option.value, option.label, option.note, why_not))
        return found


class HugePageSize(Size):
    """``<hugepages><page size= unit=>`` where there is one page for all of the memory; bytes."""

    picks = True

    def read(self, view: View) -> int | None:
        """The first page's size."""
        size = view.get(f"{self.path}/page/@size")
        scale = units.scale(view.get(f"{self.path}/page/@unit"))
        return int(size) * scale if size.isdigit() else None

    def put(self, view: View, value: int | None) -> None:
        """Written in KiB."""
        if value is None:
            view.edits.write(view.element, place(f"{self.path}/page"), None)
            view.edits.write(view.element, place(self.path), "")
            return
        view.edits.write(view.element, place(f"{self.path}/page/@size"), str(value // 1024))
        view.edits.write(view.element, place(f"{self.path}/page/@unit"), "KiB")

    def options(self, view: View, surroundings: Surroundings) -> Sequence[Option]:
        """The sizes that the host has, with the free pages."""
        return [
            Option(units.exact_size(size), units.exact_size(size), f"{free} pages free")
            for size, free in surroundings.free_pages.items()
        ]


class VcpuCount(Number):
    """``<vcpu current=…>``; without it all of the maximum are in use."""

    def read(self, view: View) -> int | None:
        """The number in use."""
        current = super().read(view)
        return self.decode(view.get("vcpu")) if current is None else current

    def put(self, view: View, value: int | None) -> None:
        """Not written where it is the maximum: libvirt does not write it either."""
        super().put(view, None if value == self.decode(view.get("vcpu")) else value)


class MaximumVcpus(Number):
    """``<vcpu>``; the number in use stays what it is, as far as it can."""

    def put(self, view: View, value: int | None) -> None:
        """``<vcpu current=…>`` is adjusted with it."""
        if value is None:
            return
        current = VcpuCount("vcpu/@current", "", "")
        used = current.read(view)
        super().put(view, value)
        current.put(view, value if used is None else min(used, value))
