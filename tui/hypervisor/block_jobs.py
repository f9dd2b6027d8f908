"""Block jobs: layers committed into the ones below them, or pulled up; begun, watched, ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import libvirt
from lxml import etree

from tui.hypervisor.change import changing, virsh
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.events import Event
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord
from tui.model.snapshot_plans import Merge
from tui.model.xml import parse

START_BANDWIDTH = 0
"""Bytes a second at which a job begins; 0: as fast as it goes, until :func:`limit` says less."""
LOOK_EVERY = 0.5
"""Seconds between two looks at a job; its end is told by an event where there are any."""

WORDS = {
    libvirt.VIR_DOMAIN_BLOCK_JOB_TYPE_PULL: "pull",
    libvirt.VIR_DOMAIN_BLOCK_JOB_TYPE_COPY: "copy",
    libvirt.VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT: "commit",
    libvirt.VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT: "commit",
    libvirt.VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP: "backup",
}


@dataclass(frozen=True, slots=True)
class BlockJob:
    """One job of one disk, as virDomainGetBlockJobInfo tells it."""

    target: str
    type: int
    bandwidth: int
    """Bytes a second at most; 0 without a limit."""
    done: int
    end: int
    """How far, in QEMU's own measure."""

    @property
    def word(self) -> str:
        """``commit``, ``pull``, …"""
        return WORDS.get(self.type, "job")

    @property
    def is_active_commit(self) -> bool:
        """It commits the layer that the guest writes into: it ends by a pivot."""
        return bool(self.type == libvirt.VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT)

    @property
    def share(self) -> float:
        """How much of it is done, 0.0 to 1.0."""
        return min(1.0, self.done / self.end) if self.end else 0.0


def job_of(domain: libvirt.virDomain, target: str) -> BlockJob | None:
    """The job of one disk; None without one. Raises libvirtError."""
    told = domain.blockJobInfo(target, libvirt.VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES)
    if not told:
        return None
    return BlockJob(target, told["type"], told["bandwidth"], told["cur"], told["end"])


def jobs_of(domain: libvirt.virDomain, targets: Iterable[str]) -> list[BlockJob]:
    """The jobs of a running machine, one call for each disk; a driver without them has none."""
    found = []
    for target in targets:
        with contextlib.suppress(libvirt.libvirtError):  # an empty drive, another driver
            job = job_of(domain, target)
            if job is not None:
                found.append(job)
    return found


async def read_jobs(host: Host, record: DomainRecord, targets: Iterable[str]) -> list[BlockJob]:
    """The same, from the loop. Raises HypervisorError."""
    wanted = tuple(targets)
    return await host.call(lambda connection: jobs_of(domain_of(connection, record.uuid), wanted))


async def read_job(host: Host, record: DomainRecord, target: str) -> BlockJob | None:
    """The job of one disk; None without one. Raises HypervisorError."""
    return await host.call(lambda connection: job_of(domain_of(connection, record.uuid), target))


def commit_flags(active: bool) -> int:
    """Of virDomainBlockCommit."""
    flags: int = libvirt.VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES
    return flags | libvirt.VIR_DOMAIN_BLOCK_COMMIT_ACTIVE if active else flags


def commit_virsh(machine: str, merge: Merge) -> str:
    """The command that equals :func:`commit`."""
    ending = ("--active", "--pivot") if merge.active else ("--wait",)
    layers = ("--top", merge.top, "--base", merge.base)
    return virsh("blockcommit", machine, merge.target, *layers, *ending)


async def commit(
    host: Host, record: DomainRecord, merge: Merge, progress: Callable[[float], None]
) -> None:
    """Merge a layer while the machine runs; ends when that is so.

    ``progress`` is told the share that is done, 0.0 to 1.0.

    virDomainBlockCommit; a merge that runs already on that disk (begun before a daemon died, or
    by a virtty that ended) is gone on with. Cancelling aborts the job: the chain stays as it was.
    Raises HypervisorError.
    """

    def begin(connection: libvirt.virConnect) -> None:
        domain = domain_of(connection, record.uuid)
        running = job_of(domain, merge.target)
        if running is not None and running.word == "commit":
            return
        flags = commit_flags(merge.active)
        domain.blockCommit(merge.target, merge.base, merge.top, START_BANDWIDTH, flags)

    what = f"Merge {merge.top} into {merge.base}"
    await _follow(host, record, merge.target, begin, progress, what)
    await _prove(host, record, merge.target, merge.top, what)


