"""New hardware: what can be added, what has to be told, and the XML that comes of it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from tui.model.devices.disk import PREFIXES, free_target
from tui.model.devices.disk_source import located
from tui.model.devices.interface import UUID
from tui.model.domain import AGENT_CHANNEL, Domain
from tui.model.passthrough_xml import mdev_hostdev, pci_hostdev, usb_by_identity
from tui.model.pci import parse_address
from tui.model.surroundings import Surroundings
from tui.model.xml import element

Answers = Mapping[str, str]

ALONE = ("tpm", "vsock")
"""Tags that a machine has once, whatever the model."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a new device has to be told."""

    name: str
    text: str
    default: str = ""
    offers: tuple[str, ...] = ()
    """Values to choose from; empty where it is typed."""


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of hardware."""

    name: str
    label: str
    help: str
    build: Callable[[Domain, Answers], Sequence[etree._Element]]
    ask: Callable[[Domain, Surroundings], Sequence[Question]] = lambda _document, _around: ()

    def xml(self, document: Domain, answers: Answers) -> list[str]:
        """The XML of the new devices. Raises ValueError with words for the person."""
        return [etree.tostring(e, encoding="unicode") for e in self.build(document, answers)]


# -- disks ---------------------------------------------------------------------------------


def _target(document: Domain, bus: str) -> etree._Element:
    taken = {disk.target for disk in document.disks}
    dev = free_target(PREFIXES.get(bus, "sd"), taken)
    return element("target", {"dev": dev, "bus": bus})


def _source(path: str) -> tuple[str, etree._Element]:
    """The disk's type and its source. Raises ValueError with words for the person."""
    kind, attributes = located(path)
    return kind, element("source", attributes)


def _disk(document: Domain, answers: Answers) -> Sequence[etree._Element]:
    kind, source = _source(answers["source"])
    driver = {"name": "qemu", "type": answers["format"]}
    return [
        element(
            "disk",
            {"type": kind, "device": "disk"},
            element("driver", driver),
            source,
            _target(document, answers["bus"]),
        )
    ]


def _ask_disk(_document: Domain, around: Surroundings) -> Sequence[Question]:
    told = around.capabilities.enum("devices/disk", "bus") if around.capabilities else None
    buses = [bus for bus in told or ("virtio", "scsi", "sata", "usb") if bus != "fdc"]
    first = sorted(buses, key=lambda bus: bus != "virtio")
    return (
        Question("source", "Path on the host, or pool/volume"),
        Question("format", "Format of the image", "qcow2", ("qcow2", "raw")),
        Question("bus", "Bus", first[0], tuple(first)),
    )


def _drive(kind: str, usual: str) -> Callable[[Domain, Answers], Sequence[etree._Element]]:
    def build(document: Domain, answers: Answers) -> Sequence[etree._Element]:
        bus = usual
        if kind == "cdrom" and "i440fx" in document.general.machine:
            bus = "ide"
        path = answers["source"].strip()
        disk_type, source = _source(path) if path else ("file", None)
        parts = [element("driver", {"name": "qemu", "type": "raw"})]
        parts += [] if source is None else [source]
        parts.append(_target(document, bus))
        parts += [element("readonly")] if kind == "cdrom" else []
        return [element("disk", {"type": disk_type, "device": kind}, *parts)]

    return build


def _ask_medium(_document: Domain, _around: Surroundings) -> Sequence[Question]:
    return (Question("source", "Path of the medium; empty for an empty drive"),)


# -- network -------------------------------------------------------------------------------


def new_mac(taken: Mapping[str, str] | Sequence[str], draw: Callable[[int], int]) -> str:
    """A MAC address of QEMU's range that nobody has; ``draw(n)`` gives a number below n."""
    while True:
        mac = "52:54:00:" + ":".join(f"{draw(256):02x}" for _ in range(3))
        if mac not in taken:
            return mac


