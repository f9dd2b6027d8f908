"""The virsh commands that equal the steps of a plan on a running machine."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from tui.model.changes import Change, FieldChange
from tui.model.domain import Domain
from tui.model.fields import Call
from tui.model.order import natural

PINS = {"pins": "vcpupin", "emulator_pin": "emulatorpin", "iothread_pins": "iothreadpin"}
SCHEDULER = {
    "shares": ("cpu_shares", 1024),
    "quota": ("vcpu_quota", -1),
    "period": ("vcpu_period", 100_000),
}
"""By field: libvirt's name of the parameter, and what it is where nothing is set."""
UNLIMITED = -1
"""What memtune takes for no limit."""
DEVICES = {
    Call.UPDATE_DEVICE: "update-device",
    Call.ATTACH_DEVICE: "attach-device",
    Call.DETACH_DEVICE: "detach-device",
}


def commands(
    call: Call, key: str, made: Sequence[Change], edited: Domain, name: str
) -> tuple[str, ...]:
    """Of one step: the view that it is about, and the changes that it makes at once."""
    fields = [change for change in made if isinstance(change, FieldChange)]
    found = _words(call, key, fields, edited)
    return tuple(shlex.join(["virsh", verb, name, *rest]) for verb, *rest in found)


def _words(
    call: Call, key: str, fields: Sequence[FieldChange], edited: Domain
) -> Iterator[list[str]]:
    """Verb and what follows the machine's name, of each command."""
    if call is Call.RENAME:
        yield ["domrename", edited.name]
    elif call is Call.SET_AUTOSTART:
        yield ["autostart", *([] if edited.boot.autostart else ["--disable"])]
    elif call is Call.SET_VCPUS:
        yield ["setvcpus", str(edited.cpu.vcpus), "--live"]
    elif call is Call.SET_MEMORY:
        yield ["setmem", f"{(edited.memory.given or 0) // 1024}KiB", "--live"]
    elif call is Call.SET_METADATA:
        for change in fields:
            title = ["--title"] if change.field.name == "heading" else []
            yield ["desc", "--live", *title, "--new-desc", change.after]
    elif call is Call.SET_BLOCK_IO_TUNE:
        named = [(c.field.path.rpartition("/")[2].replace("_", "-"), c.after) for c in fields]
        limits = [f"--{name}={limit or 0}" for name, limit in named]
        yield ["blkdeviotune", key.split()[1], "--live", *limits]
    elif call is Call.PIN:
        for change in fields:
            yield from _pins(change, edited.cpu.cpuset)
    elif call is Call.SET_SCHEDULER:
        values = [(*SCHEDULER[change.field.name], change.after) for change in fields]
        words = [f"{name}={usual if value is None else value}" for name, usual, value in values]
        yield ["schedinfo", "--live", *words]
    elif call is Call.SET_MEMORY_PARAMETERS:
        limits = [
            f"--{c.field.name.replace('_', '-')}="
            f"{UNLIMITED if c.after is None else c.after // 1024}"
            for c in fields
        ]
        yield ["memtune", "--live", *limits]
    elif call is Call.SET_NUMA_PARAMETERS:
        yield ["numatune", "--live", "--nodeset", edited.memory.numa_nodes]
    else:
        yield [DEVICES[call], f"{key.replace(' ', '-')}.xml", "--live"]


def _pins(change: FieldChange, cpuset: str) -> Iterator[list[str]]:
    """One command for each vCPU or thread whose CPUs change; ``r`` for all of the host's."""
    verb, free = PINS[change.field.name], cpuset or "r"
    if isinstance(change.after, str):
        yield [verb, change.after or free, "--live"]
        return
    before, after = dict(change.before), dict(change.after)
    for number in sorted(before | after, key=natural):
        if before.get(number) != after.get(number):
            yield [verb, number, after.get(number, free), "--live"]