async def pull(
    host: Host,
    record: DomainRecord,
    target: str,
    progress: Callable[[float], None],
) -> None:
    """Copy all that the active layer stands on into it (virDomainBlockPull): a chain of one.

    Cancelling aborts the job. Raises HypervisorError.
    """

    def begin(connection: libvirt.virConnect) -> None:
        domain = domain_of(connection, record.uuid)
        running = job_of(domain, target)
        if running is None or running.word != "pull":
            flags = libvirt.VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES
            domain.blockPull(target, START_BANDWIDTH, flags)

    await _follow(host, record, target, begin, progress, f"Flatten {target}")
    chain = await host.call(lambda connection: _chain(connection, record, target))
    if len(chain) > 1:
        raise HypervisorError(f"Flatten {target}", words="the pull has ended before its end")


async def cancel(host: Host, record: DomainRecord, target: str) -> None:
    """End a job, whoever began it; the chain stays as it was before it. Raises HypervisorError."""
    command = virsh("blockjob", record.name, target, "--abort")
    async with changing(host, record.name, f"cancel the block job of {target} on", command):
        await _abort(host, record, target)


async def _abort(host: Host, record: DomainRecord, target: str) -> None:
    await host.call(lambda connection: domain_of(connection, record.uuid).blockJobAbort(target, 0))


async def limit(host: Host, record: DomainRecord, target: str, bytes_a_second: int) -> None:
    """Slow a job down; 0 takes the limit away (virDomainBlockJobSetSpeed). HypervisorError."""
    flags = libvirt.VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES
    speed = ("--bandwidth", str(bytes_a_second), "--bytes")
    command = virsh("blockjob", record.name, target, *speed)
    text = f"limit the speed of the block job of {target} on"
    async with changing(host, record.name, text, command):
        await host.call(
            lambda connection: domain_of(connection, record.uuid).blockJobSetSpeed(
                target, bytes_a_second, flags
            )
        )


async def _follow(
    host: Host,
    record: DomainRecord,
    target: str,
    begin: Callable[[libvirt.virConnect], None],
    progress: Callable[[float], None],
    what: str,
) -> None:
    """Begin, look until there is no job any more; an active commit is pivoted when it is ready."""
    told = asyncio.Event()
    ask = partial(host.run, lane=Lane.QUICK, what=what)

    def observe(event: Event) -> None:
        if event.kind == "block-job" and event.identity == record.uuid:
            told.set()

    def discard(_nothing: None) -> None:
        """Cancelled while it was being begun: there was nothing to abort yet."""
        host.spawn(_abort(host, record, target))

    host.observers.add(observe)
    try:
        await ask(begin, discard=discard)
        while True:
            told.clear()
            job = await ask(lambda connection: _look(domain_of(connection, record.uuid), target))
            if job is None:
                return
            progress(job.share)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await told.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(HypervisorError):  # it has ended by itself
            await _abort(host, record, target)
        raise
    finally:
        host.observers.discard(observe)


def _look(domain: libvirt.virDomain, target: str) -> BlockJob | None:
    """The job as it is; one that is ready is pivoted, and is then no more."""
    job = job_of(domain, target)
    if job is not None and job.is_active_commit and _is_ready(domain, target):
        domain.blockJobAbort(target, libvirt.VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT)
        return None
    return job


def _is_ready(domain: libvirt.virDomain, target: str) -> bool:
    disk = _disk(domain, target)
    mirror = None if disk is None else disk.find("mirror")
    return mirror is not None and mirror.get("ready") == "yes"


def _disk(domain: libvirt.virDomain, target: str) -> etree._Element | None:
    for disk in parse(domain.XMLDesc(0)).getroot().iterfind("devices/disk"):
        found = disk.find("target")
        if found is not None and found.get("dev") == target:
            return disk
    return None


def _chain(connection: libvirt.virConnect, record: DomainRecord, target: str) -> list[str]:
    """Paths of a running machine's disk, the active one first."""
    found: list[str] = []
    place = _disk(domain_of(connection, record.uuid), target)
    while place is not None:
        source = place.find("source")
        if source is None:
            break
        found.append(source.get("file") or source.get("dev") or "")
        place = place.find("backingStore")
    return found


async def _prove(host: Host, record: DomainRecord, target: str, top: str, what: str) -> None:
    """A job may have ended otherwise: the layer must not be in the chain any more."""
    chain = await host.call(lambda connection: _chain(connection, record, target))
    if top in chain:
        raise HypervisorError(
            what,
            words="the merge has ended before its end: the chain is as it was",
            advice="Look into the machine's log, and at the free space.",
        )
