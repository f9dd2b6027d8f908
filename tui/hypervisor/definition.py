"""Reading a domain's definition and its QEMU log."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import libvirt

from tui.hypervisor.details import can_ask_test_driver
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.lacks import if_supported
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.signin import SignInError
from tui.model import Domain

LOGS = Path("/var/log/libvirt/qemu")
LOG_TAIL = 256 * 1024
"""Bytes of a log's end that are shown."""


async def read_xml(host: Host, domain: DomainRecord, *, inactive: bool) -> str:
    """The definition as libvirt gives it, live or for the next boot; without its secrets.

    virDomainGetXMLDesc; raises HypervisorError.
    """
    return await host.call(_xml, domain.uuid, inactive)


async def read_domain(host: Host, domain: DomainRecord, *, inactive: bool) -> Domain:
    """The same, parsed where it was read: a long one takes its time. Raises HypervisorError."""
    return await host.call(lambda c: Domain.from_xml(_xml(c, domain.uuid, inactive)))


def _xml(connection: libvirt.virConnect, uuid: str, inactive: bool) -> str:
    flags = libvirt.VIR_DOMAIN_XML_INACTIVE if inactive else 0
    xml: str = domain_of(connection, uuid).XMLDesc(flags)
    return xml


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a guest and who told it."""

    interface: str
    """Name in the guest or on the host, by source."""
    mac: str
    address: str
    """With its prefix length."""
    source: str
    """``agent``, ``lease`` or ``ARP``."""


SOURCES = {
    "agent": libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
    "lease": libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
    "ARP": libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP,
}
"""Who may know a guest's addresses, the one that is believed first."""
SILENT = (
    libvirt.VIR_ERR_OPERATION_INVALID,
    libvirt.VIR_ERR_AGENT_UNRESPONSIVE,
    libvirt.VIR_ERR_OPERATION_UNSUPPORTED,
    libvirt.VIR_ERR_INTERNAL_ERROR,
    # Asking the agent takes the right to change the machine.
    libvirt.VIR_ERR_OPERATION_DENIED,
    libvirt.VIR_ERR_ACCESS_DENIED,
)
"""Errors of a source that has nothing to tell."""


async def read_addresses(host: Host, domain: DomainRecord) -> list[Address]:
    """A running machine's addresses: from the agent, the leases and the neighbour table at once.

    virDomainInterfaceAddresses. A source that has nothing to tell is left out; the agent
    may take seconds. Raises HypervisorError.
    """

    def read(connection: libvirt.virConnect, word: str) -> list[Address]:
        handle = domain_of(connection, domain.uuid)
        if connection.getType() == "TEST":
            document = Domain.from_xml(handle.XMLDesc(0))
            if not can_ask_test_driver(connection, document):
                return []
        ask = partial(handle.interfaceAddresses, SOURCES[word], 0)
        found = []
        for name, interface in if_supported(ask, {}, SILENT).items():
            mac = (interface["hwaddr"] or "").lower()
            for address in interface["addrs"] or ():
                if name != "lo":
                    text = f"{address['addr']}/{address['prefix']}"
                    found.append(Address(name, mac, text, word))
        return found

    what = f"Asking {domain.name} for its addresses"
    told = await asyncio.gather(
        *(host.run(partial(read, word=word), lane=Lane.JOB, what=what) for word in SOURCES)
    )
    known: dict[tuple[str, str], Address] = {}
    for one in (one for source in told for one in source):
        known.setdefault((one.mac, one.address.partition("/")[0]), one)
    return list(known.values())


async def read_log(host: Host, domain: DomainRecord) -> tuple[str, str]:
    """The end of a machine's QEMU log, and why there is none when the first is empty.

    A host on this machine has it in a file; over SSH it is read with the sign-in in use.
    """
    path = LOGS / f"{domain.name}.log"
    facts = host.record.facts
    command = f"sudo tail -n 100 {shlex.quote(str(path))}"
    if facts is None or facts.driver != "QEMU":
        return "", "This host's driver keeps no log of its machines."
    if not facts.is_local:
        if not host.has_sign_in:
            return "", f"The log is on {facts.hostname}. Read it there: {command}"
        try:
            text = await host.remote(f"tail -c {LOG_TAIL} -- {shlex.quote(str(path))}")
        except SignInError as error:  # the account there may not read it
            return "", f"{error.words}. Read it there: {command}"
        return text.decode("utf-8", "replace"), ""

    def read(_connection: libvirt.virConnect) -> tuple[str, str]:
        try:
            with path.open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - LOG_TAIL))
                return file.read().decode("utf-8", "replace"), ""
        except FileNotFoundError:
            return "", f"There is no log yet: {path} does not exist."
        except OSError as error:
            return "", f"{path} cannot be read: {error.strerror}. Try: {command}"

    return await host.run(read, lane=Lane.BACKGROUND, what="Reading the log")
