"""``<domainCapabilities>``: what a host's hypervisor offers to a machine."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from tui.model.xml import parse


@dataclass(frozen=True, slots=True)
class CpuModel:
    """A named CPU model."""

    name: str
    usable: bool
    """Whether this host's processor has all of its features."""
    vendor: str = ""


class DomainCapabilities:
    """Read-only view on the answer of virConnectGetDomainCapabilities."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root

    @classmethod
    def from_xml(cls, text: str) -> DomainCapabilities:
        """Parse; raises lxml.etree.XMLSyntaxError."""
        return cls(parse(text).getroot())

    def enum(self, path: str, name: str) -> tuple[str, ...] | None:
        """Values of ``<enum name=…>`` below a path (``devices/disk``); None where not told."""
        holder = self._root.find(path)
        if holder is None or holder.get("supported") == "no":
            return None
        found = holder.find(f"enum[@name='{name}']")
        if found is None:
            return None
        return tuple((value.text or "").strip() for value in found.iterfind("value"))

    @property
    def max_vcpus(self) -> int | None:
        """``<vcpu max=…>``."""
        found = self._root.find("vcpu")
        text = "" if found is None else found.get("max", "")
        return int(text) if text.isdigit() else None

    @property
    def cpu_modes(self) -> tuple[str, ...]:
        """CPU modes that are supported: ``host-passthrough``, ``custom``, …"""
        return tuple(
            mode.get("name", "")
            for mode in self._root.iterfind("cpu/mode")
            if mode.get("supported") == "yes"
        )

    @property
    def cpu_models(self) -> tuple[CpuModel, ...]:
        """Models of the custom mode, the usable ones first."""
        models = [
            CpuModel((m.text or "").strip(), m.get("usable") != "no", m.get("vendor", ""))
            for m in self._root.iterfind("cpu/mode[@name='custom']/model")
        ]
        return tuple(sorted(models, key=lambda model: (not model.usable, model.name)))

    @property
    def firmwares(self) -> tuple[str, ...]:
        """What ``<os firmware=…>`` may be: ``bios``, ``efi``."""
        return self.enum("os", "firmware") or ()

    @property
    def secure_boot(self) -> bool:
        """Whether a loader for secure boot is there."""
        return "yes" in (self.enum("os/loader", "secure") or ())
