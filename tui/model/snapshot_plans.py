"""What deleting snapshots or merging layers would do, and why it is refused. Pure.

Deleting an external snapshot merges what was written since it was taken (the layer above the
image that it holds) into that image: the present stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import basename, dirname

from tui.model import snapshot_daemon
from tui.model.disk_chains import Uses
from tui.model.snapshot_situation import Situation
from tui.model.snapshots import Kind, Snapshot, with_sources


@dataclass(frozen=True, slots=True)
class Merge:
    """One layer committed into the one under it."""

    target: str
    top: str
    base: str
    active: bool
    """The guest writes into ``top`` now."""

    @property
    def words(self) -> str:
        """For the question."""
        beside = dirname(self.top) == dirname(self.base)
        top = basename(self.top) if beside else self.top
        return f"{self.target}: merge {top} into {self.base}"


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting one snapshot takes."""

    snapshot: Snapshot
    by_libvirt: bool = False
    """One call does it all: internal ones, and external ones where the daemon can."""
    merges: tuple[Merge, ...] = ()
    files: tuple[str, ...] = ()
    """Deleted afterwards: nothing uses them."""
    kept: tuple[str, ...] = ()
    """Files that stay, each with its reason."""
    refusal: str = ""
    """Why it cannot be done; empty when it can."""
    advice: str = ""

    @property
    def lines(self) -> list[str]:
        """What will happen, in words."""
        name = self.snapshot.name
        if self.refusal:
            return [f"{name}: {self.refusal}"]
        if self.by_libvirt and self.snapshot.kind is Kind.INTERNAL:
            told = [f"{name}: its state inside the images is deleted"]
        elif self.by_libvirt and self.merges:
            told = [f"{name}: libvirt merges what was written since"]
        elif self.by_libvirt:
            told = [f"{name}: libvirt deletes it and what only it needs"]
        else:
            told = [f"{name}: its description is deleted"]
        told += [f"  {merge.words}" for merge in self.merges]
        told += [f"  delete {path}" for path in self.files]
        told += [f"  keep {text}" for text in self.kept]
        return told


def plan_deletions(names: Sequence[str], now: Situation) -> list[Deletion]:
    """In the given order, each on what the ones before it leave."""
    found = []
    for name in names:
        one = now.snapshot(name)
        if one is None:
            continue
        made = plan_deletion(one, now)
        found.append(made)
        if not made.refusal:
            now = after(made, now)
    return found


def plan_deletion(one: Snapshot, now: Situation) -> Deletion:
    """What deleting one takes as things are."""
    if one.kind is Kind.EMPTY:
        return Deletion(one)
    if one.kind is Kind.INTERNAL or now.driver != "QEMU":
        return _internal(one, now)
    if one.kind is Kind.MIXED:
        return Deletion(
            one,
            refusal="it is partly inside the images and partly in overlays",
            advice="virsh snapshot-delete --metadata forgets it; the data is then yours to sort.",
        )
    if now.managed_save:
        return Deletion(
            one,
            refusal="the machine has a saved state that expects the present overlays",
            advice="Start it, or discard the saved state, first.",
        )
    if one.external_disks and not one.sources:
        return Deletion(
            one,
            refusal="libvirt tells no definition of that time, so its images are not known",
            advice="See the disk chains; virsh snapshot-delete --metadata forgets it.",
        )
    return _by_libvirt(one, now) if now.daemon_can else _external(one, now)


def _by_libvirt(one: Snapshot, now: Situation) -> Deletion:
    """Left to a daemon that can, unless it would refuse, or destroy what somebody else needs."""
    reason, advice = snapshot_daemon.against_deletion(one, now)
    if reason:
        return Deletion(one, refusal=reason, advice=advice)
    if snapshot_daemon.ends_branch(one, now):
        return Deletion(one, by_libvirt=True, files=snapshot_daemon.deleted_with(one, now))
    chains = [now.chain(target) for target in one.external_disks]
    if any(chain is None or chain.trouble for chain in chains):
        return Deletion(one, by_libvirt=True)  # what is not known cannot be checked
    made = _external(one, now)
    # On top of an internal one, or flattened, libvirt refuses: step by step it can be done.
    libvirt_can = len(made.merges) == len(one.external_disks)
    return replace(made, by_libvirt=libvirt_can and not snapshot_daemon.on_internal(one, now))


