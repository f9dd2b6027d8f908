"""What fits together and what does not, told before libvirt refuses or a guest fails to start.

Each rule looks at one thing in the edited document. An ``error`` is what libvirt or QEMU is
known to refuse, or what would harm; a ``warning`` is accepted but does not do what is hoped for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui.model.cpuset import parse_cpus
from tui.model.devices import Disk
from tui.model.devices.board import MemoryModule
from tui.model.devices.interface import MAC
from tui.model.devices.rest import Controller, Filesystem
from tui.model.domain import Domain
from tui.model.surroundings import Surroundings
from tui.model.told import machine_family
from tui.model.units import exact_size, parse_size

EVERYWHERE = ("0.0.0.0", "::", "*")
VNC_PASSWORD = 8
"""Characters that VNC looks at."""
VIRTIO_SERIAL = 20
"""Characters of a serial number that virtio carries."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit."""

    key: str
    """Key of the view that it is about."""
    field: str
    """Name of the field; empty where it is about the device as a whole."""
    severity: str
    """``error`` or ``warning``."""
    text: str
    """A sentence: what, and what to do."""


Rule = Callable[[Domain, Surroundings], Iterator[Finding]]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Register a rule."""
    RULES.append(function)
    return function


def check(document: Domain, surroundings: Surroundings) -> tuple[Finding, ...]:
    """Everything that does not fit, errors first."""
    found = [finding for one in RULES for finding in one(document, surroundings)]
    return tuple(sorted(found, key=lambda finding: finding.severity))


def _error(key: str, field: str, text: str) -> Finding:
    return Finding(key, field, "error", text)


def _warning(key: str, field: str, text: str) -> Finding:
    return Finding(key, field, "warning", text)


# -- CPU -----------------------------------------------------------------------------------


@rule
def vcpu_counts(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """In use, maximum, topology, what the machine type can have."""
    cpu = document.cpu
    maximum = cpu.maximum or 1
    if cpu.vcpus > maximum:
        yield _error("cpu", "current", f"More than the maximum of {maximum}.")
    product = cpu.topology
    if product is not None and product != maximum:
        yield _error(
            "cpu",
            "sockets",
            f"The topology has {product} CPUs, the maximum is {maximum}: they must be equal.",
        )
    most = surroundings.capabilities.max_vcpus if surroundings.capabilities else None
    if most is not None and maximum > most:
        yield _error("cpu", "maximum", f"This machine type has at most {most} vCPUs.")


@rule
def pins(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """Pins name host CPUs, vCPUs and I/O threads that exist."""
    cpu = document.cpu
    host = surroundings.cpus
    wanted = [("pins", cpus) for _vcpu, cpus in cpu.pins]
    wanted += [("iothread_pins", cpus) for _thread, cpus in cpu.iothread_pins]
    wanted += [("emulator_pin", cpu.emulator_pin), ("cpuset", cpu.cpuset)]
    for field, cpus in wanted:
        missing = parse_cpus(cpus) - host
        if host and missing:
            numbers = ", ".join(map(str, sorted(missing)))
            yield _error("cpu", field, f"The host has no CPU {numbers}: it would not start.")
    maximum = cpu.maximum or 1
    for vcpu, _cpus in cpu.pins:
        if vcpu.isdigit() and int(vcpu) >= maximum:
            yield _error("cpu", "pins", f"There is no vCPU {vcpu}: they count from 0.")
    for thread, _cpus in cpu.iothread_pins:
        if thread.isdigit() and int(thread) not in cpu.thread_ids:
            yield _error("cpu", "iothread_pins", f"There is no I/O thread {thread}.")
    if cpu.pins and not cpu.emulator_pin:
        yield _warning(
            "cpu", "emulator_pin", "vCPUs are pinned, QEMU's own threads are not: pin them too."
        )


@rule
def hidden(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """KVM can only be hidden where it is used."""
    if document.general.kvm_hidden == "on" and document.type not in ("kvm", "test"):
        yield _warning("general", "kvm_hidden", "Emulation has no KVM to hide.")


@rule
def guest_cells(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Guest NUMA cells share the vCPUs and add up to the memory."""
    cells = document.memory.cells
    if not cells:
        return
    seen: Counter[int] = Counter(n for cpus, _size in cells for n in parse_cpus(cpus))
    twice = [str(number) for number, count in seen.items() if count > 1]
    if twice:
        yield _error("memory", "cells", f"vCPU {', '.join(twice)} is in two cells.")
    maximum = document.cpu.maximum or 1
    if seen and max(seen) >= maximum:
        yield _error("memory", "cells", f"There is no vCPU {max(seen)}: they count from 0.")
    modules = [device for device in document.devices if isinstance(device, MemoryModule)]
    total = sum(parse_size(size) or 0 for _cpus, size in cells)
    total += sum(module.size or 0 for module in modules)
    memory = document.memory.maximum
    if memory is not None and total != memory:
        yield _warning(
            "memory",
            "cells",
            f"The cells have {exact_size(total)}, the machine {exact_size(memory)}: the cells win.",
        )


