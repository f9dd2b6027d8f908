"""What of a running machine a console can attach to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from tui.model.domain import Domain

PTYS = ("pty", "nmdm")
"""Kinds of ports whose other end libvirt hands out."""


@dataclass(frozen=True, slots=True)
class ConsolePort:
    """One serial port or console."""

    alias: str
    """What virDomainOpenConsole takes: ``serial0``."""
    name: str
    """For a person: ``isa-serial 0``, ``virtio console 0``."""
    tty: str
    """The device file that a Linux guest has for it; empty where that is not known."""
    why_not: str
    """Why it cannot be attached to; empty when it can."""


def console_ports(live: Domain) -> list[ConsolePort]:
    """All of a live definition, in libvirt's order; the first is where a console goes unasked.

    A stored definition has no aliases, and so none.
    """
    ports: dict[str, ConsolePort] = {}
    virtio = 0
    for element in live.root.iterfind("devices/*"):
        if element.tag not in ("serial", "console"):
            continue
        alias = _attribute(element, "alias", "name")
        kind, number = _attribute(element, "target", "type"), _attribute(element, "target", "port")
        if kind == "virtio":
            name, tty = f"virtio console {virtio}", f"/dev/hvc{virtio}"
            virtio += 1
        else:
            name, tty = f"{kind or 'serial'} {number}".strip(), _tty(element, kind, number)
        # The first <console> of a PC is its first <serial>, told once more.
        if alias and alias not in ports:
            is_pty = element.get("type") in PTYS
            why_not = "" if is_pty else f"goes to {_end(element)}, not to a pty"
            ports[alias] = ConsolePort(alias, name, tty, why_not)
    return list(ports.values())


def has_pty(definition: Domain) -> bool:
    """Whether a machine with this definition has a serial port that can be attached to."""
    return any(port.get("type") in PTYS for port in definition.root.iterfind("devices/serial"))


def _tty(element: etree._Element, kind: str, number: str) -> str:
    model = element.find("target/model")
    name = kind if model is None else model.get("name", "")
    if not number.isdecimal():
        return ""
    if name in ("isa-serial", "serial"):
        return f"/dev/ttyS{number}"
    if name in ("pl011", "system-serial"):
        return f"/dev/ttyAMA{number}"
    if name == "spapr-vty":
        return f"/dev/hvc{number}"
    return ""


def _end(element: etree._Element) -> str:
    """Where the host has the other end of a port: ``file /var/log/a``, ``tcp 127.0.0.1:4555``."""
    backend = element.get("type", "") or "nothing"
    source = element.find("source")
    if source is None:
        return backend
    place = source.get("path") or ":".join(
        filter(None, (source.get("host"), source.get("service")))
    )
    return f"{backend} {place}".strip()


def _attribute(element: etree._Element, child: str, name: str) -> str:
    found = element.find(child)
    return "" if found is None else found.get(name, "")
