"""What does not fit in a machine's devices: disks, drives, NICs, displays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from tui.model.devices import Disk
from tui.model.devices.board import Iommu
from tui.model.devices.character import PATHS, Character
from tui.model.devices.display import Video
from tui.model.devices.interface import MAC
from tui.model.devices.rest import Controller
from tui.model.domain import Domain
from tui.model.fields import fields_of
from tui.model.rules import Finding, Rule, error, warning
from tui.model.surroundings import Surroundings
from tui.model.told import machine_family

EVERYWHERE = ("0.0.0.0", "::", "*")
VNC_PASSWORD = 8
"""Characters that VNC looks at."""
LEAST_VNC_PORT = 5900
LOCAL = ("file", "block", "volume")
"""Kinds of source that have one name."""
VIRTIO_SERIAL = 20
"""Characters of a serial number that virtio carries."""

# -- disks ---------------------------------------------------------------------------------


def disk_modes(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Cache, I/O mode, discard, format."""
    for disk in document.disks:
        if disk.io == "native" and disk.cache not in ("none", "directsync"):
            yield error(
                disk.key, "io", "native needs the cache mode none or directsync: set that first."
            )
        if disk.detect_zeroes == "unmap" and disk.discard != "unmap":
            yield warning(
                disk.key, "detect_zeroes", "unmap does something only with discard unmap."
            )
        if disk.device == "disk" and disk.source and not disk.format:
            yield warning(
                disk.key, "format", "Without a format libvirt takes it for raw: say which it is."
            )
        if disk.bus == "ide" and machine_family(document.general.machine) == "q35":
            yield error(disk.key, "bus", "Q35 has no IDE: take SATA.")