def _nic(_document: Domain, answers: Answers) -> Sequence[etree._Element]:
    kind, _, name = answers["source"].partition(" ")
    attributes = {"network": {"network": name}, "bridge": {"bridge": name}}
    source = attributes.get(kind, {"dev": name, "mode": "bridge"})
    parts = [element("mac", {"address": answers["mac"].strip().lower()})]
    if kind != "user":
        if not name:
            raise ValueError("The source is network NAME, bridge NAME, direct DEVICE, or user.")
        parts.append(element("source", source))
    parts.append(element("model", {"type": answers["model"]}))
    return [element("interface", {"type": kind}, *parts)]


def _ask_nic(document: Domain, around: Surroundings) -> Sequence[Question]:
    sources = [f"network {name}" for name in around.networks]
    sources += [f"bridge {name}" for name in around.bridges]
    sources += [f"direct {name}" for name in around.devices]
    taken = {**around.macs, **{nic.mac.lower(): document.name for nic in document.interfaces}}
    told = around.capabilities.enum("devices/interface", "model") if around.capabilities else None
    models = told or ("virtio", "e1000e", "e1000", "rtl8139")
    return (
        Question("source", "Source", (sources or ["network default"])[0], tuple(sources)),
        Question("model", "Model", "virtio", tuple(models)),
        Question("mac", "MAC address", new_mac(taken, random.randrange)),
    )


# -- what needs few answers ----------------------------------------------------------------


def _fixed(tag: str, *attributes: str) -> Callable[[Domain, Answers], Sequence[etree._Element]]:
    """A device of attributes alone: ``type=tablet``."""

    def build(_document: Domain, _answers: Answers) -> Sequence[etree._Element]:
        return [element(tag, dict(part.split("=") for part in attributes))]

    return build


def _one(
    build: Callable[[Domain, Answers], Sequence[etree._Element]],
) -> Callable[[Domain, Answers], Sequence[etree._Element]]:
    """Of which a machine has one at most, or one of each model."""

    def checked(document: Domain, answers: Answers) -> Sequence[etree._Element]:
        made = build(document, answers)
        tag, model = made[0].tag, made[0].get("model")
        for device in document.devices:
            if device.tag_name == tag and (tag in ALONE or device.get("@model") == model):
                raise ValueError(f"There is one already: {device.label}.")
        return made

    return checked


def _serial(document: Domain, _answers: Answers) -> Sequence[etree._Element]:
    """The first brings the console that stands for it."""
    ports = [int(d.get("target/@port") or 0) for d in document.devices if d.tag_name == "serial"]
    port = str(max(ports) + 1) if ports else "0"
    made = [element("serial", {"type": "pty"}, element("target", {"port": port}))]
    if not ports and not any(d.tag_name == "console" for d in document.devices):
        target = element("target", {"type": "serial", "port": "0"})
        made.append(element("console", {"type": "pty"}, target))
    return made


def _console(document: Domain, _answers: Answers) -> Sequence[etree._Element]:
    count = sum(device.tag_name == "console" for device in document.devices)
    target = element("target", {"type": "virtio", "port": str(count)})
    return [element("console", {"type": "pty"}, target)]


def _agent(document: Domain, _answers: Answers) -> Sequence[etree._Element]:
    if document.has_agent_channel:
        raise ValueError("There is a channel for the guest agent already.")
    target = element("target", {"type": "virtio", "name": AGENT_CHANNEL})
    return [element("channel", {"type": "unix"}, target)]


def _spice_channel(_document: Domain, _answers: Answers) -> Sequence[etree._Element]:
    target = element("target", {"type": "virtio", "name": "com.redhat.spice.0"})
    return [element("channel", {"type": "spicevmc"}, target)]


def _display(document: Domain, answers: Answers) -> Sequence[etree._Element]:
    listen = element("listen", {"type": "address", "address": answers["listen"].strip()})
    attributes = {"type": answers["type"], "port": "-1", "autoport": "yes"}
    made = [element("graphics", attributes, listen)]
    if not any(device.tag_name == "video" for device in document.devices):
        made.append(element("video", {}, element("model", {"type": "virtio"})))
    return made


