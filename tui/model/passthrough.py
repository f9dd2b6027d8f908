"""What may be given to machines and what speaks against it: groups, holders, the host's needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tui.model.device_claims import Claim, Holder, VfPool, with_pools
from tui.model.device_index import DeviceIndex
from tui.model.host_use import HostUse
from tui.model.node_devices import NodeDevice
from tui.model.pci import short

HARMLESS = frozenset(("pcieport", "shpchp"))
"""Drivers of ports that may stay in a group that a guest gets."""
UNSURE = "whether the host itself uses it cannot be known over this connection"


@dataclass(frozen=True, slots=True)
class Guard:
    """Why a device had better stay with the host."""

    reasons: tuple[str, ...] = ()
    certain: bool = True
    """False where it cannot be known whether the host uses it."""

    def __bool__(self) -> bool:
        return bool(self.reasons)

    @property
    def words(self) -> str:
        """The reasons in one line."""
        return "; ".join(self.reasons)


@dataclass(frozen=True)
class Devices:
    """The devices of one host at one moment, and who has or wants them."""

    index: DeviceIndex = field(default_factory=DeviceIndex)
    holders: tuple[Holder, ...] = ()
    pools: tuple[VfPool, ...] = ()
    use: HostUse = field(default_factory=HostUse)
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What libvirt tells of the host's use, by name of the device."""
    cpu_vendor: str = ""
    """``Intel``, ``AMD``, …; empty where not told."""

    # -- who has it ------------------------------------------------------------------------

    @cached_property
    def _by_place(self) -> Mapping[str, tuple[Holder, ...]]:
        """Holders by what their claim names; a USB device is named in two ways."""
        found: dict[str, list[Holder]] = {}
        for holder in self.holders:
            for place in {holder.claim.place, holder.claim.at} - {""}:
                found.setdefault(place, []).append(holder)
        return {place: tuple(holders) for place, holders in found.items()}

    def holders_of(self, device: NodeDevice) -> list[Holder]:
        """Machines that have it or are configured with it, the running ones first."""
        places = {device.address}
        if device.usb is not None:
            places = {device.usb.identity, f"{device.usb.bus}/{device.usb.device}"}
        elif device.scsi is not None:
            places = {device.scsi.place}
        found = [h for place in places for h in self._by_place.get(place, ())]
        fitting = [h for h in dict.fromkeys(found) if h.claim.matches(device)]
        return sorted(fitting, key=lambda h: (not h.claim.running, h.machine))

    def running_holder(self, device: NodeDevice, other_than: str = "") -> Holder | None:
        """The running machine that has it, if it is not the one with this UUID."""
        for holder in self.holders_of(device):
            if holder.claim.running and holder.uuid != other_than:
                return holder
        return None

    def pools_of(self, device: NodeDevice) -> list[VfPool]:
        """Networks that give this virtual function, or those of this card."""
        card = self.index.physical_function(device) or device
        names = {i.net.interface for i in self.index.interfaces(card) if i.net is not None}
        address = device.pci.address if device.pci is not None else ""
        return [
            pool
            for pool in self.pools
            if names & set(pool.interfaces) or (address and address in pool.addresses)
        ]

    def functions_in_use(self, device: NodeDevice) -> int:
        """Of a card, the virtual functions that running machines have."""
        functions = self.index.virtual_functions(device)
        return sum(self.running_holder(function) is not None for function in functions)

    # -- groups ----------------------------------------------------------------------------

    def blockers(self, device: NodeDevice, taken: Collection[str] = ()) -> list[NodeDevice]:
        """Members of its group that the host's drivers still hold.

        ``taken``: addresses that go to the same machine, which takes them from the host.
        """
        return [
            member
            for member in self.index.members(device)
            if member.name != device.name
            and member.pci is not None
            and member.driver
            and not member.is_for_guests
            and member.driver not in HARMLESS
            and member.pci.address not in taken
        ]

    def not_viable(self, device: NodeDevice, taken: Collection[str] = ()) -> str:
        """Why its group cannot go to a machine now; empty when it can."""
        blockers = self.blockers(device, taken)
        if not blockers:
            return ""
        names = " and ".join(f"{short(b.address)} ({b.driver})" for b in blockers)
        verb = "is" if len(blockers) == 1 else "are"
        return f"group {device.group} is not viable until {names} {verb} detached too"

    # -- what speaks against it --------------------------------------------------------------

    def why_not_assign(self, device: NodeDevice) -> str:
        """Why no machine can get such a device at all; empty when one can."""
        if device.pci is not None:
            if device.pci.is_bridge:
                return "bridges and ports stay with the host"
            if not self.index.has_iommu:
                return "the host has no IOMMU switched on"
            return ""
        if device.usb is not None:
            return "a hub stays with the host" if self.index.is_hub(device) else ""
        if device.mdev is not None or device.scsi is not None:
            return ""
        carrier = self.index.carrier_of(device)
        if carrier is not None:
            what = "its controller " if carrier.pci is not None else ""
            return f"assign {what}{short(carrier.address)} instead"
        return "not a device that a machine can get"

    def guard(self, device: NodeDevice) -> Guard:
        """Why it had better stay with the host."""
        reasons = list(self.told.get(device.name, ()))
        reasons += self.use.reasons.get(device.address, ())
        if device.usb is not None:
            reasons += self.use.reasons.get(device.usb.port, ())
        for function in self.index.virtual_functions(device):
            holder = self.running_holder(function)
            if holder is not None:
                what = f"its function {short(function.address)} is held by {holder.machine}"
                reasons.append(what)
            elif needed := self.guard(function):
                reasons.append(f"its function {short(function.address)}: {needed.words}")
        if reasons:
            return Guard(tuple(dict.fromkeys(reasons)))
        if not self.use.known and self._is_risky(device):
            return Guard((UNSURE,), certain=False)
        return Guard()

    def _is_risky(self, device: NodeDevice) -> bool:
        """What a host cannot do without, if it uses it."""
        if device.is_for_guests or self.running_holder(device) is not None:
            return False
        if device.pci is None:
            return device.usb is not None and self.index.is_keyboard(device)
        if device.is_vf:
            return False
        kind = device.pci
        if kind.is_network:
            nics = self.index.interfaces(device)
            return any(nic.net is not None and nic.net.state != "down" for nic in nics)
        if kind.is_storage:
            return any(below.storage is not None for below in self.index.below(device))
        return bool(device.driver) and (kind.is_display or kind.is_usb)

    # -- machines --------------------------------------------------------------------------

    def claims(self, claims: Iterable[Claim]) -> tuple[Claim, ...]:
        """Those on devices: without NICs on networks that are no pools."""
        return with_pools(claims, self.pools)

    def against_start(self, uuid: str, claims: Iterable[Claim]) -> list[str]:
        """What would keep a machine from starting, or harm, in words."""
        wanted = [claim for claim in self.claims(claims) if claim.configured]
        taken = {c.place for c in wanted if c.kind == "pci" and c.managed}
        found: list[str] = []
        for claim in wanted:
            if claim.kind == "pool":
                found += self._against_pool(uuid, claim)
            elif self.index:
                found += self._against(uuid, claim, taken)
        return list(dict.fromkeys(found))

    def _against(self, uuid: str, claim: Claim, taken: Collection[str]) -> list[str]:
        name = short(claim.place) or f"USB {claim.at}"
        matching = self.matching(claim)
        if not matching:
            return [] if claim.optional else [f"{name} is not on this host"]
        if len(matching) > 1 and claim.kind == "usb":
            return [f"{len(matching)} USB devices are {name}: choose one by its place"]
        device = matching[0]
        holder = self.running_holder(device, uuid)
        if holder is not None:
            return [f"{name} is held by {holder.machine}"]
        if device.mdev is not None:
            return [] if device.active else [f"mediated device {name} is not started"]
        if device.pci is None:
            return []
        return self._against_pci(uuid, claim, device, taken)

    def _against_pci(
        self, uuid: str, claim: Claim, device: NodeDevice, taken: Collection[str]
    ) -> list[str]:
        name = short(claim.place)
        if not self.index.has_iommu:
            return ["the host has no IOMMU switched on"]
        found: list[str] = []
        for member in self.index.members(device):
            holder = self.running_holder(member, uuid)
            if holder is not None and member is not device:
                found.append(
                    f"{short(member.address)} of the same group {device.group} is held by "
                    f"{holder.machine}"
                )
        guard = self.guard(device)
        if guard and guard.certain:
            found.append(f"{name} is the host's own: {guard.words}")
        if not claim.managed and device.driver and not device.is_for_guests:
            found.append(f"{name} is bound to {device.driver}: detach it first, it is not managed")
        if not found and (words := self.not_viable(device, taken)):
            found.append(words)
        return found

    def _against_pool(self, uuid: str, claim: Claim) -> list[str]:
        pool = next(pool for pool in self.pools if pool.name == claim.place)
        if not pool.active:
            return [f"network {pool.name} is not active"]
        functions = self.pool_functions(pool)
        if functions and all(self.running_holder(f, uuid) is not None for f in functions):
            return [f"network {pool.name} has no free function"]
        return self.pool_trap(pool)

    def pool_functions(self, pool: VfPool) -> list[NodeDevice]:
        """The virtual functions that a network gives."""
        found = [self.index.by_pci[a] for a in pool.addresses if a in self.index.by_pci]
        for name in pool.interfaces:
            card = self.index.card_of(self.index.interface_named(name))
            if card is not None:
                found += self.index.virtual_functions(card)
        return list({function.name: function for function in found}.values())

    def pool_trap(self, pool: VfPool) -> list[str]:
        """Functions that it would give although a machine holds them directly."""
        return [
            f"network {pool.name} does not skip {short(function.address)}, which "
            f"{holder.machine} holds directly"
            for function in self.pool_functions(pool)
            for holder in self.holders_of(function)
            if holder.claim.configured and not holder.claim.network
        ]

    def matching(self, claim: Claim) -> list[NodeDevice]:
        """The devices that a claim names: one, none, or several of one USB identity."""
        if claim.kind == "pci":
            device = self.index.by_pci.get(claim.place)
            return [] if device is None else [device]
        return [device for device in self.index.by_name.values() if claim.matches(device)]

    def why_not_migratable(self, claims: Iterable[Claim]) -> str:
        """What keeps a machine on this host; empty when nothing of the host does."""
        bound = [
            claim
            for claim in self.claims(claims)
            if claim.kind != "usb" and not claim.teaming and (claim.running or claim.configured)
        ]
        if not bound:
            return ""
        names = ", ".join(dict.fromkeys(short(claim.place) for claim in bound))
        return f"not live-migratable: {names} without <teaming>"


def iommu_advice(vendor: str) -> str:
    """How to switch the IOMMU on, for a CPU vendor; for a person."""
    reboot = "then reboot the host."
    if vendor == "Intel":
        return (
            "Switch VT-d on in the firmware, put intel_iommu=on iommu=pt on the kernel command "
            f"line (GRUB_CMDLINE_LINUX in /etc/default/grub, update-grub), {reboot}"
        )
    if vendor == "AMD":
        return (
            "Switch IOMMU (AMD-Vi, SVM) on in the firmware; the kernel uses it by itself "
            f"(iommu=pt on its command line makes the host's own I/O faster), {reboot}"
        )
    return (
        "Switch the IOMMU on in the firmware (VT-d, AMD-Vi, SMMU); Intel needs intel_iommu=on "
        f"on the kernel command line as well, {reboot}"
    )
