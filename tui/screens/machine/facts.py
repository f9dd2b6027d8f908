"""What the Overview tells of a machine: record and definition to lines. Pure."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.content import Content

from tui.hypervisor.definition import Address
from tui.hypervisor.records import DomainRecord
from tui.model import Domain, units
from tui.model.states import reason_text
from tui.model.text import visible

LABEL = 18
"""Cells of the labels."""
LEAST = 12
"""Cells that a value has at least."""
Fact = tuple[str | None, Content]
"""A label, None where there is none, and what it stands for."""
Block = tuple[str, list[Fact]]
"""A heading and what is under it."""


def blocks(
    record: DomainRecord,
    domain: Domain,
    addresses: Sequence[Address] | None,
    about_devices: Sequence[str] = (),
) -> list[Block]:
    """Everything the Overview shows; ``addresses`` is None while they are being asked for.

    ``about_devices``: what its devices of the host mean for its start and for a migration.
    """
    told = [plain(visible(words), "$text-warning") for words in about_devices]
    return [
        ("Identity", _identity(record, domain)),
        ("State", _state(record)),
        ("Hardware", _hardware(record, domain)),
        ("Disks", _disks(domain)),
        ("Network", _network(record, domain, addresses)),
        ("Access", _access(record, domain, addresses)),
        *([("Devices of the host", told)] if told else []),
    ]


def lines(found: Sequence[Block], width: int) -> list[Content]:
    """The blocks in lines of at most ``width`` cells; long values go on under themselves."""
    shown: list[Content] = []
    for heading, facts in found:
        shown.append(Content.assemble((heading, "bold $text-primary")))
        for label, value in facts:
            indent = "  " if label is None else " " * (LABEL + 2)
            first, *more = value.wrap(max(LEAST, width - len(indent))) or [value]
            before = f"  {label or '':<{LABEL}}"[: len(indent)]
            shown.append(Content.assemble((before, "$quiet"), first))
            shown += [Content.assemble(indent, line) for line in more]
        shown.append(Content(""))
    return shown


def pair(label: str, value: str, style: str = "") -> Fact:
    """A label and what it stands for."""
    return label, Content.assemble((value, style))


def plain(text: str, style: str) -> Fact:
    """A line without a label."""
    return None, Content.assemble((text, style))


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _identity(record: DomainRecord, domain: Domain) -> list[Fact]:
    lines = [
        pair("Name", visible(record.name), "bold"),
        pair("UUID", record.uuid),
        pair("Title", visible(domain.title) or units.UNKNOWN),
    ]
    description = visible(domain.description, newlines=True).strip().split("\n")
    lines += [
        pair("Description" if number == 0 else "", line or units.UNKNOWN)
        for number, line in enumerate(description)
    ]
    if domain.tags:
        lines.append(pair("Tags", visible(", ".join(domain.tags)), "$text-accent"))
    return lines


def _state(record: DomainRecord) -> list[Fact]:
    reason = reason_text(record.state, record.reason)
    if record.is_held_open:
        reason = "started for work on its disks only"
    state = f"{record.state.glyph} {record.state.word}" + (f", {reason}" if reason else "")
    up = units.UNKNOWN
    if record.started is not None:
        up = units.uptime(time.time() - record.started)
    kind = "persistent" if record.persistent else "transient: gone for good when it stops"
    return [
        pair("State", state),
        pair("Running for", up),
        pair("Definition", kind),
        pair("Autostart", _yes(record.autostart)),
        pair("Saved state", "yes: start goes on from there" if record.managed_save else "no"),
        pair("Snapshots", "yes" if record.snapshots < 0 else str(record.snapshots or "no")),
    ]


def _hardware(record: DomainRecord, domain: Domain) -> list[Fact]:
    current = record.vcpus if record.vcpus is not None else domain.cpu.vcpus
    vcpus = f"{current} of at most {domain.cpu.maximum or 1}"
    model = f"{domain.cpu.mode} {domain.cpu.model}".strip()
    machine, kind = domain.general.machine, f"{domain.general.arch}, {domain.type}"
    memory = f"{units.size(record.memory or domain.memory.given)} of at most "
    return [
        pair("vCPU", vcpus),
        pair("Memory", memory + units.size(domain.memory.maximum)),
        pair("CPU model", visible(model) or "the hypervisor's default"),
        pair("Machine type", visible(f"{machine} ({kind})" if machine else kind)),
        pair("Firmware", domain.boot.firmware or "none"),
        *(pair("Host device", visible(f"{d.type} {d.address}")) for d in domain.hostdevs),
    ]


def _disks(domain: Domain) -> list[Fact]:
    lines = []
    for disk in domain.disks:
        how = [disk.bus, disk.device, disk.format]
        how += [f"cache {disk.cache}"] if disk.cache else []
        how += [f"io {disk.io}"] if disk.io else []
        how += ["read-only"] if disk.readonly else []
        lines.append(pair(visible(disk.target), visible(disk.source) or "(empty)"))
        lines.append(pair("", visible(" ".join(part for part in how if part)), "$quiet"))
    return lines or [plain("none", "$quiet")]


def _network(
    record: DomainRecord, domain: Domain, addresses: Sequence[Address] | None
) -> list[Fact]:
    lines = []
    told = list(addresses or ())
    for interface in domain.interfaces:
        where = f"{interface.type} {interface.source}".strip()
        link = "" if interface.link else "link down"
        told_of = ", ".join(filter(None, (where, interface.model, link)))
        lines.append(pair(visible(interface.mac), visible(told_of)))
        mine = [a for a in told if a.mac == interface.mac.lower()]
        told = [a for a in told if a not in mine]
        lines += [pair("", visible(f"{a.address} ({a.source})"), "$text-success") for a in mine]
    lines += [pair(visible(a.interface), visible(f"{a.address} ({a.source})")) for a in told]
    if addresses is None and record.state.is_active:
        lines.append(pair("", "asking for addresses…", "$quiet"))
    return lines or [plain("none", "$quiet")]


def _access(
    record: DomainRecord, domain: Domain, addresses: Sequence[Address] | None
) -> list[Fact]:
    answers = domain.agent_connected or any(told.source == "agent" for told in addresses or ())
    agent = "no channel for it"
    if domain.has_agent_channel:
        agent = "channel there, not connected" if record.state.is_active else "channel there"
    if answers:
        agent = "connected"
    lines = [
        pair("Serial console", _yes(domain.has_serial)),
        pair("Guest agent", agent),
    ]
    for display in domain.graphics:
        port = f":{display.port}" if display.port not in ("", "-1") else ""
        listen = display.listen or "not listening"
        lines.append(pair("Display", visible(f"{display.type} {listen}{port}")))
    return lines
