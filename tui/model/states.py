"""What state a domain is in, why, and what libvirt's lifecycle events say of it, in our words.

The numbers are libvirt's public API (libvirt-domain.h) and never change; a test compares them
with the constants of the libvirt module, which this floor does not import.
"""

from __future__ import annotations

import enum

_SHUTOFF = 5
_EXECUTING = (1, 2)
_RESUMABLE = (3, 7)


class DomainState(enum.IntEnum):
    """virDomainState, with the word and the one-cell glyph that stand for it on the screen.

    The glyphs differ in shape, so that they need no colour, and were chosen from what both the
    kernel's built-in console font (CP437) and Debian's console-setup fonts contain: ``○``,
    ``◐``, ``‖`` and ``►`` are each missing from one of them.
    """

    # Plain attributes: they are read for thousands of machines at a key, and Python 3.11 takes
    # a third of a microsecond to look a member up.
    word: str
    glyph: str
    is_active: bool
    """Whether the hypervisor holds the domain: it has an ID, and can be forced off.

    A crashed domain is kept when its ``on_crash`` says preserve; one that is not kept is
    off, for the reason "crashed". Xen tells no state of domains that it is running.
    """
    is_running: bool
    """Whether its virtual CPUs run; a paused or crashed domain is active and does not."""
    can_resume: bool
    """Whether it stands still and can go on from there: paused, or suspended by itself."""

    NOSTATE = 0, "no state", "?"
    RUNNING = 1, "running", "▶"
    BLOCKED = 2, "idle", "•"
    PAUSED = 3, "paused", "║"
    SHUTDOWN = 4, "shutting down", "▼"
    SHUTOFF = 5, "off", "■"
    CRASHED = 6, "crashed", "!"
    PMSUSPENDED = 7, "suspended", "~"

    def __new__(cls, value: int, word: str, glyph: str) -> DomainState:
        """One state; the number alone is its value."""
        state = int.__new__(cls, value)
        state._value_ = value
        state.word = word
        state.glyph = glyph
        state.is_active = value != _SHUTOFF
        state.is_running = value in _EXECUTING
        state.can_resume = value in _RESUMABLE
        return state

    @classmethod
    def _missing_(cls, value: object) -> DomainState:
        """A state that only a newer libvirt knows is shown as no state."""
        return cls.NOSTATE


_BY_NUMBER = {int(state): state for state in DomainState.__members__.values()}


def state_of(number: int) -> DomainState:
    """The state that libvirt's number stands for."""
    return _BY_NUMBER.get(number, DomainState.NOSTATE)


# Index = value of virDomainRunningReason, virDomainBlockedReason, … ; empty = nothing to tell.
_REASONS: dict[DomainState, tuple[str, ...]] = {
    DomainState.NOSTATE: ("",),
    DomainState.RUNNING: (
        "",
        "booted",
        "migrated here",
        "restored from its saved state",
        "reverted to a snapshot",
        "resumed",
        "migration cancelled",
        "saving cancelled",
        "woken up",
        "its kernel crashed",
        "post-copy migration under way",
        "post-copy migration failed",
    ),
    DomainState.BLOCKED: ("",),
    DomainState.PAUSED: (
        "",
        "by request",
        "by a migration or a restore",  # QEMU restores through its migration
        "being saved",
        "memory being dumped",
        "disk I/O error",
        "its watchdog fired",
        "reverted to a snapshot",
        "shutting down",
        "snapshot being taken",
        "its kernel crashed",
        "starting up",
        "post-copy migration under way",
        "post-copy migration failed",
        "a call to the hypervisor failed",
    ),
    DomainState.SHUTDOWN: ("", "by request"),
    DomainState.SHUTOFF: (
        "",
        "shut down",
        "forced off",
        "crashed",
        "migrated away",
        "saved to disk",
        "failed to start",
        "reverted to a snapshot",
        "stopped by the daemon",
    ),
    DomainState.CRASHED: ("", "its kernel panicked"),
    DomainState.PMSUSPENDED: ("",),
}


