"""What a definition adds to the list: title, tags, addresses.

Functions here take a connection and run in a host's threads.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libvirt

from tui.hypervisor.handles import domain_of
from tui.hypervisor.lacks import if_supported
from tui.hypervisor.listing import DomainSize
from tui.hypervisor.records import HELD_OPEN, DomainDetails

if TYPE_CHECKING:
    from tui.model import Domain

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """What one look at a domain gave."""

    details: DomainDetails
    size: DomainSize


def read_details(
    connection: libvirt.virConnect,
    wanted: Mapping[str, bool],
    leases: Mapping[str, tuple[str, ...]],
) -> dict[str, Read]:
    """Details by UUID: one call for each machine, two where it runs.

    Those that have vanished are left out, and those that libvirt cannot describe.
    ``wanted`` tells of each whether it is persistent, ``leases`` gives addresses by MAC.
    """
    # These bring lxml, which the first picture does without.
    from lxml.etree import XMLSyntaxError

    from tui.model import Domain

    found = {}
    for uuid, persistent in wanted.items():
        try:
            domain = domain_of(connection, uuid)
            document = Domain.from_xml(domain.XMLDesc(0))
            active = document.root.get("id") is not None
            stored = document
            if active and persistent:
                stored = Domain.from_xml(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:
                if not connection.isAlive():
                    raise
                log.warning("the definition of %s cannot be read: %s", uuid, error)
            continue
        except XMLSyntaxError as error:  # a driver that writes no XML loses its own machine only
            log.warning("the definition of %s cannot be read: %s", uuid, error)
            continue
        details = _details(document, stored if persistent else None, leases)
        if active and not details.addresses and can_ask_test_driver(connection, document):
            source = libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE
            details = replace(details, addresses=interface_addresses(domain, source))
        found[uuid] = Read(details, xml_size(document))
    return found


def _details(
    document: Domain, stored: Domain | None, leases: Mapping[str, tuple[str, ...]]
) -> DomainDetails:
    """What the two definitions of a machine tell; ``stored`` is None where it is transient."""
    from tui.model.device_claims import claims_of, joined

    active = document.root.get("id") is not None
    macs = tuple(interface.mac.lower() for interface in document.interfaces if interface.mac)
    addresses = tuple(address for mac in macs for address in leases.get(mac, ()))
    live_claims = claims_of(document, running=True) if active else ()
    claims = claims_of(stored, running=False) if stored is not None else ()
    return DomainDetails(
        title=document.title or "",
        tags=tuple(document.tags),
        macs=macs,
        disks=len(document.disks),
        shared_disks=shared_disks(document),
        pending=differences(document, stored) if active and stored is not None else (),
        agent=document.agent_connected,
        addresses=addresses if active else (),
        claims=joined(live_claims, claims),
        held_open=document.root.find(f"metadata/{{{HELD_OPEN}}}held") is not None,
    )


def shared_disks(document: Domain) -> tuple[str, ...]:
    """Names of the writable disks that are no files of one host: network disks and LUNs.

    A path alone tells nothing: every host has its own ``/var/lib/libvirt/images``.
    """
    found = []
    for disk in document.root.iterfind("devices/disk"):
        source = disk.find("source")
        if (
            source is None
            or disk.find("readonly") is not None
            or disk.find("shareable") is not None
        ):
            continue
        protocol, device = source.get("protocol"), source.get("dev", "")
        if protocol:
            at = source.find("host")
            server = at.get("name", "") if at is not None and protocol != "rbd" else ""
            found.append(f"{protocol}:{server}/{source.get('name', '')}".replace(":/", ":", 1))
        elif device.startswith("/dev/disk/by-id/"):
            found.append(device)
    return tuple(found)


def xml_size(document: Domain) -> DomainSize:
    """Current vCPUs and memory, as a definition tells them (libvirt's unit is always KiB)."""
    memory = document.root.findtext("currentMemory")
    return DomainSize(document.cpu.vcpus, None if memory is None else int(memory) * 1024)


def differences(live: Domain, stored: Domain) -> tuple[str, ...]:
    """What the next boot would change, in words."""
    from tui.model.pending import pending

    return tuple(f"{difference.label}: {difference.what}" for difference in pending(live, stored))


def can_ask_test_driver(connection: libvirt.virConnect, document: Domain) -> bool:
    """Whether this is libvirt's test driver and its addresses can be asked for.

    libvirt 9.0's test driver ends the whole process on virDomainInterfaceAddresses when a
    network of the domain has no ``<ip>``.
    """
    if connection.getType() != "TEST":
        return False
    networks = {i.source for i in document.interfaces if i.type == "network"}
    try:
        return all("<ip " in connection.networkLookupByName(name).XMLDesc(0) for name in networks)
    except libvirt.libvirtError:
        return False


def read_leases(connection: libvirt.virConnect) -> dict[str, tuple[str, ...]]:
    """Addresses by MAC from libvirt's own DHCP servers: one call per active network."""
    leases: dict[str, tuple[str, ...]] = {}
    active = libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE
    gone = (libvirt.VIR_ERR_NO_NETWORK, libvirt.VIR_ERR_OPERATION_INVALID)  # or stopped
    for network in if_supported(lambda: connection.listAllNetworks(active), ()):
        for lease in if_supported(network.DHCPLeases, (), gone):
            mac = str(lease["mac"]).lower()
            leases[mac] = (*leases.get(mac, ()), str(lease["ipaddr"]))
    return leases


def interface_addresses(domain: libvirt.virDomain, source: int) -> tuple[str, ...]:
    """Addresses of a running domain without loopback and link-local ones; empty if unknown."""
    with contextlib.suppress(libvirt.libvirtError):
        return tuple(
            address["addr"]
            for name, interface in domain.interfaceAddresses(source, 0).items()
            for address in interface["addrs"] or ()
            if name != "lo" and not address["addr"].lower().startswith("fe80:")
        )
    return ()
