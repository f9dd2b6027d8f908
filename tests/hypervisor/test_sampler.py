"""Counters become rates; what is not told is not zero."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from tui.hypervisor import sampler
from tui.hypervisor.records import DomainRecord, DomainState, Usage
from tui.hypervisor.sampler import read_counters, read_memory, usage_between
from tui.hypervisor.simulation import simulated_usage

VALUES = {
    "cpu.time": 1_000_000_000,
    "block.count": 2,
    "block.0.rd.bytes": 100,
    "block.1.rd.bytes": 50,
    "block.0.wr.bytes": 10,
    "net.count": 1,
    "net.0.rx.bytes": 1000,
    "net.0.tx.bytes": 2000,
}
LATER = {**VALUES, "cpu.time": 2_000_000_000, "block.1.rd.bytes": 250, "net.0.rx.bytes": 3000}


def test_rates_between_two_samples():
    usage = usage_between(read_counters(0.0, VALUES), read_counters(2.0, LATER), LATER, 2)
    assert usage.cpu == 0.25
    assert usage.disk_read == 100
    assert usage.disk_write == 0
    assert usage.net_receive == 1000


def test_the_first_sample_has_no_rates():
    assert usage_between(None, read_counters(0.0, VALUES), VALUES, 2) == Usage()


def test_a_counter_that_went_back_gives_no_rate():
    usage = usage_between(read_counters(0.0, LATER), read_counters(2.0, VALUES), VALUES, 2)
    assert usage.cpu is None
    assert usage.disk_read is None
    assert usage.disk_write == 0


def test_after_an_answer_that_took_an_hour_the_next_question_is_not_a_day_away(monkeypatch):
    """The daemon was stopped meanwhile; twenty times as long is for hosts that are slow."""
    clock = SimpleNamespace(
        monotonic=iter((0.0, 3600.0)).__next__, thread_time=iter((0.0, 0.0)).__next__
    )
    monkeypatch.setattr(sampler, "time", clock)
    monkeypatch.setattr(sampler, "bulk_stats", lambda *_what: [])
    _usage, rest = sampler.Sampler().sample(cast(Any, None), frozenset(("cpu",)), {})
    assert rest == sampler.LONGEST_INTERVAL


def test_what_is_not_told_is_not_known():
    usage = usage_between(read_counters(0.0, {}), read_counters(2.0, {}), {}, None)
    assert usage == Usage()


def test_cpu_is_never_more_than_all_of_it():
    before = read_counters(0.0, {"cpu.time": 0})
    assert usage_between(before, read_counters(1.0, {"cpu.time": 5e9}), {}, 2).cpu == 1.0


def test_memory_as_the_guest_tells_else_as_the_host_sees():
    assert read_memory({"balloon.available": 100, "balloon.unused": 40}) == (60 * 1024, True)
    assert read_memory({"balloon.available": 100, "balloon.unused": 40, "balloon.usable": 70}) == (
        30 * 1024,
        True,
    )
    assert read_memory({"balloon.rss": 7}) == (7 * 1024, False)
    assert read_memory({}) == (None, False)


def test_the_demo_tells_no_memory_of_a_machine_before_its_size_is_known():
    record = DomainRecord("demo", "0" * 32, "web", state=DomainState.RUNNING)
    assert simulated_usage(record, 1000.0).memory is None
