"""``<hostdev>`` and ``<redirdev>``: devices that the machine gets from elsewhere."""

from __future__ import annotations

from tui.model.devices.boot_place import BootPlace
from tui.model.fields import Choice, HostPath, Switch, Text
from tui.model.views import Device


class Hostdev(Device):
    """``<hostdev>``: a device of the host given to the machine."""

    tag = "hostdev"
    title = "Host device"

    type = Choice("@type", "Kind", "pci, usb, scsi, mdev.", shown_only=True)
    managed = Switch(
        "@managed",
        "Managed",
        "libvirt takes it from the host's driver and gives it back.",
        unless=lambda view: "" if view.type == "pci" else "only for PCI devices",
    )
    rom_bar = Choice(
        "rom/@bar",
        "ROM",
        "Whether the guest sees the card's ROM.",
        values=("on", "off"),
        unless=lambda view: "" if view.type == "pci" else "only for PCI devices",
    )
    rom_file = HostPath(
        "rom/@file",
        "ROM file",
        "A ROM image to show instead.",
        unless=lambda view: "" if view.type == "pci" else "only for PCI devices",
    )
    startup_policy = Choice(
        "source/@startupPolicy",
        "When missing",
        "What happens when it is not there at start.",
        values={
            "mandatory": "does not start",
            "requisite": "may be missing after a migration",
            "optional": "starts without",
        },
        unless=lambda view: "" if view.type == "usb" else "only for USB devices",
    )
    boot_order = BootPlace()
    driver = Choice(
        "driver/@name",
        "Driver",
        "The host's driver that hands it over.",
        values=("vfio", "kvm", "xen"),
        unless=lambda view: "" if view.type == "pci" else "only for PCI devices",
    )
    display = Choice(
        "@display",
        "Display",
        "A virtual graphics card shows its screen.",
        values=("on", "off"),
        unless=lambda view: "" if view.type == "mdev" else "only for mediated devices",
    )
    ramfb = Choice(
        "@ramfb",
        "Boot screen",
        "A plain screen until the guest's driver is loaded.",
        values=("on", "off"),
        unless=lambda view: "" if view.display == "on" else "its display is off",
    )
    readonly = Switch(
        "readonly",
        "Read-only",
        "The guest cannot write.",
        presence=True,
        unless=lambda view: "" if view.type == "scsi" else "only for SCSI devices",
    )
    shareable = Switch(
        "shareable",
        "Shareable",
        "Several machines may have it.",
        presence=True,
        unless=lambda view: "" if view.type == "scsi" else "only for SCSI devices",
    )
    raw_io = Choice(
        "@rawio",
        "Raw SCSI",
        "Lets the guest send any SCSI command.",
        values=("yes", "no"),
        unless=lambda view: "" if view.type == "scsi" else "only for SCSI devices",
    )
    teaming = Text("teaming/@type", "Teaming", "Half of a pair for migration.", shown_only=True)

    @property
    def address(self) -> str:
        """PCI address, USB identity or place, SCSI address, mediated device's UUID, path."""
        if vendor := self.get("source/vendor/@id"):
            return f"{vendor}:{self.get('source/product/@id')}".replace("0x", "")
        place = {
            key: self.get(f"source/address/@{key}")
            for key in ("uuid", "bus", "device", "target", "unit")
        }
        if place["uuid"]:
            return place["uuid"]
        if self.type == "usb":
            return f"bus {place['bus']} device {place['device']}"
        if adapter := self.get("source/adapter/@name"):
            return f"{adapter} {place['bus']}:{place['target']}:{place['unit']}"
        return self.pci("source/address") or self._path()

    def _path(self) -> str:
        """Where the host has it: a block device, a character device, an interface, a WWPN."""
        for tag in ("block", "char", "interface"):
            if path := self.element.findtext(f"source/{tag}"):
                return path.strip()
        return self.get("source/@wwpn") or self.get("source/@name")

    @property
    def identity(self) -> str:
        """Kind and address."""
        return f"{self.type} {self.address}".strip()

    @property
    def summary(self) -> str:
        """How it is handled."""
        return "managed" if self.managed else ""

    def why_not_hotplug(self) -> str:
        """Nothing: PCI, USB, SCSI and mediated devices can be plugged into a running machine."""
        return ""


class Redirdev(Device):
    """``<redirdev>``: USB of the person's own computer."""

    tag = "redirdev"
    title = "USB redirection"

    bus = Text("@bus", "Bus", "usb.", shown_only=True)
    type = Text("@type", "Kind", "spicevmc or tcp.", shown_only=True)

    host = Text(
        "source/@host",
        "Host",
        "Where the device comes from.",
        unless=lambda view: "" if view.type == "tcp" else "only over TCP",
    )
    service = Text(
        "source/@service",
        "Port",
        "Where the device comes from.",
        unless=lambda view: "" if view.type == "tcp" else "only over TCP",
    )
    boot_order = BootPlace()

    @property
    def summary(self) -> str:
        """Bus and kind."""
        return f"{self.bus} {self.type}"

    def why_not_hotplug(self) -> str:
        """Nothing: they can be plugged into a running machine."""
        return ""
