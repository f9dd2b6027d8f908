"""What libvirt does by itself with external snapshots (from 9.9 on), and what it does not look at.

It goes by its own tree and by which snapshot is the current one. Who else needs the files that it
deletes on the way it does not ask: that is asked here. Seen with 11.3. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from tui.model.snapshot_situation import Situation
from tui.model.snapshots import Kind, Snapshot

_TAKE_FIRST = "Take a snapshot first: it is then the current one, and only its overlay goes."


def against_deletion(one: Snapshot, now: Situation) -> tuple[str, str]:
    """Why libvirt cannot delete one, or would destroy something, and what to do; else empty."""
    below = now.children(one.name)
    names, first = ", ".join(below), "Delete what is below it first."
    if ends_branch(one, now):
        for path in deleted_with(one, now):
            needed = _needed(path, one, now)
            if any(path in chain.paths for chain in now.chains):
                needed = "the machine uses it"
            if needed:
                return (
                    f"libvirt would delete {path}: {needed}",
                    "virsh snapshot-delete --metadata forgets it and keeps the files.",
                )
    elif now.current is None:
        return (
            "none of its snapshots is the current one",
            f"virsh snapshot-current {now.machine} NAME tells libvirt which one it stands on.",
        )
    elif one.current and below:
        return f"the machine went back to it: {names} and the present stand on what it holds", first
    elif len(below) > 1:
        return f"{names} stand on what it holds", first
    elif below and one.name not in _ancestors(now.current, now):
        return f"it is on another branch than the present, and {names} stands on it", first
    return "", ""


def ends_branch(one: Snapshot, now: Situation) -> bool:
    """Whether it is at the end of another branch than the present: nothing of it is merged."""
    return not one.current and not now.children(one.name)


def deleted_with(one: Snapshot, now: Situation) -> tuple[str, ...]:
    """The files that go with one at the end of a branch: the images that it holds.

    An image that no snapshot above it has put there stays.
    """
    held = [
        one.sources.get(target, "")
        for target in one.external_disks
        if (above := _above(one, target, now)) is not None and above.kind is Kind.EXTERNAL
    ]
    return _there((*held, one.memory_file), now)


def on_internal(one: Snapshot, now: Situation) -> bool:
    """Whether an internal snapshot is in what one would be merged into."""
    holders = (_above(one, target, now) for target in one.external_disks)
    return any(holder is not None and holder.kind is not Kind.EXTERNAL for holder in holders)


def against_reversion(one: Snapshot, now: Situation) -> tuple[str, str]:
    """Why libvirt cannot revert to an external one, or would destroy something; else empty."""
    if one.other_than_files:
        names = ", ".join(one.other_than_files)
        return (
            f"libvirt reverts where all disks were files, and {names} was none",
            "What it holds is in the chains of its disks; a disk can be put on it in Hardware.",
        )
    for target in one.external_disks:
        gone = now.uses.missing_below(one.sources.get(target, ""))
        if gone and now.uses.lacks(gone):
            return f"{gone} is missing: the state of {target} is not there any more", ""
    if now.current is None:
        return "none of its snapshots is the current one, with which libvirt crashes", _TAKE_FIRST
    for path in given_up(now):
        if needed := _needed(path, now.current, now):
            return f"libvirt would delete {path} on the way: {needed}", _TAKE_FIRST
    return "", ""


def given_up(now: Situation) -> tuple[str, ...]:
    """The overlays that libvirt deletes when it reverts: what it takes for the present alone."""
    return () if now.current is None else _there(now.current.present_overlays.values(), now)


def _there(paths: Iterable[str], now: Situation) -> tuple[str, ...]:
    """Without those that are known not to be there."""
    return tuple(path for path in paths if path and not now.uses.lacks(path))


def _needed(path: str, one: Snapshot, now: Situation) -> str:
    """Who needs a file that libvirt would delete because of one, in words; empty when nobody.

    The overlay on top of another snapshot is no reason: it holds what came after that.
    """
    machines = now.uses.others(path, now.machine)
    if machines:
        return f"{', '.join(machines)} uses it"
    for machine, name in now.uses.snapshots.get(path, ()):
        holder = now.snapshot(name) if machine == now.machine else None
        if machine != now.machine:
            return f"the snapshot {name} of {machine} needs it"
        if holder is not None and name != one.name and path in holder.sources.values():
            return f"the snapshot {name} is in it"
    above = now.uses.overlays(path)
    return f"{above[0]} stands on it" if above else ""


def _ancestors(one: Snapshot, now: Situation) -> list[str]:
    found: list[str] = []
    above = now.snapshot(one.parent)
    while above is not None and above.name not in found:
        found.append(above.name)
        above = now.snapshot(above.parent)
    return found


def _above(one: Snapshot, target: str, now: Situation) -> Snapshot | None:
    """The nearest snapshot above one that a disk takes part in."""
    for name in _ancestors(one, now):
        other = now.snapshot(name)
        if other is not None and any(d.target == target and d.mode != "no" for d in other.disks):
            return other
    return None
