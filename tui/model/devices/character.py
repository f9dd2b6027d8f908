"""Serial ports, consoles, channels: what carries bytes in and out of a guest."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.fields import Choice, HostPath, Option, Text
from tui.model.surroundings import Surroundings
from tui.model.views import Device, View

BACKENDS = {
    "pty": "a terminal of the host; what a console attaches to",
    "unix": "a socket",
    "tcp": "a network socket",
    "file": "writes to a file",
    "dev": "a device of the host",
    "pipe": "a named pipe",
    "null": "nothing",
    "stdio": "QEMU's own",
    "udp": "network packets",
    "spicevmc": "the SPICE client",
    "qemu-vdagent": "the clipboard of VNC",
}


def _backends(view: View, _surroundings: Surroundings) -> Sequence[Option]:
    """What a port may be on the host, with the reason where only a channel may."""
    refused = dict.fromkeys(CHANNELS, "" if view.element.tag == "channel" else "only for channels")
    return [Option(name, name, note, refused.get(name, "")) for name, note in BACKENDS.items()]


def _why_no_mode(view: Character) -> str:
    if view.type == "unix":
        return "" if view.path else "libvirt chooses the path"
    return "" if view.type == "tcp" else "only for sockets"


CHANNELS = ("spicevmc", "qemu-vdagent")
PATHS = ("unix", "file", "dev", "pipe")
"""Backends that are a path on the host."""


class Character(Device):
    """What they have in common."""

    type = Choice(
        "@type",
        "Backend",
        "Where its bytes go on the host.",
        values=BACKENDS,
        told=_backends,
        default=None,
    )
    path = HostPath(
        "source/@path",
        "Path",
        "The host's end: a device, a socket, a file.",
        volatile=True,
        unless=lambda view: "" if view.type in PATHS else "libvirt chooses it",
    )
    mode = Choice(
        "source/@mode",
        "Socket mode",
        "Whether QEMU waits for others, or goes to them.",
        values={"bind": "waits", "connect": "goes"},
        volatile=True,
        unless=lambda view: _why_no_mode(view),
    )
    host = Text(
        "source/@host",
        "Host",
        "The socket's address.",
        unless=lambda view: "" if view.type in ("tcp", "udp") else "only for network sockets",
    )
    service = Text(
        "source/@service",
        "Port",
        "The socket's port.",
        unless=lambda view: "" if view.type in ("tcp", "udp") else "only for network sockets",
    )
    protocol = Choice(
        "protocol/@type",
        "Protocol",
        "What is spoken on the socket.",
        values=("raw", "telnet", "telnets", "tls"),
        unless=lambda view: "" if view.type == "tcp" else "only for TCP",
    )
    log = HostPath(
        "log/@file",
        "Log file",
        "A file on the host that gets a copy of what it prints.",
        also=lambda view: None if view.log else view.drop("log"),
    )

    @property
    def port(self) -> str:
        """``<target port=…>``."""
        return self.get("target/@port")

    @property
    def identity(self) -> str:
        """Its port."""
        return self.port

    @property
    def summary(self) -> str:
        """Backend and what the guest sees."""
        kind = self.get("target/@type")
        return " ".join(part for part in (self.type, self.get("source/@path"), kind) if part)

    def why_not_hotplug(self) -> str:
        """By what the guest sees."""
        return "serial ports on ISA cannot be plugged into a running machine"


class Serial(Character):
    """``<serial>``."""

    tag = "serial"
    title = "Serial port"

    target_type = Choice(
        "target/@type",
        "Port type",
        "What the guest sees.",
        values=("isa-serial", "pci-serial", "usb-serial"),
        shown_only=True,
    )

    def why_not_hotplug(self) -> str:
        """On PCI and USB."""
        if self.target_type in ("pci-serial", "usb-serial"):
            return ""
        return super().why_not_hotplug()


class Parallel(Character):
    """``<parallel>``."""

    tag = "parallel"
    title = "Parallel port"


class Console(Character):
    """``<console>``: the first of a PC is its first serial port, seen once more."""

    tag = "console"
    title = "Console"

    target_type = Choice(
        "target/@type",
        "Console type",
        "serial stands for the first serial port.",
        values=("serial", "virtio", "sclp"),
        shown_only=True,
    )

    @property
    def echo(self) -> str:
        """The first serial port has it all, and libvirt copies it from there."""
        devices = self.element.getparent()
        serial = None if devices is None else devices.find("serial")
        first = self.target_type in ("", "serial") and self.port in ("", "0")
        return (
            "it is the first serial port seen once more: edit that"
            if first and serial is not None
            else ""
        )

    def why_not_hotplug(self) -> str:
        """virtio consoles can."""
        return "" if self.target_type == "virtio" else super().why_not_hotplug()


class Channel(Character):
    """``<channel>``."""

    tag = "channel"
    title = "Channel"

    name = Text(
        "target/@name",
        "Name",
        "What the guest finds it by; org.qemu.guest_agent.0 for the guest agent.",
    )
    target_type = Choice(
        "target/@type",
        "Channel type",
        "What the guest sees.",
        values=("virtio", "guestfwd", "xen"),
        shown_only=True,
    )
    clipboard = Choice(
        "source/clipboard/@copypaste",
        "Clipboard",
        "Shared with VNC viewers.",
        values=("yes", "no"),
        unless=lambda view: "" if view.type == "qemu-vdagent" else "only for qemu-vdagent",
    )
    mouse = Choice(
        "source/mouse/@mode",
        "Mouse",
        "Whose pointer is shown.",
        values=("client", "server"),
        unless=lambda view: "" if view.type == "qemu-vdagent" else "only for qemu-vdagent",
    )
    state = Text(
        "target/@state", "State", "Whether the guest has it open.", shown_only=True, volatile=True
    )

    @property
    def identity(self) -> str:
        """Its name, else its address for a guestfwd."""
        return self.name or ":".join(
            part for part in (self.get("target/@address"), self.port) if part
        )

    @property
    def likeness(self) -> str:
        """What is on both ends."""
        return f"{self.type} {self.target_type}"

    def why_not_hotplug(self) -> str:
        """Nothing: they can be plugged into a running machine."""
        return ""
