"""Block jobs that run on a host without us: begun by others, or by a virtty that has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial

import libvirt

from tui.hypervisor import block_jobs
from tui.hypervisor.block_jobs import BlockJob
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.journal import Outcome
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.tasks import cancel_all
from tui.model import Domain

LOOK_EVERY = 2.0
"""Seconds between two looks at a job that was found."""
AT_MOST = 200
"""Machines that are asked in one look."""
LEFT = "left paused by work on its disks, which was cut"
LEFT_ADVICE = "Delete its snapshot once more to finish, or force the machine off."
READY = "the merge is ready: delete its snapshot once more to finish it, or cancel it"


class FoundJobs:
    """Follows them in Activity, where they can be cancelled."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._asked: set[str] = set()
        """UUIDs of machines that have been looked at."""
        self._told: set[str] = set()
        """UUIDs of machines that were told to be held open."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def look(self) -> None:
        """Ask running machines with snapshots that have not been asked; HypervisorError."""
        self._asked &= self._host.inventory.domains.keys()
        todo = [
            record
            for record in self._host.inventory.domains.values()
            if record.snapshots and record.state.is_active and record.uuid not in self._asked
        ][:AT_MOST]
        for record in todo:
            self._asked.add(record.uuid)
            found = await self._host.run(
                partial(_jobs, uuid=record.uuid),
                lane=Lane.BACKGROUND,
                what="Looking for block jobs",
            )
            for job in found:
                task = asyncio.create_task(self._follow(record, job))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def tell_held_open(self, uuids: Iterable[str]) -> None:
        """Of these, whose details are known: which work that was cut has left paused."""
        host = self._host
        for uuid in uuids:
            record = host.inventory.domains.get(uuid)
            if record is None or not record.is_held_open:
                self._told.discard(uuid)
            elif uuid not in self._told and not _is_ours(host, record):
                self._told.add(uuid)
                error = HypervisorError(
                    f"Hold the disks of {record.name} open", words=LEFT, advice=LEFT_ADVICE
                )
                host.journal.event(host.record.name, record.name, LEFT, error)

    def forget(self) -> None:
        """Nobody follows them any more, they go on; what is asked next may be another."""
        self._asked.clear()
        self._told.clear()
        cancel_all(self._tasks)

    async def _follow(self, record: DomainRecord, job: BlockJob) -> None:
        host, cancel = self._host, asyncio.Event()
        if _is_ours(host, record):
            return
        text = f"block {job.word} of {job.target}, found under way, on"
        number = host.journal.begin(host.record.name, record.name, text, "", cancel.set)
        outcome, failure, told = Outcome.CANCELLED, None, False
        try:
            while True:
                if cancel.is_set():
                    await block_jobs.cancel(host, record, job.target)
                    return
                now = await block_jobs.read_job(host, record, job.target)
                if now is None:
                    outcome = Outcome.DONE
                    return
                host.journal.progress(number, now.share)
                if now.is_active_commit and now.done == now.end and not told:
                    told = True
                    host.journal.event(host.record.name, record.name, f"{job.target}: {READY}")
                try:
                    async with asyncio.timeout(LOOK_EVERY):
                        await cancel.wait()
                except TimeoutError:
                    continue
        except HypervisorError as error:
            outcome, failure = Outcome.FAILED, error
        finally:
            host.journal.end(number, outcome, host.record.uri, failure)


def _jobs(connection: libvirt.virConnect, uuid: str) -> list[BlockJob]:
    try:
        domain = domain_of(connection, uuid)
        disks = Domain.from_xml(domain.XMLDesc(0)).disks
        return block_jobs.jobs_of(domain, [disk.target for disk in disks if disk.source])
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
            return []
        raise


def _is_ours(host: Host, record: DomainRecord) -> bool:
    """Work of this run on that machine, which has a command, follows its own job."""
    return any(
        entry.virsh and entry.subject == record.name and entry.host == host.record.name
        for entry in host.journal.running.values()
    )
