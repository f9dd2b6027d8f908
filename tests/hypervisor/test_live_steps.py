"""What a step sends to the running machine."""

from __future__ import annotations

from collections.abc import Callable

import libvirt
import pytest

from tests.model.definitions import Q35
from tui.hypervisor import live_steps
from tui.model import ChangeSet, Domain
from tui.model.fields import Call
from tui.model.plan import DomainStatus, plan


class Machine:
    """Notes the limits that it is sent."""

    def setBlockIoTune(self, disk: str, limits: dict[str, int], _flags: int) -> None:
        self.sent = (disk, {name: limit for name, limit in limits.items() if limit})


def test_a_limit_that_is_held_back_is_not_sent_with_another():
    live, base = Domain.from_xml(Q35), Domain.from_xml(Q35)
    edited = base.copy()
    edited.disks[0].total_iops, edited.disks[0].total_bytes = 900, 4096
    changes = ChangeSet(base, edited)
    made = plan(changes, DomainStatus(True, True), live, held_back={("disk vda", "total_bytes")})
    (step,) = made.steps
    assert step.call is Call.SET_BLOCK_IO_TUNE
    machine = Machine()
    live_steps._WORK[step.call](changes, live, step)(machine)
    assert machine.sent == ("vda", {"total_iops_sec": 900})


class Recorder:
    """Notes every call but those that ask; the host has four CPUs."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def connect(self) -> Recorder:
        return self

    def getCPUMap(self) -> tuple[int, list[bool], int]:
        return 4, [True] * 4, 4

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: self.calls.append((name, *arguments))


def bits(*cpus: int) -> tuple[bool, ...]:
    return tuple(number in cpus for number in range(4))


GIB, LIVE = 1024**3, libvirt.VIR_DOMAIN_AFFECT_LIVE


@pytest.mark.parametrize(
    ("section", "edits", "sent"),
    [
        (
            "cpu",
            {"pins": (("0", "1"), ("1", "0-1")), "cpuset": "2-3"},
            [
                ("pinVcpuFlags", 0, bits(1), LIVE),
                ("pinVcpuFlags", 1, bits(0, 1), LIVE),
            ],
        ),
        (
            "cpu",
            {"pins": (), "cpuset": "2-3"},  # no pin: what any vCPU may run on
            [
                ("pinVcpuFlags", 0, bits(2, 3), LIVE),
                ("pinVcpuFlags", 1, bits(2, 3), LIVE),
            ],
        ),
        ("cpu", {"emulator_pin": ""}, [("pinEmulator", bits(0, 1, 2, 3), LIVE)]),
        (
            "cpu",
            {"iothreads": 2, "iothread_pins": (("2", "0,^0,3"),)},
            [
                ("pinIOThread", 1, bits(0, 1, 2, 3), LIVE),
                ("pinIOThread", 2, bits(3), LIVE),
            ],
        ),
        (
            "cpu",
            {"shares": 512, "quota": 50_000},
            [("setSchedulerParametersFlags", {"cpu_shares": 512, "vcpu_quota": 50_000}, LIVE)],
        ),
        (
            "memory",
            {"hard_limit": 9 * GIB, "soft_limit": 5 * GIB},
            [
                (
                    "setMemoryParameters",
                    {"hard_limit": 9 * GIB // 1024, "soft_limit": 5 * GIB // 1024},
                    LIVE,
                )
            ],
        ),
        (
            "memory",
            {"numa_mode": "strict", "numa_nodes": "0-1"},
            [("setNumaParameters", {"numa_nodeset": "0-1"}, LIVE)],
        ),
    ],
)
def test_what_is_sent_for_pins_shares_and_limits(section, edits, sent):
    """The lab's libvirt has no control groups: what it would be asked is all there is to see."""
    live, base = Domain.from_xml(Q35), Domain.from_xml(Q35)
    if "iothreads" in edits:
        live.cpu.iothreads = base.cpu.iothreads = edits["iothreads"]
    if "numa_mode" in edits:
        live.memory.numa_mode = base.memory.numa_mode = edits["numa_mode"]
    edited = base.copy()
    for name, value in edits.items():
        setattr(getattr(edited, section), name, value)
    changes = ChangeSet(base, edited)
    recorder = Recorder()
    for step in plan(changes, DomainStatus(True, True), live).steps:
        live_steps._WORK[step.call](changes, live, step)(recorder)
    assert recorder.calls == sent


def test_a_limit_that_is_taken_away_is_unlimited():
    base = Domain.from_xml(Q35)
    base.memory.hard_limit = 9 * GIB
    base.cpu.shares = 512
    live, edited = base.copy(), base.copy()
    edited.memory.hard_limit = None
    edited.cpu.shares = None
    changes = ChangeSet(base, edited)
    recorder = Recorder()
    for step in plan(changes, DomainStatus(True, True), live).steps:
        live_steps._WORK[step.call](changes, live, step)(recorder)
    assert recorder.calls == [
        ("setSchedulerParametersFlags", {"cpu_shares": 1024}, LIVE),
        ("setMemoryParameters", {"hard_limit": 9007199254740991}, LIVE),
    ]
