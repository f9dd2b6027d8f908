"""What going back to a snapshot would do, and why it is refused. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui.model import snapshot_daemon
from tui.model.snapshot_situation import Situation
from tui.model.snapshots import Kind, Snapshot


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
        elsewhere = now.image_behind(one)
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
        return _by_libvirt(made, now)
    return _guided(replace(made, guided=True, state="off"), now)


def _by_libvirt(made: Reversion, now: Situation) -> Reversion:
    """Left to a daemon that can, unless it would destroy what somebody else needs."""
    reason, advice = snapshot_daemon.against_reversion(made.snapshot, now)
    if reason:
        return replace(made, refusal=reason, advice=advice)
    return replace(made, discarded=snapshot_daemon.given_up(now))


def _guided(made: Reversion, now: Situation) -> Reversion:
    one = made.snapshot
    reason, advice = _against_guided(one, now)
    if reason:
        return replace(made, refusal=reason, advice=advice)
    active = [chain.active for target in one.external_disks if (chain := now.chain(target))]
    names = ", ".join(one.external_disks)
    steps = (
        "look again: off, the same disks, every image there",
        "keep the present definition in the history",
        f"store the definition of then, with {names} on the images of then",
        f"put a new overlay on top of each ({names}): those images are never written to",
        f"make {one.name} the current snapshot",
    )
    discarded = tuple(path for path in active if _is_only_present(path, one, now))
    return replace(made, steps=steps, discarded=discarded)


def _against_guided(one: Snapshot, now: Situation) -> tuple[str, str]:
    """Why it cannot be gone back to by hand, and what helps; both empty when it can."""
    version = f"libvirt {now.libvirt}".rstrip()
    if one.kind is Kind.MIXED:
        return "it is partly inside the images and partly in overlays", ""
    if one.memory == "external":
        return (
            f"it holds memory, which {version} cannot bring back together with its disks",
            "libvirt 9.9 or newer can.",
        )
    if now.running:
        return (
            f"{version} cannot revert to external snapshots; by hand it is done while the machine "
            "is off",
            "Shut it down first.",
        )
    if not now.persistent:
        return "the machine is transient: it has no definition to bring back", ""
    if now.managed_save:
        return (
            "it has a saved state, which would not fit the disks",
            "Discard the saved state, or start it, first.",
        )
    if not one.domain_xml:
        return "libvirt tells no definition of that time", ""
    return _against_disks(one, now)


def _against_disks(one: Snapshot, now: Situation) -> tuple[str, str]:
    present, then = {chain.target for chain in now.chains}, set(one.sources)
    if present != then:
        words = []
        if present - then:
            words.append(f"{', '.join(sorted(present - then))} came since")
        if then - present:
            words.append(f"{', '.join(sorted(then - present))} is not there any more")
        return (
            f"the machine has other disks than then: {'; '.join(words)}",
            "Give it the disks of that time in Hardware first, or take them away.",
        )
    bases = {target: one.sources.get(target, "") for target in one.external_disks}
    for target, base in bases.items():
        if gone := now.uses.missing_below(base):
            return f"{gone} is missing: the state of {target} is not there any more", ""
    for target, base in bases.items():
        chain = now.chain(target)
        if chain is not None and chain.active == base:
            return (
                f"{target} writes into {base} itself now: its state is no longer that of then",
                "",
            )
    return "", ""


def _is_only_present(path: str, one: Snapshot, now: Situation) -> bool:
    """Whether an overlay holds nothing but the present, which reverting gives up."""
    states = {source for other in now.snapshots for source in other.sources.values()}
    return (
        path not in states
        and not now.uses.overlays(path)
        and not now.uses.others(path, now.machine)
    )
