"""The parts of a host's URI as fields: what they are called, and URI to parts and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from textual.content import Content

from tui.model.text import visible
from tui.model.uri import NETWORK_TRANSPORTS, SSH_TRANSPORTS, Uri

TRANSPORTS = ("", "unix", *NETWORK_TRANSPORTS)
PROXIES = ("", "auto", "native", "netcat")
DRIVERS = ("qemu", "lxc", "xen", "test", "ch", "bhyve", "vbox", "esx", "vpx", "hyperv", "vz")


@dataclass(frozen=True, slots=True)
class Part:
    """One field under the URI."""

    id: str
    label: str
    hint: str
    choices: tuple[str, ...] = ()


PARTS: tuple[tuple[Part, Part], ...] = (
    (Part("driver", "Driver", "qemu", DRIVERS), Part("transport", "Transport", "ssh", TRANSPORTS)),
    (Part("user", "User", "yours"), Part("host", "Host", "name or address")),
    (Part("port", "Port", "usual"), Part("path", "Path", "/system")),
    (Part("keyfile", "Key file", "ssh's choice"), Part("jump", "Jump host", "user@gate")),
    (Part("socket", "Socket", "usual"), Part("proxy", "Proxy", "auto", PROXIES)),
)
"""Side by side, two in a row."""


def choices_of(part: Part, lacks: Mapping[str, str]) -> Content:
    """The choices of a field in a line; what this libvirt lacks is dimmed, with the reason."""
    there = " ".join(name for name in part.choices if name and name not in lacks)
    missing = [f"{name} ({lacks[name]})" for name in part.choices if name in lacks]
    return Content.assemble(
        f"{part.label}: {there}", *((visible(f"  {text}"), "$faint") for text in missing)
    )


def parts_of(text: str) -> dict[str, str]:
    """Field id to text; empty where the URI is none (an alias, half typed)."""
    try:
        uri = Uri.parse(text)
    except ValueError:
        return {}
    return {
        "driver": uri.driver,
        "transport": uri.transport,
        "user": uri.user,
        "host": uri.host,
        "port": str(uri.port or ""),
        "path": uri.path,
        **{name: uri.get(name) for name in ("keyfile", "jump", "socket", "proxy")},
    }


def uri_of(parts: Mapping[str, str], text: str) -> str:
    """The URI of these parts; ``text`` is what it was, for all that has no field."""
    try:
        base = Uri.parse(text)
    except ValueError:
        base = Uri("qemu")
    port = parts["port"].strip()
    path = parts["path"].strip() or ("" if parts["driver"] == "test" else "/system")
    uri = replace(
        base,
        driver=parts["driver"].strip() or "qemu",
        transport=parts["transport"].strip(),
        user=parts["user"].strip(),
        host=parts["host"].strip(),
        port=int(port) if port.isdecimal() else None,
        path=path if path.startswith("/") else f"/{path}",
    )
    named = {name: parts[name].strip() for name in ("keyfile", "jump", "socket", "proxy")}
    return str(uri.with_parameters(**named))


def fault_of(parts: Mapping[str, str]) -> str:
    """What does not fit together in these parts, and why; empty when all does."""
    transport, host = parts["transport"].strip(), parts["host"].strip()
    port = parts["port"].strip()
    if transport not in TRANSPORTS:
        return f"No such transport. There are {', '.join(filter(None, TRANSPORTS))}."
    if transport in NETWORK_TRANSPORTS and not host:
        return f"The transport {transport} needs a host."
    if port and not (port.isdecimal() and 0 < int(port) < 65536):
        return "A port is a number from 1 to 65535."
    for name, label in (("keyfile", "A key file"), ("proxy", "A proxy mode")):
        if parts[name].strip() and transport not in SSH_TRANSPORTS:
            return f"{label} is for SSH: choose the transport ssh."
    if parts["jump"].strip() and transport != "ssh":
        return "A jump host needs the transport ssh: libssh and libssh2 know none."
    if parts["proxy"].strip() not in PROXIES:
        return f"No such proxy mode. There are {', '.join(filter(None, PROXIES))}."
    return ""