def _ask_display(_document: Domain, around: Surroundings) -> Sequence[Question]:
    told = around.capabilities.enum("devices/graphics", "type") if around.capabilities else None
    kinds = [kind for kind in told or ("vnc", "spice") if kind in ("vnc", "spice")]
    return (
        Question("type", "Kind", kinds[0] if kinds else "vnc", tuple(kinds)),
        Question("listen", "Listen on", "127.0.0.1"),
    )


def _video(_document: Domain, answers: Answers) -> Sequence[etree._Element]:
    return [element("video", {}, element("model", {"type": answers["model"]}))]


def _ask_video(_document: Domain, around: Surroundings) -> Sequence[Question]:
    told = around.capabilities.enum("devices/video", "modelType") if around.capabilities else None
    models = tuple(told or ("virtio", "vga", "qxl", "bochs"))
    usual = "virtio" if "virtio" in models else models[0]
    return (Question("model", "Model", usual, models),)


def _controller(kind: str, model: str) -> Callable[[Domain, Answers], Sequence[etree._Element]]:
    def build(document: Domain, _answers: Answers) -> Sequence[etree._Element]:
        for device in document.devices:
            if device.get("@type") == kind and device.get("@model") == "none":
                raise ValueError(f"{device.label} stands for none: give it another model.")
        indexes = [
            int(device.get("@index") or 0)
            for device in document.devices
            if device.tag_name == "controller" and device.get("@type") == kind
        ]
        attributes = {"type": kind, "index": str(max(indexes, default=-1) + 1)}
        return [element("controller", {**attributes, **({"model": model} if model else {})})]

    return build


def _rng(_document: Domain, _answers: Answers) -> Sequence[etree._Element]:
    backend = element("backend", {"model": "random"})
    backend.text = "/dev/urandom"
    return [element("rng", {"model": "virtio"}, backend)]


def _tpm(_document: Domain, answers: Answers) -> Sequence[etree._Element]:
    backend = element("backend", {"type": "emulator", "version": answers["version"]})
    return [element("tpm", {"model": "tpm-crb"}, backend)]


def _filesystem(_document: Domain, answers: Answers) -> Sequence[etree._Element]:
    source, target = answers["source"].strip(), answers["target"].strip()
    if not source.startswith("/") or not target:
        raise ValueError("A full path on the host, and a tag for the guest.")
    return [
        element(
            "filesystem",
            {"type": "mount", "accessmode": "passthrough"},
            element("driver", {"type": "virtiofs"}),
            element("source", {"dir": source}),
            element("target", {"dir": target}),
        )
    ]


def _vsock(_document: Domain, _answers: Answers) -> Sequence[etree._Element]:
    return [element("vsock", {"model": "virtio"}, element("cid", {"auto": "yes"}))]


def _host_usb(_document: Domain, answers: Answers) -> Sequence[etree._Element]:
    identity = answers["id"].strip().lower()
    if not re.fullmatch("[0-9a-f]{4}:[0-9a-f]{4}", identity):
        raise ValueError("Vendor and product as lsusb shows them: 046d:c52b.")
    return [etree.fromstring(usb_by_identity(identity))]


def _host_pci(_document: Domain, answers: Answers) -> Sequence[etree._Element]:
    return [etree.fromstring(pci_hostdev(parse_address(answers["address"])))]


def _host_mdev(_document: Domain, answers: Answers) -> Sequence[etree._Element]:
    uuid = answers["uuid"].strip().lower()
    if not re.fullmatch(UUID, uuid):
        raise ValueError("The UUID of a mediated device of the host.")
    return [etree.fromstring(mdev_hostdev(uuid))]


def _ask_tpm(_document: Domain, _around: Surroundings) -> Sequence[Question]:
    return (Question("version", "Version", "2.0", ("2.0", "1.2")),)


