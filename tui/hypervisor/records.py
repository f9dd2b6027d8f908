"""Immutable records of what is on a host; replaced, never changed, when libvirt says so."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.pulse import SLOW
from tui.model.states import DomainState

if TYPE_CHECKING:
    from tui.model.device_claims import Claim  # brings lxml, which the first picture does without

DomainKey = tuple[str, str]
"""A host's key and a domain's UUID: the same UUID may be on two hosts."""


class HostState(enum.Enum):
    """Where the connection to a host stands; the value is the word shown to a person."""

    CLOSED = "not connected"
    CONNECTING = "connecting"
    NEEDS_AUTHENTICATION = "needs you"
    CONNECTED = "connected"
    LOST = "lost"
    RECONNECTING = "reconnecting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What a connected host is: read once after connecting (virConnectGetInfo and friends)."""

    hostname: str
    driver: str
    """virConnectGetType: ``QEMU``, ``TEST``, …"""
    libvirt_version: str
    hypervisor_version: str
    cpu_model: str
    cpus: int
    memory: int
    """Physical memory in bytes."""
    is_local: bool
    """The host is this machine: its files and processes can be looked at."""
    uuid: str = ""
    """Of the host (``<host><uuid>`` of its capabilities); empty where it tells none, and over a
    slow link."""


@dataclass(frozen=True, slots=True)
class HostRecord:
    """One connection as the person sees it."""

    key: str
    """Identity of the connection in this run; what :class:`DomainRecord` refers to."""
    name: str
    uri: str
    readonly: bool = False
    state: HostState = HostState.CLOSED
    responding: bool = True
    """False while a call has been under way for longer than its watchdog allows."""
    error: HypervisorError | None = None
    last_seen: float | None = None
    """Wall clock (time.time) of the host's last answer; None before the first one."""
    retry_at: float | None = None
    """Wall clock of the next automatic attempt to reconnect."""
    round_trip: float | None = None
    """Seconds that a trivial call takes, measured whenever the host has been silent."""
    facts: HostFacts | None = None

    @property
    def word(self) -> str:
        """Its state in a word, as a person would put it."""
        if self.state in (HostState.CONNECTED, HostState.CONNECTING) and not self.responding:
            return "not responding"
        if self.state is HostState.LOST and self.last_seen is None:
            return "unreachable"
        if self.state is HostState.CONNECTED and self.is_slow:
            return "slow link"
        return self.state.value

    @property
    def is_slow(self) -> bool:
        """Whether low-bandwidth mode would be a good idea: never where there is no link."""
        is_far = self.facts is not None and not self.facts.is_local
        return is_far and (self.round_trip or 0.0) >= SLOW

    @property
    def is_current(self) -> bool:
        """True when what the inventory shows of this host may be taken as true now."""
        return self.state is HostState.CONNECTED and self.responding


SOME = -1
"""There are some, nobody has counted them."""


@dataclass(frozen=True, slots=True)
class DomainRecord:
    """One machine in the list: what two or three bulk calls tell, no XML."""

    host: str
    """Key of the host that it is on."""
    uuid: str
    """Canonical text form (virDomainGetUUIDString)."""
    name: str
    id: int | None = None
    """Hypervisor's number while it is active."""
    state: DomainState = DomainState.NOSTATE
    reason: int = 0
    """virDomain…Reason of that state; words by :func:`tui.model.states.reason_text`."""
    vcpus: int | None = None
    """Current virtual CPUs."""
    memory: int | None = None
    """Current memory (balloon) in bytes."""
    persistent: bool = True
    autostart: bool = False
    managed_save: bool = False
    snapshots: int = 0
    """How many; SOME where they have not been counted."""
    transition: str | None = None
    """What a verb of ours asked for and libvirt has not confirmed yet: ``"starting"``."""
    started: float | None = None
    """Wall clock of the start, where it could be known."""
    details: DomainDetails | None = None
    stale: bool = False
    """The host is lost: this is what was last known, not what is."""

    @property
    def key(self) -> DomainKey:
        """Identity over all hosts."""
        return (self.host, self.uuid)

    @property
    def is_held_open(self) -> bool:
        """Paused, and started for work on its disks only: the guest has not booted."""
        paused = self.state is DomainState.PAUSED
        return paused and self.details is not None and self.details.held_open


HELD_OPEN = "https://virtty.org/held-open/1"
"""Namespace of the mark in a running machine's metadata: see DomainDetails.held_open."""


@dataclass(frozen=True, slots=True)
class DomainDetails:
    """What the definition adds to the list; read for the rows on the screen first."""

    title: str = ""
    tags: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    disks: int = 0
    shared_disks: tuple[str, ...] = ()
    """Writable disks that another host can reach as well, by a name that is the same there."""
    pending: tuple[str, ...] = ()
    """What the next boot would change: the stored definition differs from the live one."""
    agent: bool = False
    """A guest agent is connected."""
    addresses: tuple[str, ...] = ()
    """Addresses without prefix length, best first (agent, then lease)."""
    claims: tuple[Claim, ...] = ()
    """Devices of the host that it has or wants, and its NICs on networks that may give some."""
    held_open: bool = False
    """Its QEMU was started for work on its disks, not for the guest."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Rates of one running machine between two samples; None where the host does not tell."""

    cpu: float | None = None
    """Share of all its virtual CPUs, 0.0 to 1.0."""
    memory: int | None = None
    """Bytes in use: the guest's own figure, else what the host has resident."""
    memory_is_guest: bool = False
    disk_read: float | None = None
    disk_write: float | None = None
    net_receive: float | None = None
    net_send: float | None = None
    """Bytes per second."""


@dataclass(frozen=True, slots=True)
class NamedRecord:
    """A network, storage pool or node device: enough for a list."""

    host: str
    key: str
    """UUID of a network or pool, name of a node device."""
    name: str
    active: bool = True
    persistent: bool = True
    autostart: bool = False


@dataclass(frozen=True, slots=True)
class HostChange:
    """What changed on one host since the last word: subscribers re-read just that."""

    host: str
    host_changed: bool = False
    domains: frozenset[str] = field(default_factory=frozenset)
    """UUIDs of machines that appeared, changed or vanished."""
    sampled: bool = False
    """New :class:`Usage` figures are there."""
    networks: bool = False
    pools: bool = False
    node_devices: bool = False
