"""What does not fit in the machine itself: vCPUs, memory, firmware, boot order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tui.model.cpuset import format_cpus, parse_cpus
from tui.model.devices.board import MemoryModule
from tui.model.devices.rest import Filesystem
from tui.model.domain import Domain
from tui.model.rules import Finding, Rule, error, warning
from tui.model.sections.enlightenments import USUAL_RETRIES
from tui.model.sections.processor import SHAPE
from tui.model.surroundings import Surroundings
from tui.model.told import machine_family
from tui.model.units import exact_size, parse_size

LEAST_QUOTA = 1000
"""Microseconds; libvirt refuses less, but for 0 and -1, which are no quota."""

# -- CPU -----------------------------------------------------------------------------------


def vcpu_counts(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """In use, maximum, topology, what the machine type can have."""
    cpu = document.cpu
    maximum = cpu.maximum or 1
    if cpu.vcpus > maximum:
        yield error("cpu", "current", f"More than the maximum of {maximum}.")
    shape = any(cpu.get(f"cpu/topology/@{field}") for field in SHAPE)
    for field in ("sockets", "cores", "threads"):
        if shape and not cpu.get(f"cpu/topology/@{field}"):
            yield error("cpu", field, "Sockets, cores and threads are told together.")
    for field, quota in (("quota", cpu.quota), ("quota_global", cpu.quota_global)):
        if quota is not None and 0 < quota < LEAST_QUOTA:
            yield error("cpu", field, f"At least {LEAST_QUOTA} µs, or -1 for all of the time.")
    product = cpu.topology
    if product is not None and product != maximum:
        yield error(
            "cpu",
            "sockets",
            f"The topology has {product} CPUs, the maximum is {maximum}: they must be equal.",
        )
    most = surroundings.capabilities.max_vcpus if surroundings.capabilities else None
    if most is not None and maximum > most:
        yield error("cpu", "maximum", f"This machine type has at most {most} vCPUs.")


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
            numbers = format_cpus(missing)
            yield error("cpu", field, f"The host has no CPU {numbers}: it would not start.")
    maximum = cpu.maximum or 1
    for vcpu, _cpus in cpu.pins:
        if vcpu.isdigit() and int(vcpu) >= maximum:
            yield error("cpu", "pins", f"There is no vCPU {vcpu}: they count from 0.")
    for thread, _cpus in cpu.iothread_pins:
        if thread.isdigit() and int(thread) not in cpu.thread_ids:
            yield error("cpu", "iothread_pins", f"There is no I/O thread {thread}.")
    if cpu.pins and not cpu.emulator_pin:
        yield warning(
            "cpu", "emulator_pin", "vCPUs are pinned, QEMU's own threads are not: pin them too."
        )


def hidden(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """KVM can only be hidden where it is used."""
    if document.general.kvm_hidden == "on" and document.type not in ("kvm", "test"):
        yield warning("general", "kvm_hidden", "Emulation has no KVM to hide.")


def enlightenments(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """What Windows is shown has to be told."""
    windows = document.hyperv
    if windows.vendor_id == "on" and not windows.vendor:
        yield error("hyperv", "vendor", "Give the name that Windows is shown.")
    if windows.spinlocks == "on" and windows.retries is None:
        yield error("hyperv", "retries", f"Say how often; {USUAL_RETRIES} is usual.")


def time_zone(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """A clock of a named zone has a name."""
    if document.clock.offset == "timezone" and not document.clock.timezone:
        yield error("clock", "timezone", "Name the zone: Europe/Paris.")


def endings(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """What happens at the ends of a machine goes together."""
    general = document.general
    both = general.on_poweroff == "restart" and general.on_reboot == "destroy"
    if both and document.type in ("kvm", "qemu"):
        yield error(
            "general",
            "on_reboot",
            "QEMU cannot start again at a power-off and end at a reboot: change one of the two.",
        )


def guest_cells(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Guest NUMA cells share the vCPUs and add up to the memory."""
    cells = document.memory.cells
    if not cells:
        return
    seen: Counter[int] = Counter(n for cpus, _size in cells for n in parse_cpus(cpus))
    twice = [number for number, count in seen.items() if count > 1]
    if twice:
        yield error("memory", "cells", f"vCPU {format_cpus(twice)} is in two cells.")
    maximum = document.cpu.maximum or 1
    if seen and max(seen) >= maximum:
        yield error("memory", "cells", f"There is no vCPU {max(seen)}: they count from 0.")
    modules = [device for device in document.devices if isinstance(device, MemoryModule)]
    total = sum(parse_size(size) or 0 for _cpus, size in cells)
    total += sum(module.size or 0 for module in modules)
    memory = document.memory.maximum
    if memory is not None and total != memory:
        yield warning(
            "memory",
            "cells",
            f"The cells have {exact_size(total)}, the machine {exact_size(memory)}: the cells win.",
        )