def disk_threads(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """I/O threads that exist, on a bus that has them."""
    threads = document.cpu.thread_ids
    users: list[Disk | Controller] = [*document.disks]
    users += [device for device in document.devices if isinstance(device, Controller)]
    for user in users:
        if user.iothread is None:
            continue
        if isinstance(user, Disk) and user.bus != "virtio":
            yield error(user.key, "iothread", f"There are no I/O threads on {user.bus}.")
        elif user.iothread not in threads:
            yield error(
                user.key,
                "iothread",
                f"The machine has {len(threads)} I/O threads: raise CPU, I/O threads first.",
            )


def drives(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """What a drive can be on its bus."""
    for disk in document.disks:
        if disk.device in ("cdrom", "floppy") and disk.bus == "virtio":
            yield error(disk.key, "bus", "virtio has no removable media: take SATA or SCSI.")
        if disk.device == "cdrom" and disk.bus == "usb" and not disk.source:
            yield error(disk.key, "source", "On USB a drive needs a medium to start with.")
        if disk.device == "lun" and disk.type not in ("block", "network", "volume"):
            yield error(disk.key, "source", "A LUN is a whole device of the host: /dev/….")
        if disk.device in ("disk", "lun") and not disk.source and disk.type in LOCAL:
            yield error(disk.key, "source", "Only drives can be empty: give it a source.")
        if disk.readonly and disk.device == "disk" and disk.bus in ("sata", "ide"):
            yield error(
                disk.key,
                "readonly",
                f"No disk on {disk.bus} can be read-only: take virtio or SCSI.",
            )
        for field in ("logical_block", "physical_block"):
            size = fields_of(Disk)[field].read(disk)
            if size is not None and size & (size - 1):
                yield error(disk.key, field, "Must be a power of two: 512, 4096.")
        if disk.shareable and not disk.readonly and disk.format not in ("", "raw"):
            yield error(disk.key, "shareable", f"Only raw disks can be shared, not {disk.format}.")
        if disk.serial and disk.bus == "virtio" and len(disk.serial) > VIRTIO_SERIAL:
            yield warning(
                disk.key, "serial", f"The guest sees {VIRTIO_SERIAL} characters of it on virtio."
            )


def usb(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Devices on USB need a USB controller."""
    controllers = [device for device in document.devices if device.get("@type") == "usb"]
    if not any(c.tag_name == "controller" and c.get("@model") == "none" for c in controllers):
        return
    for device in document.devices:
        if device.is_on_usb:
            yield error(device.key, "", "The machine has no USB: set the USB controller's model.")


def spice(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """What goes through SPICE needs a SPICE display."""
    if any(display.type == "spice" for display in document.graphics):
        return
    for device in document.devices:
        through = device.tag_name in ("channel", "redirdev", "smartcard", "serial", "console")
        sound = device.tag_name == "audio" and device.get("@type") == "spice"
        if sound or (through and device.get("@type") == "spicevmc"):
            yield error(device.key, "", "It goes through SPICE: the machine has no such display.")


def disk_sources(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """A writable source belongs to one disk of one machine."""
    writable = [
        disk
        for disk in document.disks
        if disk.source and not (disk.readonly or disk.shareable or disk.device == "cdrom")
    ]
    counts = Counter(disk.source for disk in writable)
    for disk in writable:
        if counts[disk.source] > 1:
            yield error(disk.key, "source", "Another disk of this machine has the same source.")
        elif other := surroundings.neighbours.sources.get(disk.source):
            yield warning(
                disk.key, "source", f"{other} has it as well: if both run, its data is destroyed."
            )
    targets = Counter(disk.target for disk in document.disks)
    for disk in document.disks:
        if disk.target and targets[disk.target] > 1:
            yield error(disk.key, "target", "Another disk has this name.")


def disk_limits(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """A total excludes separate limits for reading and writing."""
    for disk in document.disks:
        for kind in ("bytes", "iops"):
            both = _limit(disk, f"total_{kind}") and (
                _limit(disk, f"read_{kind}") or _limit(disk, f"write_{kind}")
            )
            if both:
                yield error(
                    disk.key, f"total_{kind}", "A total excludes limits for reading or writing."
                )


def _limit(disk: Disk, name: str) -> object:
    return fields_of(Disk)[name].read(disk)


# -- network -------------------------------------------------------------------------------


def nic_addresses(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """A MAC address is one NIC's, and no group's."""
    counts = Counter(nic.mac.lower() for nic in document.interfaces)
    for nic in document.interfaces:
        mac = nic.mac.lower()
        if not re.fullmatch(MAC, mac):
            continue
        if int(mac[:2], 16) & 1:
            yield error(nic.key, "mac", "A multicast address: the second digit must be even.")
        if counts[mac] > 1:
            yield error(nic.key, "mac", "Another NIC of this machine has the same address.")
        elif other := surroundings.macs.get(mac):
            yield warning(nic.key, "mac", f"{other} has the same address.")


def nic_queues(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Queues are virtio's, on a host's tap."""
    for nic in document.interfaces:
        if nic.queues is None or nic.queues < 2:
            continue
        if nic.type == "user":
            yield error(nic.key, "queues", "There is one queue only on the user network.")
        elif nic.model != "virtio":
            yield warning(nic.key, "queues", f"{nic.model or 'This model'} ignores queues.")


def nic_source(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """The network is there."""
    for nic in document.interfaces:
        known = surroundings.networks
        if nic.port_type == "midonet" and not nic.port_interface:
            yield error(nic.key, "port_interface", "MidoNet needs the UUID of the port.")
        if nic.type == "network" and known and nic.source not in known:
            yield error(nic.key, "where", f"The host has no network {nic.source}.")
        filters = surroundings.filters
        if nic.filter and filters and nic.filter not in filters:
            text = f"The host has no filter {nic.filter}: it will not start."
            yield error(nic.key, "filter", text)
        if nic.vlan and nic.type == "bridge" and not nic.port_type:
            yield warning(
                nic.key, "vlan", "A Linux bridge takes no VLAN tag here: libvirt may refuse it."
            )


# -- serial ports and the like -------------------------------------------------------------


def character_ends(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """The host's end of a port that libvirt cannot choose."""
    for device in document.devices:
        if not isinstance(device, Character) or device.echo:
            continue
        # libvirt chooses a path for a channel's socket.
        chosen = device.tag_name == "channel" and device.type == "unix"
        if device.type in PATHS and not device.path and not chosen:
            yield error(device.key, "path", "Say where on the host: a full path.")
        if device.type == "tcp" and not device.host:
            yield error(device.key, "host", "Give an address: 127.0.0.1, or 0.0.0.0 for all.")
        if device.type in ("tcp", "udp") and not device.service:
            yield error(device.key, "service", "Give a port.")


# -- IOMMU ---------------------------------------------------------------------------------


def interrupt_remapping(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """An IOMMU's features stand on one another."""
    for device in document.devices:
        if not isinstance(device, Iommu):
            continue
        if device.intremap == "on" and document.hyperv.ioapic != "qemu":
            text = "Remapping needs Features, I/O APIC set to qemu: set that as well."
            yield error(device.key, "intremap", text)
        if device.eim == "on" and device.intremap != "on":
            yield error(device.key, "eim", "Needs interrupt remapping: switch that on as well.")


# -- displays ------------------------------------------------------------------------------


def displays(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """A display has a port that can be had, and a password where others can reach it."""
    for display in document.graphics:
        if display.type not in ("vnc", "spice"):
            continue
        if display.autoport == "no" and not display.port and not display.listen.startswith("/"):
            yield error(display.key, "port", "Give it a port, or let libvirt pick one.")
        if display.listen in EVERYWHERE and not display.password:
            yield warning(
                display.key,
                "listen",
                "Everyone on the network can look and type: set a password, or 127.0.0.1.",
            )
        port = int(display.port) if display.port.isdigit() else -1
        if display.type == "vnc" and display.autoport != "yes" and 0 <= port < LEAST_VNC_PORT:
            yield error(display.key, "port", f"VNC has ports from {LEAST_VNC_PORT} on.")
        if display.type == "vnc" and len(display.password) > VNC_PASSWORD:
            yield error(display.key, "password", f"VNC takes {VNC_PASSWORD} characters at most.")


def resolutions(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """A screen has a width and a height."""
    for device in document.devices:
        if isinstance(device, Video) and (device.width is None) is not (device.height is None):
            missing = "width" if device.width is None else "height"
            yield error(device.key, missing, "Width and height are told together.")


# -- what the host has to have ---------------------------------------------------------------


def tpm_backend(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """An emulated TPM is a program of the host's."""
    capabilities = surroundings.capabilities
    told = capabilities.enum("devices/tpm", "backendModel") if capabilities else None
    for device in document.devices:
        if device.tag_name == "tpm" and told and device.get("backend/@type") not in told:
            yield error(
                device.key,
                "backend",
                "The host cannot: an emulated TPM needs swtpm and swtpm-tools there.",
            )


RULES: tuple[Rule, ...] = (
    disk_modes,
    disk_threads,
    drives,
    usb,
    spice,
    disk_sources,
    disk_limits,
    nic_addresses,
    nic_queues,
    nic_source,
    character_ends,
    interrupt_remapping,
    displays,
    resolutions,
    tpm_backend,
)
