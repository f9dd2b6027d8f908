"""Snapshots of a machine: reading them, taking one, libvirt's own reverting and deleting.

libvirt has no event for snapshots: what is shown is read again after every change of ours.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from functools import partial

import libvirt

from tui.hypervisor.change import change_domain, changing, virsh
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord
from tui.model.snapshot_request import SnapshotRequest
from tui.model.snapshots import Snapshot, with_description, with_parent, with_sources

AGENT_PATIENCE = 30
"""Seconds that a guest agent has to freeze the file systems; libvirt itself waits for ever."""

LOOK_EVERY = 0.5
"""Seconds between two looks at how much of the memory is written."""

RISKY = (libvirt.VIR_ERR_SNAPSHOT_REVERT_RISKY,)
"""libvirt wants to be told twice: reverting needs a new QEMU, or has no definition."""


async def read_snapshots(host: Host, record: DomainRecord) -> tuple[Snapshot, ...]:
    """All of a machine, in libvirt's order; two calls and one for each. Raises HypervisorError."""
    readonly = host.record.readonly

    def read(connection: libvirt.virConnect) -> tuple[Snapshot, ...]:
        return snapshots_of(domain_of(connection, record.uuid), readonly)

    return await host.read(read)


def snapshots_of(domain: libvirt.virDomain, readonly: bool = False) -> tuple[Snapshot, ...]:
    """The same, in a host's thread; raises libvirtError. Those that vanish meanwhile are left out.

    virDomainListAllSnapshots, virDomainSnapshotGetXMLDesc; a read-only connection gets no
    secrets, so what it reads must not be written back.
    """
    flags = 0 if readonly else libvirt.VIR_DOMAIN_SNAPSHOT_XML_SECURE
    listed = domain.listAllSnapshots()
    current = ""
    if listed:
        with contextlib.suppress(libvirt.libvirtError):  # none
            current = domain.snapshotCurrent().getName()
    found = []
    for snapshot in listed:
        try:
            xml = snapshot.getXMLDesc(flags)
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN_SNAPSHOT:
                raise
            continue
        found.append(Snapshot.from_xml(xml, snapshot.getName() == current))
    return tuple(found)


async def create(host: Host, record: DomainRecord, wanted: SnapshotRequest) -> None:
    """Take one, all disks or none (ATOMIC). Raises HypervisorError.

    virDomainSnapshotCreateXML. When it fails after the guest's file systems were frozen, they
    are thawed, whoever froze them.
    """
    running = record.state.is_active
    whole = running and wanted.memory
    text = f"take the snapshot {wanted.name} of"
    cancel = partial(_abort, host, record) if whole and wanted.external else None
    host.inventory.set_transition(record.uuid, "taking a snapshot" if whole else None)
    watch: asyncio.Task[None] | None = None
    try:
        async with changing(host, record.name, text, wanted.virsh(record.name), cancel) as number:
            if whole:
                watch = asyncio.create_task(_watch(host, record, number))
            await host.run(
                lambda connection: _take(domain_of(connection, record.uuid), wanted, running),
                lane=Lane.JOB,
                what=f"Take the snapshot {wanted.name} of {record.name}",
                timeout=None,
            )
    finally:
        if watch is not None:
            watch.cancel()
        host.inventory.set_transition(record.uuid, None)  # libvirt has no event for its end
        host.reread_soon(record.uuid)


def _take(domain: libvirt.virDomain, wanted: SnapshotRequest, running: bool) -> None:
    flags = libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC
    if wanted.disk_only:
        flags |= libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY
    if wanted.quiesce:
        flags |= libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE
    if wanted.external and wanted.memory and running:
        flags |= libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_LIVE
    xml = wanted.to_xml(running)
    if not wanted.quiesce:
        domain.snapshotCreateXML(xml, flags)
        return
    domain.agentSetResponseTimeout(AGENT_PATIENCE)
    try:
        domain.snapshotCreateXML(xml, flags)
    except libvirt.libvirtError:
        with contextlib.suppress(libvirt.libvirtError):  # nothing was frozen, or no agent
            domain.fsThaw()
        raise
    finally:
        with contextlib.suppress(libvirt.libvirtError):  # gone
            domain.agentSetResponseTimeout(libvirt.VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK)


async def _watch(host: Host, record: DomainRecord, number: int) -> None:
    """Tell how much of the memory is written (virDomainGetJobStats), where libvirt tells."""

    def look(connection: libvirt.virConnect) -> float | None:
        told = domain_of(connection, record.uuid).jobStats()
        total = told.get("memory_total", 0)
        return told.get("memory_processed", 0) / total if total else None

    with contextlib.suppress(HypervisorError):  # it ends with the snapshot
        while True:
            await asyncio.sleep(LOOK_EVERY)
            share = await host.call(look)
            if share is not None:
                host.journal.progress(number, min(1.0, share))


