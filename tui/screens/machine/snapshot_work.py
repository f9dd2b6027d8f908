"""Deleting snapshots and going back to one, from the question to the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from tui.hypervisor import lifecycle, snapshots
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.snapshot_deletion import delete_snapshots
from tui.hypervisor.snapshot_reversion import revert_by_hand
from tui.hypervisor.snapshot_situation import Looked, look_at
from tui.model.snapshot_plans import Deletion, plan_deletions
from tui.model.snapshot_reversions import Reversion, plan_reversion
from tui.model.snapshots import descendants, tree_rows
from tui.model.text import visible
from tui.screens.cancellable import cancellable
from tui.screens.choose import Choose, Offer
from tui.screens.program import Program

Take = Callable[[Host, DomainRecord, Looked], Awaitable[bool]]
"""Takes a snapshot of the present, asking what it needs to; true when it was taken."""


async def delete_which(
    app: Program, name: str, host: Host, record: DomainRecord, looked: Looked
) -> None:
    """Delete this one, it and what is below it, or only that, as the person says."""
    below = [other.name for other in descendants(looked.situation.snapshots, name)]
    names: Sequence[str] = [name]
    if below:
        count = f"{len(below)} below it" if len(below) > 1 else "the one below it"
        offers = [
            Offer("this", "this one", "what is below it stays"),
            Offer("all", "with those below", f"it and {count}"),
            Offer("below", "only those below", count),
        ]
        chosen = await app.push_screen_wait(Choose(f"Delete {visible(name)}", offers))
        names = {"this": [name], "all": [*below, name], "below": below}.get(chosen or "", [])
    if names:
        await delete(app, names, host, record, looked)


async def delete(
    app: Program, names: Sequence[str], host: Host, record: DomainRecord, looked: Looked
) -> None:
    """Say what it takes, the lowest first, ask, do it. Raises HypervisorError."""
    order = [row.snapshot.name for row in tree_rows(looked.situation.snapshots)]
    there = sorted(set(names).intersection(order), key=order.index, reverse=True)
    made = plan_deletions(there, looked.situation)
    refused = [one for one in made if one.refusal]
    if refused:
        raise HypervisorError(
            f"Delete the snapshot {refused[0].snapshot.name} of {record.name}",
            words=refused[0].refusal,
            advice=refused[0].advice,
        )
    if not made:
        app.say(f"{visible(record.name)}: gone already.")
        return
    what = visible(made[0].snapshot.name) if len(made) == 1 else f"{len(made)} snapshots"
    question = f"Delete {what} of {visible(record.name)}?"
    lines = [line for one in made for line in one.lines]
    lines += [snapshots.delete_virsh(record, one.snapshot.name) for one in made if one.by_libvirt]
    lines = [visible(line) for line in lines]
    if not await app.ask(question, deletion_consequence(made, looked), lines, "Delete"):
        return
    if await cancellable(lambda cancel: delete_snapshots(host, record, there, cancel)):
        app.say(f"{visible(record.name)}: {what} deleted.")
    else:
        app.say(f"{visible(record.name)}: cancelled; what was merged before stays so.", "warning")


def deletion_consequence(made: Sequence[Deletion], looked: Looked) -> str:
    """What the person gives up, and how long the machine stops."""
    told = ["It can no longer be gone back to. The present stays as it is."]
    if any(one.merges for one in made):
        if looked.active:
            told.append("The machine goes on; it stops for a moment at the end of each merge.")
        else:
            told.append("QEMU is started paused for the merge; the guest does not run in it.")
    elif looked.active and any(one.by_libvirt for one in made):
        told.append("The machine may stand still while libvirt deletes it.")
    if looked.situation.uses.unseen:
        told.append("Not looked into: " + "; ".join(looked.situation.uses.unseen))
    return visible(" ".join(told))


async def revert(
    app: Program, take: Take, name: str, host: Host, record: DomainRecord, looked: Looked
) -> None:
    """Say what is lost, offer to keep the present, ask, go back. Raises HypervisorError."""
    one = looked.situation.snapshot(name)
    if one is None:
        raise HypervisorError(f"Revert {record.name} to {name}", words="the snapshot is gone")
    made = plan_reversion(one, looked.situation)
    if made.refusal:
        raise HypervisorError(
            f"Revert {record.name} to {name}", words=made.refusal, advice=made.advice
        )
    chosen = await app.push_screen_wait(Choose(f"Revert to {visible(name)}", _offers(made)))
    if chosen is None:
        return
    if chosen == "keep":
        if await take(host, record, looked):
            with app.reading(f"the disks of {visible(record.name)}"):
                looked = await look_at(host, record, who_else=True)
            await revert(app, take, name, host, record, looked)
        return
    after = "" if chosen == "then" else chosen
    lost = "Lost: " + "; ".join(made.lost) + "."
    question = f"Revert {visible(record.name)} to {visible(name)}?"
    lines = [f"{number}. {step}" for number, step in enumerate(made.steps, 1)]
    lines += [f"then delete {path}: only the present needs it" for path in made.discarded]
    if not made.guided:
        lines.append(snapshots.revert_virsh(record, name, after=after))
    if not await app.ask(question, lost, [visible(line) for line in lines], "Revert"):
        return
    if made.guided:
        await revert_by_hand(host, record, name)
        if chosen == "running":
            await lifecycle.start(host, host.inventory.domains.get(record.uuid, record))
    else:
        try:
            await snapshots.revert(host, record, name, after=after)
        except HypervisorError as error:
            if not snapshots.wants_force(error):
                raise
            question = "libvirt wants to be told twice. Revert all the same?"
            line = visible(snapshots.revert_virsh(record, name, after=after, force=True))
            if not await app.ask(question, visible(error.words), [line], "Revert"):
                return
            await snapshots.revert(host, record, name, after=after, force=True)
    app.say(f"{visible(record.name)}: reverted to {visible(name)}.")


def _offers(made: Reversion) -> list[Offer]:
    keep = Offer("keep", "keep the present first", "takes a snapshot of it, then asks again")
    if made.guided:
        return [
            keep,
            Offer("off", "revert, leave it off", "by hand, in checked steps"),
            Offer("running", "revert and start", "by hand, in checked steps"),
        ]
    return [
        keep,
        Offer("then", "revert", f"it is {made.state} afterwards"),
        Offer("running", "revert and run", "whatever it was then"),
        Offer("paused", "revert and pause", "to look at it first"),
    ]
