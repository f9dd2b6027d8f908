"""Deleting snapshots whole: data merged, descriptions mended, no file left.

What a deletion takes is planned by :mod:`tui.model.snapshot_plans`; here it is carried out. Each
step leaves the machine whole: where the work is cut, deleting once more goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

import libvirt

from tui.hypervisor import block_jobs, snapshots
from tui.hypervisor.change import changing, virsh
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.handles import domain_of
from tui.hypervisor.held_open import held_open
from tui.hypervisor.host import Host
from tui.hypervisor.images import delete_file
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.snapshot_situation import look_at
from tui.model.snapshot_plans import Deletion, plan_deletion


async def delete_snapshots(
    host: Host,
    record: DomainRecord,
    names: Sequence[str],
    cancel: Callable[[], None] | None = None,
) -> None:
    """Delete these, in this order; one that is gone already is left out.

    Each is planned afresh on what the ones before it have left. Raises HypervisorError; those
    before it are then deleted. Cancelling stops at the next place where the chain is whole.
    """
    async with AsyncExitStack() as held:  # one QEMU for the merges of all
        for name in names:
            looked = await look_at(host, record, who_else=True)
            one = looked.situation.snapshot(name)
            if one is None:
                continue
            made = plan_deletion(one, looked.situation)
            if made.refusal:
                raise HypervisorError(
                    f"Delete the snapshot {name} of {record.name}",
                    words=made.refusal,
                    advice=made.advice,
                )
            if made.by_libvirt:
                await snapshots.delete(host, record, name)
            else:
                await _delete(host, record, made, held, cancel)
    host.reread_soon(record.uuid)


async def _delete(
    host: Host,
    record: DomainRecord,
    made: Deletion,
    held: AsyncExitStack,
    cancel: Callable[[], None] | None,
) -> None:
    name = made.snapshot.name
    commands = [block_jobs.commit_virsh(record.name, merge) for merge in made.merges]
    commands.append(virsh("snapshot-delete --metadata", record.name, name))
    commands += [virsh("vol-delete", path) for path in made.files]
    text = f"delete the snapshot {name} of"
    async with changing(host, record.name, text, "; ".join(commands), cancel) as number:
        if made.merges:
            await held.enter_async_context(held_open(host, record))

        def progress(place: int, share: float) -> None:
            host.journal.progress(number, (place + share) / len(made.merges))

        for place, merge in enumerate(made.merges):
            await block_jobs.commit(host, record, merge, partial(progress, place))
        exchanged = {merge.top: merge.base for merge in made.merges}
        await _mend(host, record, name, exchanged)
        for path in made.files:
            await delete_file(host, path)


async def _mend(
    host: Host,
    record: DomainRecord,
    name: str,
    exchanged: Mapping[str, str],
) -> None:
    """The other descriptions name the images of now; then this one is forgotten.

    They are read anew: writing one that was deleted during a long merge would bring it back.
    """

    def mend(connection: libvirt.virConnect) -> None:
        snapshots.discard(domain_of(connection, record.uuid), name, exchanged)

    await host.run(
        mend, lane=Lane.JOB, what=f"Forget the snapshot {name} of {record.name}", timeout=None
    )
