"""Work on the chain of one disk: flatten it, commit a layer down, clear leftovers away."""

from __future__ import annotations

from collections.abc import Callable

from tui.hypervisor import block_jobs, snapshots
from tui.hypervisor.change import changing, virsh
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.held_open import held_open
from tui.hypervisor.host import Host
from tui.hypervisor.images import delete_file
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.snapshot_situation import look_at
from tui.model.disk_chains import Leftover, leftovers
from tui.model.snapshot_plans import plan_commit

Cancel = Callable[[], None]


async def flatten(host: Host, record: DomainRecord, target: str, cancel: Cancel) -> None:
    """Copy all that a disk stands on into its active layer; nothing else is touched.

    virDomainBlockPull. Raises HypervisorError.
    """
    text = f"flatten {target} of"
    async with (
        changing(host, record.name, text, flatten_virsh(record, target), cancel) as number,
        held_open(host, record),
    ):
        await block_jobs.pull(
            host, record, target, lambda share: host.journal.progress(number, share)
        )
    host.reread_soon(record.uuid)


def flatten_virsh(record: DomainRecord, target: str) -> str:
    """The command that equals :func:`flatten`."""
    return virsh("blockpull", record.name, target, "--wait")


async def commit_down(
    host: Host, record: DomainRecord, target: str, top: str, cancel: Cancel
) -> None:
    """Merge a layer into the one under it and delete its file; planned afresh.

    Raises HypervisorError, before anything is done where something else needs one of both.
    """
    looked = await look_at(host, record, who_else=True)
    merge, refusal = plan_commit(target, top, looked.situation)
    if merge is None:
        raise HypervisorError(f"Commit {top} of {record.name}", words=refusal)
    command = block_jobs.commit_virsh(record.name, merge)
    async with changing(host, record.name, f"commit {top} down in", command, cancel) as number:
        async with held_open(host, record):
            await block_jobs.commit(
                host, record, merge, lambda share: host.journal.progress(number, share)
            )
        await delete_file(host, top)
    host.reread_soon(record.uuid)


async def find_leftovers(host: Host, record: DomainRecord) -> list[Leftover]:
    """What nothing needs around a machine's disks, by a fresh look. Raises HypervisorError."""
    now = (await look_at(host, record, who_else=True)).situation
    return leftovers(record.name, now.chains, now.snapshots, now.uses)


async def clear_away(host: Host, record: DomainRecord, one: Leftover) -> None:
    """Delete a file of nobody, or forget a description whose images are gone.

    Looks again before; HypervisorError when something needs it by now.
    """
    if one not in await find_leftovers(host, record):
        raise HypervisorError(f"Clear {one.name} away", words="it is not left over any more")
    if one.kind == "snapshot":
        await snapshots.forget(host, record, one.name)
        return
    command = virsh("vol-delete", one.name)
    async with changing(host, record.name, f"delete {one.name} beside", command):
        await delete_file(host, one.name)