@rule
def host_nodes(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """NUMA nodes of the host, and guest cells, that exist."""
    memory = document.memory
    known = {cell.id for cell in surroundings.cells}
    wanted = [("numa_nodes", memory.numa_nodes)]
    wanted += [("cell_nodes", nodes) for _cell, nodes in memory.cell_nodes]
    for field, nodes in wanted:
        missing = sorted(parse_cpus(nodes) - known)
        if known and missing:
            numbers = ", ".join(map(str, missing))
            yield _error(
                "memory", field, f"The host has no NUMA node {numbers}: it will not start."
            )
    cells = range(len(memory.cells))
    for cell, _nodes in memory.cell_nodes:
        if cell.isdigit() and int(cell) not in cells:
            yield _error("memory", "cell_nodes", f"There is no guest cell {cell}.")


@rule
def memory_modules(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Modules need slots, a limit above all of them, and cells."""
    memory = document.memory
    if memory.plug_limit is not None and not memory.cells:
        yield _error("memory", "plug_limit", "Memory modules need at least one guest NUMA cell.")
    if memory.plug_limit is not None and not memory.slots:
        yield _error("memory", "slots", "A limit with modules needs a number of slots.")
    for device in document.devices:
        if not isinstance(device, MemoryModule):
            continue
        if memory.plug_limit is None:
            yield _error(
                device.key, "size", "Set Memory, Limit with modules, before adding modules."
            )
        if device.requested is not None:
            if device.requested > (device.size or 0):
                yield _error(device.key, "requested", "More than its size.")
            elif device.block and device.requested % device.block:
                yield _error(
                    device.key, "requested", f"Must be a multiple of {exact_size(device.block)}."
                )


# -- memory --------------------------------------------------------------------------------


@rule
def memory_sizes(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """Current below maximum, huge pages that exist, limits in order."""
    memory = document.memory
    maximum = memory.maximum or 0
    if memory.current is not None and memory.current > maximum:
        yield _warning(
            "memory",
            "current",
            f"More than the maximum of {exact_size(maximum)}: that is what it will have.",
        )
    if memory.hugepages:
        yield from _huge_pages(document, surroundings)
    if memory.locked and memory.hard_limit is None:
        yield _warning(
            "memory", "hard_limit", "Locked memory needs a hard limit above the machine's memory."
        )
    if memory.hard_limit is not None and memory.hard_limit < maximum:
        yield _error("memory", "hard_limit", "Below the machine's memory: the host would end it.")
    if memory.swap_hard_limit is not None and memory.swap_hard_limit < (memory.hard_limit or 0):
        yield _error("memory", "swap_hard_limit", "Must not be below the hard limit.")


def _huge_pages(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    memory = document.memory
    maximum = memory.maximum or 0
    size = memory.page_size or 2 * 1024**2
    if maximum % size:
        yield _error("memory", "page_size", f"The memory is no multiple of {exact_size(size)}.")
    free, needed = surroundings.free_pages.get(size), -(-maximum // size)
    if free is not None and free < needed:
        yield _warning(
            "memory",
            "hugepages",
            f"The host has {free} pages of {exact_size(size)} free, {needed} are needed.",
        )
    if memory.current is not None and memory.current < maximum:
        yield _warning("memory", "current", "Memory in huge pages cannot be ballooned.")


@rule
def shared_memory(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """virtiofs needs memory that other processes may share."""
    for device in document.devices:
        if isinstance(device, Filesystem) and device.driver == "virtiofs":
            shared = document.root.find("cpu/numa/cell[@memAccess='shared']")
            if document.memory.access != "shared" and shared is None:
                yield _error(
                    device.key,
                    "driver",
                    "virtiofs needs shared memory: set Memory, Access to shared, Backing to memfd.",
                )


# -- firmware and boot ---------------------------------------------------------------------


@rule
def secure_boot(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Secure boot is there on Q35 with SMM only."""
    if "secure" not in document.boot.firmware:
        return
    if machine_family(document.general.machine) != "q35":
        yield _error("boot", "firmware", "Secure boot needs the Q35 machine type.")
    elif document.general.smm == "off":
        yield _error("general", "smm", "Secure boot needs system management mode.")


@rule
def boot_order(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """One order, each place once."""
    devices = [d for d in document.devices if d.get("boot/@order")]
    places = Counter(device.get("boot/@order") for device in devices)
    for device in devices:
        if places[device.get("boot/@order")] > 1:
            yield _error(device.key, "boot_order", "Another device has this place as well.")
    if devices and document.root.find("os/boot") is not None:
        yield _error(
            "boot", "order", "An order by device and one by kind exclude each other: set it anew."
        )


# -- disks ---------------------------------------------------------------------------------


@rule
def disk_modes(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Cache, I/O mode, discard, format."""
    for disk in document.disks:
        if disk.io == "native" and disk.cache not in ("none", "directsync"):
            yield _error(
                disk.key, "io", "native needs the cache mode none or directsync: set that first."
            )
        if disk.detect_zeroes == "unmap" and disk.discard != "unmap":
            yield _warning(
                disk.key, "detect_zeroes", "unmap does something only with discard unmap."
            )
        if disk.device == "disk" and disk.source and not disk.format:
            yield _warning(
                disk.key, "format", "Without a format libvirt takes it for raw: say which it is."
            )
        if disk.bus == "ide" and machine_family(document.general.machine) == "q35":
            yield _error(disk.key, "bus", "Q35 has no IDE: take SATA.")


@rule
def disk_threads(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """I/O threads that exist, on a bus that has them."""
    threads = document.cpu.thread_ids
    users: list[Disk | Controller] = [*document.disks]
    users += [device for device in document.devices if isinstance(device, Controller)]
    for user in users:
        if user.iothread is None:
            continue
        if isinstance(user, Disk) and user.bus != "virtio":
            yield _error(user.key, "iothread", f"There are no I/O threads on {user.bus}.")
        elif user.iothread not in threads:
            yield _error(
                user.key,
                "iothread",
                f"The machine has {len(threads)} I/O threads: raise CPU, I/O threads first.",
            )


@rule
def drives(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """What a drive can be on its bus."""
    for disk in document.disks:
        if disk.device in ("cdrom", "floppy") and disk.bus == "virtio":
            yield _error(disk.key, "bus", "virtio has no removable media: take SATA or SCSI.")
        if disk.device == "lun" and disk.type not in ("block", "network", "volume"):
            yield _error(disk.key, "source", "A LUN is a whole device of the host: /dev/….")
        if disk.serial and disk.bus == "virtio" and len(disk.serial) > VIRTIO_SERIAL:
            yield _warning(
                disk.key, "serial", f"The guest sees {VIRTIO_SERIAL} characters of it on virtio."
            )


@rule
def usb(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Devices on USB need a USB controller."""
    controllers = [device for device in document.devices if device.get("@type") == "usb"]
    if not any(c.tag_name == "controller" and c.get("@model") == "none" for c in controllers):
        return
    for device in document.devices:
        kind = device.get("target/@bus") if device.tag_name == "disk" else device.get("@bus")
        on_host = device.tag_name == "hostdev" and device.get("@type") == "usb"
        if kind == "usb" or on_host:
            yield _error(device.key, "", "The machine has no USB: set the USB controller's model.")


@rule
def spice(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """What goes through SPICE needs a SPICE display."""
    if any(display.type == "spice" for display in document.graphics):
        return
    for device in document.devices:
        through = device.tag_name in ("channel", "redirdev", "smartcard", "serial", "console")
        if through and device.get("@type") == "spicevmc":
            yield _error(device.key, "", "It goes through SPICE: the machine has no such display.")


@rule
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
            yield _error(disk.key, "source", "Another disk of this machine has the same source.")
        elif other := surroundings.neighbours.sources.get(disk.source):
            yield _warning(
                disk.key, "source", f"{other} has it as well: if both run, its data is destroyed."
            )
    targets = Counter(disk.target for disk in document.disks)
    for disk in document.disks:
        if disk.target and targets[disk.target] > 1:
            yield _error(disk.key, "target", "Another disk has this name.")


@rule
def disk_limits(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """A total excludes separate limits for reading and writing."""
    for disk in document.disks:
        for kind in ("bytes", "iops"):
            both = _limit(disk, f"total_{kind}") and (
                _limit(disk, f"read_{kind}") or _limit(disk, f"write_{kind}")
            )
            if both:
                yield _error(
                    disk.key, f"total_{kind}", "A total excludes limits for reading or writing."
                )


def _limit(disk: Disk, name: str) -> object:
    return Disk.fields()[name].read(disk)


# -- network -------------------------------------------------------------------------------


@rule
def nic_addresses(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """A MAC address is one NIC's, and no group's."""
    counts = Counter(nic.mac.lower() for nic in document.interfaces)
    for nic in document.interfaces:
        mac = nic.mac.lower()
        if not re.fullmatch(MAC, mac):
            continue
        if int(mac[:2], 16) & 1:
            yield _error(nic.key, "mac", "A multicast address: the second digit must be even.")
        if counts[mac] > 1:
            yield _error(nic.key, "mac", "Another NIC of this machine has the same address.")
        elif other := surroundings.macs.get(mac):
            yield _warning(nic.key, "mac", f"{other} has the same address.")


@rule
def nic_queues(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Queues are virtio's, on a host's tap."""
    for nic in document.interfaces:
        if nic.queues is None or nic.queues < 2:
            continue
        if nic.type == "user":
            yield _error(nic.key, "queues", "There is one queue only on the user network.")
        elif nic.model != "virtio":
            yield _warning(nic.key, "queues", f"{nic.model or 'This model'} ignores queues.")


@rule
def nic_source(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """The network is there."""
    for nic in document.interfaces:
        known = surroundings.networks
        if nic.type == "network" and known and nic.source not in known:
            yield _error(nic.key, "where", f"The host has no network {nic.source}.")
        if nic.vlan and nic.type == "bridge" and not nic.get("virtualport/@type"):
            yield _warning(
                nic.key, "vlan", "A Linux bridge takes no VLAN tag here: libvirt may refuse it."
            )


# -- displays ------------------------------------------------------------------------------


@rule
def displays(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Who may look."""
    for display in document.graphics:
        if display.type not in ("vnc", "spice"):
            continue
        if display.listen in EVERYWHERE and not display.password:
            yield _warning(
                display.key,
                "listen",
                "Everyone on the network can look and type: set a password, or 127.0.0.1.",
            )
        if display.type == "vnc" and len(display.password) > VNC_PASSWORD:
            yield _error(display.key, "password", f"VNC takes {VNC_PASSWORD} characters at most.")


# -- what the host has to have ---------------------------------------------------------------


@rule
def tpm_backend(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """An emulated TPM is a program of the host's."""
    capabilities = surroundings.capabilities
    told = capabilities.enum("devices/tpm", "backendModel") if capabilities else None
    for device in document.devices:
        if device.tag_name == "tpm" and told and device.get("backend/@type") not in told:
            yield _error(
                device.key,
                "backend",
                "The host cannot: an emulated TPM needs swtpm and swtpm-tools there.",
            )
