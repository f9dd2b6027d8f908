"""What deleting or reverting would do, step by step, and why it is refused. Pure.

Deleting an external snapshot merges what was written since it was taken (the layer above the
image that it holds) into that image: the present stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import basename, dirname

from tui.model.disk_chains import Chain, Uses
from tui.model.snapshots import Kind, Snapshot


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
        elif self.by_libvirt:
            told = [f"{name}: libvirt merges what was written since, and deletes the overlays"]
        else:
            told = [f"{name}: its description is deleted"]
        told += [f"  {merge.words}" for merge in self.merges]
        told += [f"  delete {path}" for path in self.files]
        told += [f"  keep {text}" for text in self.kept]
        return told


@dataclass(frozen=True)
class Situation:
    """A machine with its snapshots, its chains, and who else uses them."""

    machine: str
    snapshots: tuple[Snapshot, ...]
    chains: tuple[Chain, ...]
    uses: Uses
    running: bool = False
    persistent: bool = True
    managed_save: bool = False
    daemon_can: bool = False
    """libvirt deletes external snapshots and reverts to them by itself."""
    libvirt: str = ""
    driver: str = "QEMU"

    def chain(self, target: str) -> Chain | None:
        """Of one disk."""
        return next((chain for chain in self.chains if chain.target == target), None)

    def snapshot(self, name: str) -> Snapshot | None:
        """By name."""
        return next((one for one in self.snapshots if one.name == name), None)


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
    if now.daemon_can:
        return Deletion(one, by_libvirt=True)
    if not one.sources:
        return Deletion(
            one,
            refusal="libvirt tells no definition of that time, so its images are not known",
            advice="D shows the chains; virsh snapshot-delete --metadata forgets it.",
        )
    return _external(one, now)


def _internal(one: Snapshot, now: Situation) -> Deletion:
    elsewhere = _not_in_front(one, now)
    if elsewhere:
        return Deletion(
            one,
            refusal=f"it is inside {elsewhere}, which has an overlay on top now",
            advice="Delete the external snapshots taken since: that merges the overlays.",
        )
    return Deletion(one, by_libvirt=True)


def _not_in_front(one: Snapshot, now: Situation) -> str:
    """The image that holds an internal snapshot, where it is not the active layer."""
    if not one.sources:
        return ""
    for disk in one.disks:
        chain, held = now.chain(disk.target), one.sources.get(disk.target, "")
        if disk.mode == "internal" and chain is not None and held and chain.active != held:
            return held
    return ""


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
                    advice="Delete or flatten what stands there first; D shows the chains.",
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
        return f"{sorted(others)[0]} stands on {merge.base} as well and would be destroyed"
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
        _Moved.of(one, exchanged, gone) for one in now.snapshots if one.name != gone.name
    )
    uses = Uses(images, now.uses.machines, named, now.uses.unseen)
    return replace(now, snapshots=snapshots, chains=tuple(chains), uses=uses)


class _Moved(Snapshot):
    """A snapshot whose images have been exchanged, without writing its XML anew."""

    _sources: Mapping[str, str]

    @classmethod
    def of(cls, one: Snapshot, exchanged: Mapping[str, str], gone: Snapshot) -> Snapshot:
        """With another parent where that is gone, and other images."""
        moved = cls(
            one.name, one.description, one.created, one.state,
            gone.parent if one.parent == gone.name else one.parent,
            one.memory, one.memory_file,
            tuple(replace(d, source=exchanged.get(d.source, d.source)) for d in one.disks),
            one.current or (gone.current and gone.parent == one.name), one.xml,
        )  # fmt: skip
        sources = {target: exchanged.get(path, path) for target, path in one.sources.items()}
        object.__setattr__(moved, "sources", sources)
        return moved


# -- reverting -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reversion:
    """What going back to a snapshot takes."""

    snapshot: Snapshot
    guided: bool = False
    """By hand, step by step: the daemon cannot."""
    state: str = ""
    """The machine's afterwards, in a word, if nothing else is asked for."""
    lost: tuple[str, ...] = ()
    """What of the present is lost, in words."""
    steps: tuple[str, ...] = ()
    """Of the guided way."""
    discarded: tuple[str, ...] = ()
    """Overlays that hold the present and that nothing uses afterwards."""
    refusal: str = ""
    advice: str = ""