def host_nodes(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """NUMA nodes of the host, and guest cells, that exist."""
    memory = document.memory
    if memory.numa_mode and not memory.numa_nodes and memory.numa_placement != "auto":
        yield error("memory", "numa_nodes", "Name the host's nodes, or set the placement to auto.")
    known = {cell.id for cell in surroundings.cells}
    wanted = [("numa_nodes", memory.numa_nodes)]
    wanted += [("cell_nodes", nodes) for _cell, nodes in memory.cell_nodes]
    for field, nodes in wanted:
        missing = parse_cpus(nodes) - known
        if known and missing:
            numbers = format_cpus(missing)
            yield error("memory", field, f"The host has no NUMA node {numbers}: it will not start.")
    cells = range(len(memory.cells))
    for cell, _nodes in memory.cell_nodes:
        if cell.isdigit() and int(cell) not in cells:
            yield error("memory", "cell_nodes", f"There is no guest cell {cell}.")


def memory_modules(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Modules need slots, a limit above all of them, and cells."""
    memory = document.memory
    if memory.plug_limit is not None and not memory.cells:
        yield error("memory", "plug_limit", "Memory modules need at least one guest NUMA cell.")
    if memory.plug_limit is not None and not memory.slots:
        yield error("memory", "slots", "A limit with modules needs a number of slots.")
    for device in document.devices:
        if not isinstance(device, MemoryModule):
            continue
        if memory.plug_limit is None:
            yield error(
                device.key, "size", "Set Memory, Limit with modules, before adding modules."
            )
        if device.requested is not None:
            if device.requested > (device.size or 0):
                yield error(device.key, "requested", "More than its size.")
            elif device.block and device.requested % device.block:
                yield error(
                    device.key, "requested", f"Must be a multiple of {exact_size(device.block)}."
                )


# -- memory --------------------------------------------------------------------------------


def memory_sizes(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    """Current below maximum, huge pages that exist, limits in order."""
    memory = document.memory
    maximum = memory.maximum or 0
    if memory.current is not None and memory.current > maximum:
        yield warning(
            "memory",
            "current",
            f"More than the maximum of {exact_size(maximum)}: that is what it will have.",
        )
    if memory.hugepages:
        yield from _huge_pages(document, surroundings)
    if memory.locked and memory.hard_limit is None:
        yield warning(
            "memory", "hard_limit", "Locked memory needs a hard limit above the machine's memory."
        )
    if memory.hard_limit is not None and memory.hard_limit < maximum:
        yield error("memory", "hard_limit", "Below the machine's memory: the host would end it.")
    if memory.swap_hard_limit is not None and memory.swap_hard_limit < (memory.hard_limit or 0):
        yield error("memory", "swap_hard_limit", "Must not be below the hard limit.")


def _huge_pages(document: Domain, surroundings: Surroundings) -> Iterator[Finding]:
    memory = document.memory
    maximum = memory.maximum or 0
    size = memory.page_size or 2 * 1024**2
    if maximum % size:
        yield error("memory", "page_size", f"The memory is no multiple of {exact_size(size)}.")
    free, needed = surroundings.free_pages.get(size), -(-maximum // size)
    if free is not None and free < needed:
        yield warning(
            "memory",
            "hugepages",
            f"The host has {free} pages of {exact_size(size)} free, {needed} are needed.",
        )
    if memory.current is not None and memory.current < maximum:
        yield warning("memory", "current", "Memory in huge pages cannot be ballooned.")


def shared_memory(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """virtiofs needs memory that other processes may share."""
    for device in document.devices:
        needed = isinstance(device, Filesystem) and device.needs_shared_memory
        if needed and not document.memory.is_shared:
            yield error(
                device.key,
                "driver",
                "virtiofs needs shared memory: set Memory, Access to shared, Backing to memfd.",
            )


# -- firmware and boot ---------------------------------------------------------------------


def secure_boot(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """Secure boot is there on Q35 with SMM only."""
    if "secure" not in document.boot.firmware:
        return
    if machine_family(document.general.machine) != "q35":
        yield error("boot", "firmware", "Secure boot needs the Q35 machine type.")
    elif document.general.smm == "off":
        yield error("general", "smm", "Secure boot needs system management mode.")


def boot_order(document: Domain, _surroundings: Surroundings) -> Iterator[Finding]:
    """One order, each place once."""
    devices = [d for d in document.devices if d.get("boot/@order")]
    places = Counter(device.get("boot/@order") for device in devices)
    for device in devices:
        if places[device.get("boot/@order")] > 1:
            yield error(device.key, "boot_order", "Another device has this place as well.")
    if devices and document.root.find("os/boot") is not None:
        yield error(
            "boot", "order", "An order by device and one by kind exclude each other: set it anew."
        )


RULES: tuple[Rule, ...] = (
    vcpu_counts,
    pins,
    hidden,
    enlightenments,
    time_zone,
    endings,
    guest_cells,
    host_nodes,
    memory_modules,
    memory_sizes,
    shared_memory,
    secure_boot,
    boot_order,
)