def _internal(one: Snapshot, now: Situation) -> Deletion:
    elsewhere = now.image_behind(one)
    if elsewhere:
        return Deletion(
            one,
            refusal=f"it is inside {elsewhere}, which has an overlay on top now",
            advice="Delete the external snapshots taken since: that merges the overlays.",
        )
    return Deletion(one, by_libvirt=True)


def _external(one: Snapshot, now: Situation) -> Deletion:
    merges: list[Merge] = []
    files: list[str] = []
    kept: list[str] = []
    for target, overlay in one.external_disks.items():
        base, chain = one.sources.get(target, ""), now.chain(target)
        merge = None
        if chain is not None and chain.trouble:
            return Deletion(
                one,
                refusal=f"the chain of {target} is not known: {chain.trouble}",
                advice="A storage pool over that folder lets libvirt tell it.",
            )
        if chain is not None and chain.missing:
            return Deletion(
                one,
                refusal=f"{chain.missing[0]} in the chain of {target} is missing",
                advice="Bring the file back first: merging without it loses data.",
            )
        if chain is not None and base in chain.paths[1:]:
            place = chain.paths.index(base) - 1
            merge = Merge(target, chain.paths[place], base, place == 0)
            reason = _against_merge(one, merge, now, overlay)
            if reason == _KEPT_STATE:
                kept.append(f"{merge.top}: {_KEPT_STATE} {base}")
                continue
            if reason:
                return Deletion(
                    one,
                    refusal=reason,
                    advice="Delete or flatten what stands there first: see the disk chains.",
                )
            merges.append(merge)
            files.append(merge.top)
        if merge is not None and overlay == merge.top:
            continue
        stays = _against_removal(one, overlay, now)
        if stays is None:
            continue
        if stays:
            kept.append(f"{overlay}: {stays}")
        else:
            files.append(overlay)
    if one.memory_file:
        files.append(one.memory_file)
    return Deletion(one, merges=tuple(merges), files=tuple(files), kept=tuple(kept))


_KEPT_STATE = "another snapshot holds"


def _against_merge(one: Snapshot, merge: Merge, now: Situation, overlay: str) -> str:
    """Why a layer must not be merged into its base; empty when it may."""
    for other in now.snapshots:
        if other.name == one.name:
            continue
        if other.external_disks.get(merge.target) and other.sources.get(merge.target) == merge.base:
            return _KEPT_STATE
        inside = any(
            disk.target == merge.target and disk.mode == "internal" for disk in other.disks
        )
        if inside and other.sources.get(merge.target) == merge.top:
            return f"the internal snapshot {other.name} is inside {merge.top} and would be lost"
    for path in (merge.base, merge.top):
        machines = now.uses.others(path, now.machine)
        if machines:
            return f"{', '.join(machines)} uses {path} as well"
    abandoned = {overlay} if not _against_removal(one, overlay, now) else set()
    others = set(now.uses.overlays(merge.base)) - {merge.top} - abandoned
    if others:
        path = sorted(others)[0]
        owners = [
            name
            for machine, name in now.uses.snapshots.get(path, ())
            if machine == now.machine and name != one.name
        ]
        whose = f" (snapshot {owners[0]})" if owners else ""
        return f"{path}{whose} stands on {merge.base} as well and would be destroyed"
    chain = now.chain(merge.target)
    own = set(chain.paths) if chain is not None else set()
    above = set(now.uses.overlays(merge.top)) - own
    if above:
        return f"{sorted(above)[0]} stands on {merge.top} and would be destroyed"
    return ""


