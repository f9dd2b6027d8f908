"""What fits together and what does not, told before libvirt refuses or a guest fails to start.

Each rule looks at one thing in the edited document. An ``error`` is what libvirt or QEMU is
known to refuse, or what would harm; a ``warning`` is accepted but does not do what is hoped for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tui.model.cpuset import parse_cpus
from tui.model.devices import Disk
from tui.model.devices.rest import Filesystem
from tui.model.domain import Domain
from tui.model.surroundings import Surroundings
from tui.model.told import machine_family
from tui.model.units import exact_size, parse_size

EVERYWHERE = ("0.0.0.0", "::", "*")
VNC_PASSWORD = 8
"""Characters that VNC looks at."""


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
    if maximum > 1 and not document.general.apic and document.general.arch == "x86_64":
        yield _warning("general", "apic", "More than one vCPU needs the APIC.")


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
    threads = cpu.iothreads or 0
    for thread, _cpus in cpu.iothread_pins:
        if thread.isdigit() and not 1 <= int(thread) <= threads:
            yield _error("cpu", "iothread_pins", f"There is no I/O thread {thread}.")
    if cpu.pins and not cpu.emulator_pin:
        yield _warning(
            "cpu", "emulator_pin", "vCPUs are pinned, QEMU's own threads are not: pin them too."
        )


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
    total = sum(parse_size(size) or 0 for _cpus, size in cells)
    memory = document.memory.maximum
    if memory is not None and total != memory:
        yield _error(
            "memory",
            "cells",
            f"The cells have {exact_size(total)}, the machine {exact_size(memory)}.",
        )


# -- memory --------------------------------------------------------------------------------


@rule
def memory_sizes(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """Current below maximum, huge pages that exist, limits in order."""
    memory = document.memory
    maximum = memory.maximum or 0
    if memory.current is not None and memory.current > maximum:
        yield _error("memory", "current", f"More than the maximum of {exact_size(maximum)}.")
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
            memory = document.memory
            if memory.access != "shared" and "memAccess" not in document.to_xml():
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
    threads = document.cpu.iothreads or 0
    for disk in document.disks:
        if disk.iothread is None:
            continue
        if disk.bus != "virtio":
            yield _error(disk.key, "iothread", f"There are no I/O threads on {disk.bus}.")
        elif disk.iothread > threads:
            yield _error(
                disk.key,
                "iothread",
                f"The machine has {threads} I/O threads: raise CPU, I/O threads first.",
            )


@rule
def disk_sources(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """A writable source belongs to one disk of one machine."""
    writable = [d for d in document.disks if d.source and not d.readonly and not d.shareable]
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
        if targets[disk.target] > 1:
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
        first = mac.partition(":")[0]
        if first and int(first, 16) & 1:
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
        if nic.type == "hostdev" and nic.get("virtualport/@type"):
            continue
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
