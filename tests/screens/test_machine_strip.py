"""The details strip: what matters stays in its lines, whatever names and titles are like."""

from __future__ import annotations

import time
from dataclasses import replace

from tui.hypervisor.records import DomainDetails, DomainRecord, Usage
from tui.model.states import DomainState
from tui.screens.machine_columns import COLUMNS, DEFAULT
from tui.screens.machine_strip import InView, strip
from tui.widgets.columns import lay_out

DETAILS = DomainDetails(disks=1)
MACHINE = DomainRecord(
    host="rack1",
    uuid="5f0b",
    name="web",
    id=3,
    state=DomainState.PAUSED,
    reason=5,
    memory=16 << 20,
    vcpus=1,
    details=DETAILS,
)


def lines(record: DomainRecord, usage: Usage | None = None, width: int = 78) -> list[str]:
    machine = InView(record, usage, warnings=("its disk is on another host",))
    return strip(machine, width, 3).plain.split("\n")


def test_a_long_name_and_title_leave_room_for_the_state_and_its_alarm():
    long = replace(MACHINE, name="n" * 90, details=replace(DETAILS, title="t" * 120))
    first, *others = lines(long)
    assert len(first) <= 78
    assert "paused (disk I/O error)" in first
    assert "⚠" in first
    assert len(others) == 2  # none is pushed out of the strip


def test_memory_as_the_host_sees_it_is_marked_as_in_the_table():
    guess = Usage(cpu=0.1, memory=42 << 20, memory_is_guest=False)
    assert "~42 MiB of 16 MiB" in lines(MACHINE, guess)[1]
    told = Usage(cpu=0.1, memory=12 << 20, memory_is_guest=True)
    assert " 12 MiB of 16 MiB" in lines(MACHINE, told)[1]


def test_how_long_it_runs_is_told_as_in_the_table():
    started = replace(MACHINE, started=time.time() - 1570)
    assert "   up 26m" in lines(started)[2]
    assert " up " not in lines(replace(started, stale=True))[2]


def test_a_lost_host_says_since_when():
    seen = time.mktime((2026, 1, 2, 3, 4, 5, 0, 0, -1))
    shown = strip(InView(replace(MACHINE, stale=True), seen=seen), 78, 3).plain
    assert "last known at 01-02 03:04" in shown


def test_the_host_stays_on_a_narrow_screen():
    placed = lay_out([column for column in COLUMNS if column.key in DEFAULT], 80)
    assert [place.column.key for place in placed] == [
        *("state", "name", "cpu", "memory", "host", "badges")
    ]


def test_nobody_looks_for_the_address_of_a_machine_that_is_off():
    assert "no address known" in lines(MACHINE)[2]
    off = replace(MACHINE, state=DomainState.SHUTOFF, id=None, reason=0)
    assert lines(off)[2] == "1 disk"


def test_what_happened_last_is_data():
    machine = InView(MACHINE, last_event="the image \x1b[2J\u202eb was locked")
    shown = strip(machine, 78, 3).plain
    assert not {"\x1b", "\u202e"} & set(shown)