def _abort(host: Host, record: DomainRecord) -> None:
    """End the writing of the memory: no snapshot is taken, the machine goes on."""

    async def abort() -> None:
        with contextlib.suppress(HypervisorError):  # it has ended by itself
            await host.call(lambda c: domain_of(c, record.uuid).abortJob())

    host.spawn(abort())


async def revert(
    host: Host, record: DomainRecord, name: str, *, after: str = "", force: bool = False
) -> None:
    """Go back, by libvirt's own means (virDomainRevertToSnapshot). Raises HypervisorError.

    ``after``: ``running``, ``paused``, or empty for the state of that time. Where
    :func:`wants_force` says so of the error, only ``force`` does it.
    """
    flags = {
        "": 0,
        "running": libvirt.VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING,
        "paused": libvirt.VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED,
    }[after]
    if force:
        flags |= libvirt.VIR_DOMAIN_SNAPSHOT_REVERT_FORCE
    command = revert_virsh(record, name, after=after, force=force)
    await change_domain(
        host,
        record,
        f"revert to {name}:",
        command,
        lambda domain: domain.revertToSnapshot(domain.snapshotLookupByName(name), flags),
        transition="reverting",
    )
    host.inventory.set_transition(record.uuid, None)


def revert_virsh(record: DomainRecord, name: str, *, after: str = "", force: bool = False) -> str:
    """The command that equals :func:`revert`."""
    options = [f"--{after}"] if after else []
    return virsh("snapshot-revert", record.name, name, *options, *(["--force"] if force else []))


def wants_force(error: HypervisorError) -> bool:
    """Whether libvirt refused only because it has to be told twice."""
    return error.code in RISKY


async def delete(host: Host, record: DomainRecord, name: str) -> None:
    """Delete one by libvirt's own means (virDomainSnapshotDelete). Raises HypervisorError."""
    await change_domain(
        host,
        record,
        f"delete the snapshot {name} of",
        delete_virsh(record, name),
        lambda domain: domain.snapshotLookupByName(name).delete(0),
    )


def delete_virsh(record: DomainRecord, name: str) -> str:
    """The command that equals :func:`delete`."""
    return virsh("snapshot-delete", record.name, name)


async def forget(host: Host, record: DomainRecord, name: str) -> None:
    """Delete the description only, no data (METADATA_ONLY). Raises HypervisorError."""
    await change_domain(
        host,
        record,
        f"forget the snapshot {name} of",
        virsh("snapshot-delete --metadata", record.name, name),
        lambda domain: discard(domain, name, {}),
    )


def discard(domain: libvirt.virDomain, name: str, exchanged: Mapping[str, str]) -> None:
    """Forget one's description, its data aside; raises libvirtError.

    The others then name ``exchanged`` files, and else what they named before: libvirt (9.0 and
    newer) takes the overlay for merged, and has those below name the image under it.
    """
    wanted: dict[str, Snapshot] = {}
    for one in snapshots_of(domain):
        if one.name == name:
            continue
        if {*one.sources.values(), *one.external_disks.values()} & exchanged.keys():
            one = Snapshot.from_xml(with_sources(one.xml, exchanged), one.current)
            redefine(domain, one.xml)
        wanted[one.name] = one
    domain.snapshotLookupByName(name).delete(libvirt.VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY)
    for one in snapshots_of(domain):
        before = wanted.get(one.name)
        if before is not None and one.sources != before.sources:
            redefine(domain, with_parent(before.xml, one.parent))


async def describe(host: Host, record: DomainRecord, name: str, text: str) -> None:
    """Give one another description (REDEFINE). Raises HypervisorError.

    It is read anew: writing one that is gone by now would bring it back.
    """

    def work(domain: libvirt.virDomain) -> None:
        snapshot = domain.snapshotLookupByName(name)
        xml = snapshot.getXMLDesc(libvirt.VIR_DOMAIN_SNAPSHOT_XML_SECURE)
        redefine(domain, with_description(xml, text))

    command = virsh("snapshot-edit", record.name, name)
    await change_domain(host, record, f"describe the snapshot {name} of", command, work)


def redefine(domain: libvirt.virDomain, xml: str, *, make_current: bool = False) -> None:
    """Exchange a snapshot's description as libvirt keeps it; raises libvirtError.

    The current one stays so without being told. Told so, libvirt (11.3) forgets which overlay
    the present has since it was reverted to, and deletes another one at the next reverting.
    """
    flags = libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE
    if make_current:
        flags |= libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT
    domain.snapshotCreateXML(xml, flags)
