"""Changing a running machine: one libvirt call for each step of a plan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import libvirt

from tui.hypervisor.change import change_domain
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.events import Event
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model.changes import ChangeSet, DeviceAdded, FieldChange, to_xml
from tui.model.cpuset import parse_cpus
from tui.model.devices import Disk
from tui.model.domain import Domain
from tui.model.fields import Call
from tui.model.live_commands import SCHEDULER
from tui.model.plan import LiveStep, counterpart
from tui.model.views import Device, View

LET_GO = 10.0
"""Seconds in which a guest has to let go of a device."""

LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE

UNLIMITED = (2**63 - 1) // 1024
"""KiB; VIR_DOMAIN_MEMORY_PARAM_UNLIMITED, which libvirt-python does not have."""

Work = Callable[[libvirt.virDomain], Any]


async def take(
    host: Host, record: DomainRecord, changes: ChangeSet, live: Domain, step: LiveStep
) -> None:
    """Make one step on the running machine. Raises HypervisorError."""
    work = _WORK[step.call](changes, live, step)
    what = ", ".join(change.what for change in step.changes)
    text = f"change {step.label} ({what}) of running"
    if step.call is not Call.DETACH_DEVICE:
        await change_domain(host, record, text, step.virsh, work)
        return
    device = counterpart(changes.base, step.key, live)
    alias = device.alias if isinstance(device, Device) else ""
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def observe(event: Event) -> None:
        ours = event.identity == record.uuid and event.detail[:1] == (alias,)
        kinds = ("device-removed", "device-removal-failed")
        if ours and event.kind in kinds and not answer.done():
            answer.set_result(event.kind)

    host.observers.add(observe)
    try:
        await change_domain(host, record, text, step.virsh, work)
        await _let_go(host, record, alias, answer, step.label)
    finally:
        host.observers.discard(observe)


async def _let_go(
    host: Host, record: DomainRecord, alias: str, answer: asyncio.Future[str], label: str
) -> None:
    """Wait until the guest has let go of a device. Raises HypervisorError when it has not."""
    words = f"the guest has not let go of it within {LET_GO:.0f} s"
    try:
        async with asyncio.timeout(LET_GO):
            if await answer == "device-removed":
                return
        words = "the guest refuses to let go of it"
    except TimeoutError:

        def is_gone(connection: libvirt.virConnect) -> bool:
            xml = domain_of(connection, record.uuid).XMLDesc(0)
            return all(device.alias != alias for device in Domain.from_xml(xml).devices)

        if await host.call(is_gone):
            return
    raise HypervisorError(
        f"Remove {label} from {record.name}",
        words=words,
        advice="The guest needs ACPI hot-plug and must not use it.",
    )


def _set_vcpus(changes: ChangeSet, _live: Domain, _step: LiveStep) -> Work:
    count = changes.edited.cpu.vcpus
    return lambda domain: domain.setVcpusFlags(count, LIVE)


def _set_memory(changes: ChangeSet, _live: Domain, _step: LiveStep) -> Work:
    kibibytes = (changes.edited.memory.given or 0) // 1024
    return lambda domain: domain.setMemoryFlags(kibibytes, LIVE)


def _set_metadata(_changes: ChangeSet, _live: Domain, step: LiveStep) -> Work:
    kinds = {
        "heading": libvirt.VIR_DOMAIN_METADATA_TITLE,
        "description": libvirt.VIR_DOMAIN_METADATA_DESCRIPTION,
    }
    texts = {kinds[c.field.name]: c.after or None for c in _fields(step)}

    def work(domain: libvirt.virDomain) -> None:
        for kind, text in texts.items():
            domain.setMetadata(kind, text, None, None, LIVE)

    return work


def _pin(changes: ChangeSet, live: Domain, step: LiveStep) -> Work:
    cpu = changes.edited.cpu
    fields = {change.field.name for change in _fields(step)}
    pins = {int(number): cpus for number, cpus in cpu.pins if number.isdigit()}
    threads = {int(number): cpus for number, cpus in cpu.iothread_pins if number.isdigit()}
    running = live.cpu.vcpus

    def work(domain: libvirt.virDomain) -> None:
        count = domain.connect().getCPUMap()[0]

        def bitmap(text: str) -> tuple[bool, ...]:
            chosen = parse_cpus(text)
            return tuple(not chosen or number in chosen for number in range(count))

        if "pins" in fields:
            for vcpu in range(running):
                domain.pinVcpuFlags(vcpu, bitmap(pins.get(vcpu, cpu.cpuset)), LIVE)
        if "emulator_pin" in fields:
            domain.pinEmulator(bitmap(cpu.emulator_pin or cpu.cpuset), LIVE)
        if "iothread_pins" in fields:
            for thread in sorted(live.cpu.thread_ids):
                domain.pinIOThread(thread, bitmap(threads.get(thread, cpu.cpuset)), LIVE)

    return work


def _set_block_io_tune(changes: ChangeSet, live: Domain, step: LiveStep) -> Work:
    disk = _running_with(changes, live, step)
    assert isinstance(disk, Disk)
    target, limits = disk.target, disk.iotune
    return lambda domain: domain.setBlockIoTune(target, limits, LIVE)


def _set_scheduler(_changes: ChangeSet, _live: Domain, step: LiveStep) -> Work:
    told = [(*SCHEDULER[change.field.name], change.after) for change in _fields(step)]
    values = {name: usual if value is None else value for name, usual, value in told}
    return lambda domain: domain.setSchedulerParametersFlags(values, LIVE)


def _set_memory_parameters(_changes: ChangeSet, _live: Domain, step: LiveStep) -> Work:
    values = {
        c.field.name: UNLIMITED if c.after is None else c.after // 1024 for c in _fields(step)
    }
    return lambda domain: domain.setMemoryParameters(values, LIVE)


def _set_numa_parameters(changes: ChangeSet, _live: Domain, _step: LiveStep) -> Work:
    nodes = changes.edited.memory.numa_nodes
    return lambda domain: domain.setNumaParameters({"numa_nodeset": nodes}, LIVE)


def _update_device(changes: ChangeSet, live: Domain, step: LiveStep) -> Work:
    xml = to_xml(_running_with(changes, live, step).element)
    return lambda domain: domain.updateDeviceFlags(xml, libvirt.VIR_DOMAIN_DEVICE_MODIFY_LIVE)


def _running_with(changes: ChangeSet, live: Domain, step: LiveStep) -> View:
    """The running device with the step's new values: its own XML, not the stored one."""
    device = counterpart(changes.base, step.key, live.copy())
    assert device is not None
    for change in _fields(step):
        change.field.write(device, change.after)
    return device