def plan_reversion(one: Snapshot, now: Situation) -> Reversion:
    """What reverting takes as things are."""
    state = {"running": "running", "disk-snapshot": "off", "paused": "paused"}.get(one.state, "off")
    if one.memory == "no":
        state = "off"
    lost = ["all that was written to the disks since then"]
    if now.running:
        lost.append("what is in memory now" if state != "running" else "what runs now")
    if now.managed_save:
        lost.append("the saved state")
    made = Reversion(one, state=state, lost=tuple(lost))
    if one.kind is Kind.INTERNAL or now.driver != "QEMU":
        elsewhere = _not_in_front(one, now)
        if elsewhere and now.driver == "QEMU":
            return replace(
                made,
                refusal=f"it is inside {elsewhere}, which has an overlay on top now: libvirt would "
                "switch to that image and leave the overlay behind",
                advice="Delete the external snapshots taken since: that merges the overlays.",
            )
        return made
    if one.kind is Kind.EMPTY:
        return replace(made, refusal="it holds no data", advice="Delete it.")
    if now.daemon_can:
        return made
    return _guided(replace(made, guided=True, state="off"), now)


def _guided(made: Reversion, now: Situation) -> Reversion:
    one, version = made.snapshot, f"libvirt {now.libvirt}".rstrip()
    can_not = f"{version} cannot revert to external snapshots; by hand it is done "

    def refused(reason: str, advice: str) -> Reversion:
        return replace(made, refusal=reason, advice=advice)

    if one.kind is Kind.MIXED:
        return refused("it is partly inside the images and partly in overlays", "")
    if one.memory == "external":
        return refused(
            f"it holds memory, which {version} cannot bring back together with its disks",
            "libvirt 9.9 or newer can.",
        )
    if now.running:
        return refused(f"{can_not}while the machine is off", "Shut it down first (S).")
    if not now.persistent:
        return refused("the machine is transient: it has no definition to bring back", "")
    if now.managed_save:
        return refused(
            "it has a saved state, which would not fit the disks",
            "Discard the saved state (Ctrl+W), or start it, first.",
        )
    if not one.domain_xml:
        return refused("libvirt tells no definition of that time", "")
    present, then = {chain.target for chain in now.chains}, set(one.sources)
    if present != then:
        words = []
        if present - then:
            words.append(f"{', '.join(sorted(present - then))} came since")
        if then - present:
            words.append(f"{', '.join(sorted(then - present))} is not there any more")
        return refused(
            f"the machine has other disks than then: {'; '.join(words)}",
            "Give it the disks of that time in Hardware first, or take them away.",
        )
    for target in one.external_disks:
        base = one.sources.get(target, "")
        if gone := now.uses.missing_below(base):
            return refused(f"{gone} is missing: the state of {target} is not there any more", "")
    for target in one.external_disks:
        base, chain = one.sources.get(target, ""), now.chain(target)
        if chain is not None and chain.active == base:
            return refused(
                f"{target} writes into {base} itself now: its state is no longer that of then", ""
            )
    discarded = []
    for target in one.external_disks:
        chain = now.chain(target)
        if chain is not None and _is_only_present(chain.active, one, now):
            discarded.append(chain.active)
    names = ", ".join(one.external_disks)
    steps = (
        "look again: off, the same disks, every image there",
        "keep the present definition in the history",
        f"store the definition of then, with {names} on the images of then",
        f"put a new overlay on top of each ({names}): those images are never written to",
        f"make {one.name} the current snapshot",
    )
    return replace(made, steps=steps, discarded=tuple(discarded))


def _is_only_present(path: str, one: Snapshot, now: Situation) -> bool:
    """Whether an overlay holds nothing but the present, which reverting gives up."""
    states = {source for other in now.snapshots for source in other.sources.values()}
    return (
        path not in states
        and not now.uses.overlays(path)
        and not now.uses.others(path, now.machine)
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
    for path in (merge.base, merge.top):
        if named := now.uses.snapshots.get(path):
            return None, f"the snapshot {named[0][1]} needs it; deleting that merges too"
        if machines := now.uses.others(path, now.machine):
            return None, f"{', '.join(machines)} uses {path} as well"
    if others := set(now.uses.overlays(merge.base)) - {merge.top}:
        return None, f"{sorted(others)[0]} stands on {merge.base} as well and would be destroyed"
    if others := set(now.uses.overlays(merge.top)) - set(chain.paths):
        return None, f"{sorted(others)[0]} stands on {merge.top} and would be destroyed"
    return merge, ""
