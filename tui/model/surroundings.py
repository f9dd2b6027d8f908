"""What the host around a machine offers and holds: choices and checks come from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.model.capabilities import DomainCapabilities


@dataclass(frozen=True, slots=True)
class HostCell:
    """A NUMA node of the host."""

    id: int
    cpus: tuple[int, ...]
    memory: int | None = None
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Pool:
    """An active storage pool."""

    name: str
    kind: str
    available: int | None
    """Bytes free."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What other machines of the host hold already."""

    sources: Mapping[str, str] = field(default_factory=dict)
    """Writable disk sources and whose they are."""
    pins: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Host CPUs and the machines whose vCPUs are pinned to them."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Read when the editor opens; empty where a driver cannot tell."""

    capabilities: DomainCapabilities | None = None
    driver: str = "QEMU"
    """virConnectGetType."""
    cells: tuple[HostCell, ...] = ()
    machines: tuple[str, ...] = ()
    """Machine types of the emulator."""
    networks: tuple[str, ...] = ()
    bridges: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    """Network devices of the host that a macvtap can stand on."""
    filters: tuple[str, ...] = ()
    pools: tuple[Pool, ...] = ()
    macs: Mapping[str, str] = field(default_factory=dict)
    """MAC addresses of other machines, lower case, and whose they are."""
    neighbours: Neighbours = Neighbours()
    free_pages: Mapping[int, int] = field(default_factory=dict)
    """Free huge pages by their size in bytes."""

    @property
    def cpus(self) -> frozenset[int]:
        """The host's CPUs; empty when not known."""
        return frozenset(cpu for cell in self.cells for cpu in cell.cpus)