def reason_text(state: DomainState, reason: int) -> str:
    """Why a domain is in that state ("forced off"); empty where libvirt tells nothing."""
    texts = _REASONS[state]
    if 0 <= reason < len(texts):
        return texts[reason]
    return f"reason {reason}"


# virDomainEventType: the state it leads to, then by detail (virDomainEvent…DetailType) what is
# told of it and the reason of that state.
_EVENTS: dict[int, tuple[DomainState | None, tuple[tuple[str, int], ...]]] = {
    0: (  # DEFINED
        None,
        (
            ("defined", 0),
            ("definition changed", 0),
            ("renamed", 0),
            ("definition changed: reverted to a snapshot", 0),
        ),
    ),
    1: (  # UNDEFINED
        None,
        (("definition deleted", 0), ("renamed: old name gone", 0)),
    ),
    2: (  # STARTED
        DomainState.RUNNING,
        (
            ("started: booted", 1),
            ("started: migrated here", 2),
            ("started: restored from its saved state", 3),
            ("started: reverted to a snapshot", 4),
            ("started: woken up", 8),
        ),
    ),
    3: (  # SUSPENDED
        DomainState.PAUSED,
        (
            ("paused", 1),
            ("paused: migrating away", 2),
            ("paused: disk I/O error", 5),
            ("paused: its watchdog fired", 6),
            ("paused: restored from its saved state", 1),
            ("paused: reverted to a snapshot", 7),
            ("paused: a call to the hypervisor failed", 0),
            ("paused: post-copy migration under way", 12),
            ("paused: post-copy migration failed", 13),
        ),
    ),
    4: (  # RESUMED
        DomainState.RUNNING,
        (
            ("resumed", 5),
            ("resumed: migrated here", 2),
            ("resumed: from a saved state or a snapshot", 4),
            ("resumed: post-copy migration under way", 10),
            ("resumed: post-copy migration failed", 11),
        ),
    ),
    5: (  # STOPPED
        DomainState.SHUTOFF,
        (
            ("stopped: shut down", 1),
            ("stopped: forced off", 2),
            ("stopped: crashed", 3),
            ("stopped: migrated away", 4),
            ("stopped: saved to disk", 5),
            ("stopped: failed to start", 6),
            ("stopped: reverted to a snapshot", 7),
        ),
    ),
    6: (  # SHUTDOWN: QEMU tells it when the guest has finished, before STOPPED
        DomainState.SHUTDOWN,
        (
            ("shutting down", 0),
            ("shutting down: the guest powered off", 0),
            ("shutting down: the host ended it", 0),
        ),
    ),
    7: (  # PMSUSPENDED
        DomainState.PMSUSPENDED,
        (("suspended to memory by the guest", 0), ("suspended to disk by the guest", 0)),
    ),
    8: (  # CRASHED
        DomainState.CRASHED,
        (("crashed: its kernel panicked", 1), ("crashed: its crash kernel took over", 0)),
    ),
}

_CRASHLOADED = (8, 1)


def state_after(event: int, detail: int) -> tuple[DomainState, int] | None:
    """State and reason that a VIR_DOMAIN_EVENT_ID_LIFECYCLE event says a domain is in now.

    None where the event tells nothing of the state (defined, undefined, or unknown to us).
    """
    state, details = _EVENTS.get(event, (None, ()))
    # A guest whose crash kernel is writing its dump is still running.
    if state is None or (event, detail) == _CRASHLOADED:
        return None
    return state, details[detail][1] if 0 <= detail < len(details) else 0


def lifecycle_text(event: int, detail: int) -> str:
    """What a VIR_DOMAIN_EVENT_ID_LIFECYCLE event tells, in a person's words."""
    if event not in _EVENTS:
        return f"lifecycle event {event}, detail {detail}"
    details = _EVENTS[event][1]
    if 0 <= detail < len(details):
        return details[detail][0]
    return f"{details[0][0].partition(':')[0]}: detail {detail}"