def _against_removal(one: Snapshot, path: str, now: Situation) -> str | None:
    """Why a file must stay; empty when it may go, None when it is not there."""
    image = now.uses.images.get(path)
    if not path or image is None or image.missing:
        return None
    if any(path in chain.paths for chain in now.chains):
        return "the machine uses it"
    machines = now.uses.others(path, now.machine)
    if machines:
        return f"{', '.join(machines)} uses it"
    above = now.uses.overlays(path)
    if above:
        return f"{above[0]} stands on it"
    named = [
        f"{machine}/{name}"
        for machine, name in now.uses.snapshots.get(path, ())
        if (machine, name) != (now.machine, one.name)
    ]
    return f"snapshot {named[0]} needs it" if named else ""


def after(made: Deletion, now: Situation) -> Situation:
    """How things are once one snapshot has been deleted."""
    gone = made.snapshot
    exchanged = {merge.top: merge.base for merge in made.merges}
    chains = list(now.chains)
    for merge in made.merges:
        chains = [one.without(merge.top) if one.target == merge.target else one for one in chains]
    images = {
        path: replace(image, backing=exchanged.get(image.backing, image.backing))
        for path, image in now.uses.images.items()
        if path not in made.files
    }
    named = {
        path: tuple(one for one in owners if one != (now.machine, gone.name))
        for path, owners in now.uses.snapshots.items()
    }
    for old, new in exchanged.items():
        named[new] = tuple(dict.fromkeys((*named.get(new, ()), *named.pop(old, ()))))
    snapshots = tuple(
        _moved(one, exchanged, gone) for one in now.snapshots if one.name != gone.name
    )
    uses = Uses(images, now.uses.machines, named, now.uses.unseen)
    return replace(now, snapshots=snapshots, chains=tuple(chains), uses=uses)


def _moved(one: Snapshot, exchanged: Mapping[str, str], gone: Snapshot) -> Snapshot:
    """With another parent where that is gone, and the images that took the place of others."""
    return replace(
        one,
        parent=gone.parent if one.parent == gone.name else one.parent,
        disks=tuple(replace(d, source=exchanged.get(d.source, d.source)) for d in one.disks),
        current=one.current or (gone.current and gone.parent == one.name),
        xml=with_sources(one.xml, exchanged) if one.xml else "",
    )


# -- single layers ---------------------------------------------------------------------------


def plan_commit(target: str, top: str, now: Situation) -> tuple[Merge | None, str]:
    """One layer merged into the one under it, or why not; no snapshot is touched by it."""
    chain = now.chain(target)
    if chain is None or top not in chain.paths[:-1]:
        return None, "there is nothing under it"
    if chain.trouble:
        return None, f"the chain is not known: {chain.trouble}"
    if chain.missing:
        return None, f"{chain.missing[0]} is missing"
    place = chain.paths.index(top)
    merge = Merge(target, top, chain.paths[place + 1], place == 0)
    if reason := _against_commit(merge, now):
        return None, reason
    if others := set(now.uses.overlays(merge.base)) - {merge.top}:
        return None, f"{sorted(others)[0]} stands on {merge.base} as well and would be destroyed"
    if others := set(now.uses.overlays(merge.top)) - set(chain.paths):
        return None, f"{sorted(others)[0]} stands on {merge.top} and would be destroyed"
    return merge, ""


def _against_commit(merge: Merge, now: Situation) -> str:
    """Which snapshot or machine needs one of both layers; empty when none does.

    A snapshot inside the base is no hindrance: what is merged goes into the present beside it.
    """
    for one in now.snapshots:
        held, overlay = one.sources.get(merge.target), one.external_disks.get(merge.target)
        if overlay and (held == merge.base or merge.top in (held, overlay)):
            return f"the snapshot {one.name} needs it; deleting that merges too"
        if one.kind is Kind.INTERNAL and held == merge.top:
            return f"the internal snapshot {one.name} is inside it and would be lost"
    for path in (merge.base, merge.top):
        for machine, name in now.uses.snapshots.get(path, ()):
            if machine != now.machine:
                return f"the snapshot {name} of {machine} needs {path}"
        if machines := now.uses.others(path, now.machine):
            return f"{', '.join(machines)} uses {path} as well"
    return ""
