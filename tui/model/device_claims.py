"""Which devices of the host a machine has or wants: read out of its definition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lxml import etree

from tui.model import pci
from tui.model.domain import Domain
from tui.model.node_devices import NodeDevice
from tui.model.xml import parse


@dataclass(frozen=True, slots=True)
class Claim:
    """One device of the host in a machine's definition."""

    kind: str
    """``pci``, ``usb``, ``mdev``, ``scsi``, or ``pool``: a function that a network gives."""
    place: str
    """PCI address, USB identity (``046d:c52b``; empty by place), UUID, SCSI place, network."""
    at: str = ""
    """USB place, ``bus/device``; of a running machine with an identity as well."""
    is_nic: bool = False
    """As ``<interface>``, not as ``<hostdev>``."""
    network: str = ""
    """The pool that gave a running machine its function."""
    mac: str = ""
    vlan: str = ""
    managed: bool = True
    """libvirt takes the device from the host's driver at start and gives it back."""
    optional: bool = False
    """The machine starts without it."""
    teaming: bool = False
    """Half of a pair: it is taken away for a migration."""
    running: bool = False
    """The running machine has it."""
    configured: bool = False
    """The next boot gets it."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What is the same in the running and the stored definition."""
        if self.kind == "pool":
            return (self.kind, self.place, self.mac)
        return (self.kind, self.place, "" if self.place else self.at)

    def matches(self, device: NodeDevice) -> bool:
        """Whether this names the device."""
        if device.pci is not None:
            return self.kind == "pci" and self.place == device.pci.address
        if device.usb is not None:
            if self.kind != "usb":
                return False
            numbers = f"{device.usb.bus}/{device.usb.device}"
            if self.at:
                return self.at == numbers
            return self.place == device.usb.identity
        if device.mdev is not None:
            return self.kind == "mdev" and self.place == device.mdev.uuid
        if device.scsi is not None:
            return self.kind == "scsi" and self.place == device.scsi.place
        return False


@dataclass(frozen=True, slots=True)
class Holder:
    """A machine and its claim on a device."""

    machine: str
    uuid: str
    claim: Claim

    @property
    def words(self) -> str:
        """``web-01 (running)``."""
        running, configured = self.claim.running, self.claim.configured
        when = "running" if running else "configured"
        if running and not configured:
            when = "running, not at the next boot"
        return f"{self.machine} ({when})"


@dataclass(frozen=True, slots=True)
class VfPool:
    """A network that gives virtual functions to machines: ``<forward mode='hostdev'>``."""

    name: str
    uuid: str
    active: bool
    interfaces: tuple[str, ...] = ()
    """Interfaces of the physical functions whose functions it gives."""
    addresses: tuple[str, ...] = ()
    """The functions that it gives, where it lists them."""


def claims_of(document: Domain, *, running: bool) -> list[Claim]:
    """The claims of a definition: the running one's, or the stored one's."""
    found: list[Claim] = []
    for element in document.root.iterfind("devices/hostdev"):
        claim = _hostdev(element)
        if claim is not None:
            found.append(claim)
    for element in document.root.iterfind("devices/interface"):
        claim = _interface(element)
        if claim is not None:
            found.append(claim)
    return [replace(claim, running=running, configured=not running) for claim in found]


def joined(live: Iterable[Claim], stored: Iterable[Claim]) -> tuple[Claim, ...]:
    """The claims of the running machine and of its stored definition, each device once."""
    at_boot = {claim.identity: claim for claim in stored}
    by_mac = {claim.mac: claim for claim in at_boot.values() if claim.mac}
    found: list[Claim] = []
    for claim in live:
        twin = at_boot.pop(claim.identity, None)
        if twin is None and claim.at:  # stored by place, running with the identity filled in
            twin = at_boot.pop(("usb", "", claim.at), None)
        if twin is None and claim.mac in by_mac:
            # A function from a pool: the stored definition names the network only.
            pool = by_mac[claim.mac]
            if pool.kind == "pool" and at_boot.pop(pool.identity, None) is not None:
                twin, claim = pool, replace(claim, network=pool.place)
        found.append(replace(claim, configured=twin is not None))
    return (*found, *at_boot.values())


def _hostdev(element: etree._Element) -> Claim | None:
    kind, source = element.get("type", ""), element.find("source")
    if element.get("mode", "subsystem") != "subsystem" or source is None:
        return None
    address = source.find("address")
    managed = element.get("managed") == "yes"
    teaming = element.find("teaming") is not None
    if kind == "pci" and address is not None:
        place = pci.address_text(address)
        return Claim("pci", place, managed=managed, teaming=teaming) if place else None
    if kind == "usb":
        return _usb(source, address)
    if kind == "mdev" and address is not None:
        return Claim("mdev", address.get("uuid", ""), managed=managed)
    adapter = source.find("adapter")
    if kind == "scsi" and adapter is not None and address is not None:
        numbers = ":".join(address.get(key, "0") for key in ("bus", "target", "unit"))
        return Claim("scsi", f"{adapter.get('name', '')} {numbers}")
    return None


def _usb(source: etree._Element, address: etree._Element | None) -> Claim:
    vendor, product = source.find("vendor"), source.find("product")
    identity = at = ""
    if vendor is not None and product is not None:
        identity = f"{vendor.get('id', '')}:{product.get('id', '')}".replace("0x", "").lower()
    if address is not None:
        at = f"{_decimal(address.get('bus'))}/{_decimal(address.get('device'))}"
    optional = source.get("startupPolicy") == "optional"
    return Claim("usb", identity, at, optional=optional)


def _interface(element: etree._Element) -> Claim | None:
    source, kind = element.find("source"), element.get("type")
    mac, tag = element.find("mac"), element.find("vlan/tag")
    common = Claim(
        "pool",
        "",
        is_nic=True,
        mac="" if mac is None else mac.get("address", "").lower(),
        vlan="" if tag is None else tag.get("id", ""),
        teaming=element.find("teaming") is not None,
    )
    if kind == "hostdev" and source is not None:
        address = source.find("address")
        place = "" if address is None else pci.address_text(address)
        managed = element.get("managed") == "yes"
        return replace(common, kind="pci", place=place, managed=managed) if place else None
    if kind == "network" and source is not None:
        # Whether the network is one of functions is known where the networks are.
        return replace(common, place=source.get("network", ""))
    return None


def with_pools(claims: Iterable[Claim], pools: Iterable[VfPool]) -> tuple[Claim, ...]:
    """Without the claims on networks that are no pools of functions."""
    names = {pool.name for pool in pools}
    return tuple(claim for claim in claims if claim.kind != "pool" or claim.place in names)


def vf_pool(xml: str, uuid: str, active: bool) -> VfPool | None:
    """Out of a network's XML; None for one that gives no functions. Raises XMLSyntaxError."""
    root = parse(xml).getroot()
    forward = root.find("forward")
    if forward is None or forward.get("mode") != "hostdev":
        return None
    return VfPool(
        name=root.findtext("name", ""),
        uuid=uuid,
        active=active,
        interfaces=tuple(pf.get("dev", "") for pf in forward.iterfind("pf")),
        addresses=tuple(pci.address_text(address) for address in forward.iterfind("address")),
    )


def _decimal(text: str | None) -> str:
    try:
        return str(int(text or "0", 0))
    except ValueError:
        return text or ""