def _attach_device(_changes: ChangeSet, _live: Domain, step: LiveStep) -> Work:
    xmls = [change.xml for change in step.changes if isinstance(change, DeviceAdded)]

    def work(domain: libvirt.virDomain) -> None:
        for xml in xmls:
            domain.attachDeviceFlags(xml, LIVE)

    return work


def _detach_device(changes: ChangeSet, live: Domain, step: LiveStep) -> Work:
    device = counterpart(changes.base, step.key, live)
    assert device is not None
    xml = to_xml(device.element)
    return lambda domain: domain.detachDeviceFlags(xml, LIVE)


def _fields(step: LiveStep) -> list[FieldChange]:
    return [change for change in step.changes if isinstance(change, FieldChange)]


_WORK: dict[Call, Callable[[ChangeSet, Domain, LiveStep], Work]] = {
    Call.SET_VCPUS: _set_vcpus,
    Call.SET_MEMORY: _set_memory,
    Call.SET_METADATA: _set_metadata,
    Call.PIN: _pin,
    Call.SET_BLOCK_IO_TUNE: _set_block_io_tune,
    Call.SET_SCHEDULER: _set_scheduler,
    Call.SET_MEMORY_PARAMETERS: _set_memory_parameters,
    Call.SET_NUMA_PARAMETERS: _set_numa_parameters,
    Call.UPDATE_DEVICE: _update_device,
    Call.ATTACH_DEVICE: _attach_device,
    Call.DETACH_DEVICE: _detach_device,
}
