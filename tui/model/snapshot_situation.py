"""All that decisions about a machine's snapshots are made on. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tui.model.disk_chains import Chain, Uses
from tui.model.snapshots import Snapshot


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
        """The chain of a disk, by its target; None where none is known."""
        return next((chain for chain in self.chains if chain.target == target), None)

    def snapshot(self, name: str) -> Snapshot | None:
        """A snapshot by its name; None where there is none."""
        return next((one for one in self.snapshots if one.name == name), None)

    def image_behind(self, one: Snapshot) -> str:
        """The image that holds an internal snapshot, where it is not the active layer."""
        for disk in one.disks:
            chain, held = self.chain(disk.target), one.sources.get(disk.target, "")
            if disk.mode == "internal" and chain is not None and held and chain.active != held:
                return held
        return ""

    @property
    def current(self) -> Snapshot | None:
        """The one that the machine stands on, as libvirt has it."""
        return next((one for one in self.snapshots if one.current), None)

    def children(self, name: str) -> list[str]:
        """Names of those directly below one."""
        return [one.name for one in self.snapshots if one.parent == name]