def _ask_filesystem(_document: Domain, _around: Surroundings) -> Sequence[Question]:
    return Question("source", "Directory on the host"), Question("target", "Tag in the guest")


def _ask_usb(_document: Domain, _around: Surroundings) -> Sequence[Question]:
    return (Question("id", "Vendor:product, as lsusb shows it"),)


def _ask_pci(_document: Domain, _around: Surroundings) -> Sequence[Question]:
    return (Question("address", "Address, as lspci shows it"),)


def _ask_mdev(_document: Domain, _around: Surroundings) -> Sequence[Question]:
    return (Question("uuid", "UUID"),)


TEMPLATES: tuple[Template, ...] = (
    Template("disk", "Disk", "an image, a volume, a device of the host", _disk, _ask_disk),
    Template(
        "cdrom", "CD-ROM drive", "with a medium, or empty", _drive("cdrom", "sata"), _ask_medium
    ),
    Template(
        "floppy", "Floppy drive", "with a medium, or empty", _drive("floppy", "fdc"), _ask_medium
    ),
    Template("nic", "NIC", "on a network, a bridge, a device", _nic, _ask_nic),
    Template("agent", "Guest agent channel", "for qemu-guest-agent in the guest", _agent),
    Template("serial", "Serial port", "and the console on it", _serial),
    Template("console", "virtio console", "hvc0 in the guest", _console),
    Template("display", "Display", "VNC or SPICE", _display, _ask_display),
    Template("video", "Video", "a graphics card", _video, _ask_video),
    Template("spice", "SPICE agent channel", "clipboard and screen size", _spice_channel),
    Template(
        "tablet",
        "Tablet",
        "a pointer that stays where it is",
        _fixed("input", "type=tablet", "bus=usb"),
    ),
    Template("keyboard", "Keyboard", "on USB", _fixed("input", "type=keyboard", "bus=usb")),
    Template("sound", "Sound", "Intel ICH9", _fixed("sound", "model=ich9")),
    Template("rng", "Random numbers", "the host's /dev/urandom", _rng),
    Template(
        "watchdog",
        "Watchdog",
        "resets a guest that hangs",
        _one(_fixed("watchdog", "model=i6300esb", "action=reset")),
    ),
    Template(
        "tpm",
        "TPM",
        "emulated by swtpm",
        _one(_tpm),
        _ask_tpm,
    ),
    Template(
        "filesystem",
        "Filesystem",
        "a directory of the host by virtiofs",
        _filesystem,
        _ask_filesystem,
    ),
    Template("vsock", "VSOCK", "sockets between host and guest", _one(_vsock)),
    Template("scsi", "SCSI controller", "virtio-scsi", _controller("scsi", "virtio-scsi")),
    Template("usb", "USB controller", "xHCI", _controller("usb", "qemu-xhci")),
    Template(
        "root-port",
        "PCIe root port",
        "a place to plug one device while it runs",
        _controller("pci", "pcie-root-port"),
    ),
    Template(
        "host-usb",
        "USB device of the host",
        "by vendor and product",
        _host_usb,
        _ask_usb,
    ),
    Template(
        "host-pci",
        "PCI device of the host",
        "by address",
        _host_pci,
        _ask_pci,
    ),
    Template(
        "host-mdev",
        "Mediated device of the host",
        "a slice of a GPU, by its UUID",
        _host_mdev,
        _ask_mdev,
    ),
    Template(
        "redirection",
        "USB redirection",
        "of the viewer's computer, by SPICE",
        _fixed("redirdev", "bus=usb", "type=spicevmc"),
    ),
    Template(
        "panic",
        "Panic notifier",
        "tells of a crash of the guest",
        _one(_fixed("panic", "model=isa")),
    ),
    Template(
        "smartcard",
        "Smart card reader",
        "of the viewer's computer",
        _fixed("smartcard", "mode=passthrough", "type=spicevmc"),
    ),
)
