"""Images and what stands on what: the chain of every disk, and who uses each layer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from posixpath import dirname

from tui.model.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class Image:
    """One file or device that holds a layer."""

    path: str
    format: str = ""
    capacity: int | None = None
    """Bytes that the guest sees."""
    allocation: int | None = None
    """Bytes that it takes on the host."""
    backing: str = ""
    """What it stands on; empty for a base."""
    missing: bool = False
    """It is named by what stands on it, and is not there."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The layers of one disk, the active one first, its base last."""

    target: str
    layers: tuple[Image, ...]
    trouble: str = ""
    """Why it could not be followed to its base; empty when it was."""

    @property
    def active(self) -> str:
        """The layer that the guest writes into."""
        return self.layers[0].path if self.layers else ""

    @property
    def paths(self) -> tuple[str, ...]:
        """Of all layers."""
        return tuple(layer.path for layer in self.layers)

    @property
    def depth(self) -> int:
        """Layers under the active one."""
        return max(0, len(self.layers) - 1)

    @property
    def missing(self) -> tuple[str, ...]:
        """Layers that are named and not there."""
        return tuple(layer.path for layer in self.layers if layer.missing)

    def without(self, path: str) -> Chain:
        """After a layer has been merged into the one under it, or above."""
        return Chain(self.target, tuple(one for one in self.layers if one.path != path))


@dataclass(frozen=True)
class Uses:
    """Who has which image, as far as the host can tell."""

    images: Mapping[str, Image] = field(default_factory=dict)
    """Every image that was looked at, by path."""
    machines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Path to the machines whose disks or chains hold it."""
    snapshots: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Path to (machine, snapshot) whose description names it."""
    unseen: tuple[str, ...] = ()
    """Folders that could not be looked into, with why."""

    def overlays(self, path: str) -> tuple[str, ...]:
        """Images that stand directly on one."""
        return tuple(image.path for image in self.images.values() if image.backing == path)

    def lacks(self, path: str) -> bool:
        """Whether a file is known not to be there: of its folder others are known."""
        image = self.images.get(path)
        if image is not None:
            return image.missing
        folder = dirname(path)
        return any(dirname(one.path) == folder for one in self.images.values() if not one.missing)

    def missing_below(self, path: str) -> str:
        """The first file from a path down that is named and not there; empty when all are."""
        seen: set[str] = set()
        while path.startswith("/") and path not in seen:
            seen.add(path)
            image = self.images.get(path)
            if image is None or image.missing:
                return path
            path = image.backing
        return ""

    def others(self, path: str, machine: str) -> tuple[str, ...]:
        """Machines but one that use an image, sorted."""
        return tuple(sorted(set(self.machines.get(path, ())) - {machine}))


def owner(path: str, snapshots: Iterable[Snapshot]) -> str:
    """What a layer is to a machine's snapshots, in words; empty when nothing."""
    told = []
    for one in snapshots:
        if any(one.sources.get(target) == path for target in one.external_disks):
            told.append(f"holds {one.name}")
        if path in (*one.external_disks.values(), *one.present_overlays.values()):
            told.append(f"written since {one.name}")
        if one.memory_file == path:
            told.append(f"memory of {one.name}")
        internal = any(disk.mode == "internal" for disk in one.disks)
        if internal and path in one.sources.values():
            told.append(f"holds {one.name} inside")
    return ", ".join(told)


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that nothing needs any more, or that lacks what it needs."""

    kind: str
    """``file``: an image nobody uses; ``snapshot``: a description whose images are gone;
    ``write``: a disk that writes into what others stand on."""
    name: str
    why: str
    advice: str
    size: int | None = None


def leftovers(
    machine: str, chains: Iterable[Chain], snapshots: Iterable[Snapshot], uses: Uses
) -> list[Leftover]:
    """What is wrong around a machine's disks: files of nobody, dangling snapshots, shared layers.

    Only images that stand on one of this machine's own layers count as its files.
    """
    chains, snapshots = list(chains), list(snapshots)
    own = {path for chain in chains for path in chain.paths}
    own |= {path for one in snapshots for path in one.sources.values()}
    found = []
    orphans = {
        path
        for path, image in uses.images.items()
        if not image.missing
        and not uses.machines.get(path)
        and not uses.snapshots.get(path)
        and path not in own
        and _stands_on(path, own, uses)
    }
    for path in sorted(orphans):
        above = [one for one in uses.overlays(path) if one not in orphans]
        if above:
            continue
        image = uses.images[path]
        found.append(
            Leftover(
                "file",
                path,
                f"stands on {image.backing}; no machine and no snapshot uses it",
                "It can be deleted; what was written into it is lost.",
                image.allocation,
            )
        )
    found += [one for one in (_dangling(one, chains, uses) for one in snapshots) if one]
    found += _shared_writes(machine, chains, uses)
    return found


def _stands_on(path: str, own: set[str], uses: Uses) -> bool:
    seen: set[str] = set()
    while path and path not in seen:
        seen.add(path)
        image = uses.images.get(path)
        path = "" if image is None else image.backing
        if path in own:
            return True
    return False


def _dangling(one: Snapshot, chains: list[Chain], uses: Uses) -> Leftover | None:
    """An external snapshot whose images are not there any more."""
    if not one.external_disks:
        return None
    present = {chain.target: chain for chain in chains}
    for target, overlay in one.external_disks.items():
        base, chain = one.sources.get(target, ""), present.get(target)
        if chain is None or not base or chain.trouble:
            continue
        if _is_gone(base, uses) and base not in chain.paths:
            return Leftover(
                "snapshot",
                one.name,
                f"{base} is gone: it cannot be reverted to",
                "Its description can be deleted; no data is touched.",
            )
        merged = base in chain.paths and chain.active == base and _is_gone(overlay, uses)
        if merged:
            return Leftover(
                "snapshot",
                one.name,
                f"what was written since has been merged into {base}: "
                "the state it describes is no longer there",
                "Its description can be deleted; no data is touched.",
            )
    return None


def _is_gone(path: str, uses: Uses) -> bool:
    image = uses.images.get(path)
    return image is not None and image.missing


def _shared_writes(machine: str, chains: list[Chain], uses: Uses) -> list[Leftover]:
    found = []
    for chain in chains:
        above = uses.overlays(chain.active) if chain.active else ()
        if above:
            found.append(
                Leftover(
                    "write",
                    chain.target,
                    f"{machine} writes into {chain.active}, and {', '.join(above)} stands on it: "
                    "writing destroys that",
                    "Keep it off; revert to a snapshot, which puts an overlay of its own on top.",
                )
            )
    return found
