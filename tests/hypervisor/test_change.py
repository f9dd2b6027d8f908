"""The frame around a change: whatever happens inside, its entry ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import libvirt
import pytest

from tests.waiting import until
from tui.hypervisor import block_jobs, held_open
from tui.hypervisor.change import changing
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.journal import Outcome
from tui.hypervisor.records import DomainRecord


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (HypervisorError("Start a", words="no"), Outcome.FAILED),
        (asyncio.CancelledError(), Outcome.CANCELLED),
        (ValueError("a fault of ours"), Outcome.FAILED),
    ],
)
async def test_an_entry_ends_whatever_happens(error: BaseException, outcome: Outcome) -> None:
    host = Fleet().add("h", "test:///default")
    with pytest.raises(type(error)):
        async with changing(host, "a", "start", "virsh start a"):
            raise error
    assert not host.journal.running  # else the program asks for ever whether to quit
    assert host.journal.entries[-1].outcome is outcome


async def test_nothing_is_begun_on_a_read_only_host():
    """Neither is a command on the host's own shell, which libvirt would not refuse."""
    host = Fleet().add("cellar", "qemu+ssh://cellar/system", readonly=True)
    with pytest.raises(HypervisorError) as caught:
        async with changing(host, "0000:03:00.0", "set 4 virtual functions on", "echo 4"):
            pytest.fail("it was begun")
    assert caught.value.words == "cellar is connected read-only"
    assert caught.value.what == "Set 4 virtual functions on 0000:03:00.0"
    assert not host.journal.running


@contextlib.asynccontextmanager
async def machine(tmp_path: Path) -> AsyncIterator[tuple[Host, DomainRecord]]:
    """A host of the test driver with one running machine, and an audit log."""
    file = tmp_path / "node.xml"
    file.write_text(
        "<node><domain type='test'><name>web</name><memory>1024</memory>"
        "<uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid><os><type>hvm</type></os></domain></node>"
    )
    fleet = Fleet(tmp_path / "audit.log")
    fleet.attach()
    host = fleet.add("h", f"test://{file}")
    host.open()
    try:
        await until(lambda: host.inventory.domains)
        yield host, next(iter(host.inventory.domains.values()))
    finally:
        fleet.close()


async def test_what_is_done_to_a_block_job_is_in_the_audit_log(tmp_path: Path):
    """Also to somebody else's, also when it fails: the test driver has none."""
    async with machine(tmp_path) as (host, record):
        with pytest.raises(HypervisorError):
            await block_jobs.cancel(host, record, "vda")
        with pytest.raises(HypervisorError):
            await block_jobs.limit(host, record, "vda", 1024)
        host.journal.flush()
    lines = [json.loads(line) for line in (tmp_path / "audit.log").read_text().splitlines()]
    assert [(line["virsh"], line["result"]) for line in lines] == [
        ("virsh blockjob web vda --abort", "failed"),
        ("virsh blockjob web vda --bandwidth 1024 --bytes", "failed"),
    ]


async def test_a_machine_started_for_its_disks_is_ended_when_that_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """In the moment in which it starts too: nobody else knows of it."""
    started = threading.Event()
    mark = held_open._mark

    def marked(domain: libvirt.virDomain, element: str | None) -> None:
        mark(domain, element)
        domain.suspend()  # the test driver cannot start it so
        started.set()

    async def hold(host: Host, record: DomainRecord) -> None:
        async with held_open.held_open(host, record):
            pytest.fail("it was cancelled before")

    async with machine(tmp_path) as (host, record):
        off, paused = libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_PAUSED
        states: list[int] = []

        async def look() -> int:
            state: int = (await host.call(lambda c: c.lookupByUUIDString(record.uuid).state()))[0]
            return state

        await host.call(lambda c: c.lookupByUUIDString(record.uuid).destroy())
        monkeypatch.setattr(held_open, "_mark", marked)
        monkeypatch.setattr(libvirt, "VIR_DOMAIN_START_PAUSED", 0)
        work = asyncio.create_task(hold(host, record))
        await asyncio.sleep(0)
        assert started.wait(10)  # holds the loop: the answer is not taken yet
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        async with asyncio.timeout(10):
            while not states or states[-1] == paused:
                states.append(await look())
        assert states[-1] == off


async def test_a_block_job_that_begins_after_it_was_cancelled_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    begun, go_on = threading.Event(), threading.Event()
    told: list[str] = []

    def begin(_connection: libvirt.virConnect) -> None:
        begun.set()
        go_on.wait(10)
        told.append("begun")

    async def abort(_host: Host, _record: DomainRecord, target: str) -> None:
        told.append(f"aborted {target}")

    monkeypatch.setattr(block_jobs, "_abort", abort)
    async with machine(tmp_path) as (host, record):
        merging = block_jobs._follow(host, record, "vda", begin, lambda _share: None, "Merge")
        work = asyncio.create_task(merging)
        await until(begun.is_set)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        go_on.set()
        await until(lambda: told[-2:] == ["begun", "aborted vda"])
