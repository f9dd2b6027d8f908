"""What a definition tells of a screen: whether there is one, and how to see it elsewhere."""

from __future__ import annotations

import shlex
from dataclasses import replace

from lxml import etree

from tui.model.domain import Domain
from tui.model.uri import Uri, without_password


def has_screen(document: Domain) -> bool:
    """Whether the machine has a graphics card, and so a screen to look at."""
    models = document.root.iterfind("devices/video/model")
    return any(model.get("type") != "none" for model in models)


def viewer_lines(document: Domain, uri: str, hostname: str) -> list[str]:
    """Command lines for a computer with a graphical screen, the simplest first.

    ``document`` is the live definition, which has the ports. Empty without a VNC or SPICE
    display. Words that could do harm in a shell are quoted; a display of which something is
    no plain text is left out.
    """
    displays = [
        display
        for display in document.root.iterfind("devices/graphics")
        if display.get("type") in ("vnc", "spice") and _is_plain(display)
    ]
    if not displays or not hostname.isprintable():
        return []
    try:
        parsed = Uri.parse(uri)
    except ValueError:  # an alias
        parsed = Uri("qemu")
    there = parsed if parsed.is_remote else replace(parsed, transport="ssh", host=hostname)
    there = replace(there, parameters=())
    is_word = document.name.isprintable() and not document.name.startswith("-")
    machine = document.name if is_word else document.uuid or ""
    viewer = without_password(str(there))
    lines = [f"virt-viewer --connect {shlex.quote(viewer)} {shlex.quote(machine)}"]
    for display in displays:
        lines += _tunnel(display, there)
    return lines


def _tunnel(display: etree._Element, there: Uri) -> list[str]:
    kind = display.get("type", "")
    listen = display.find("listen")
    socket = display.get("socket") or (listen.get("socket") if listen is not None else None)
    address = display.get("listen") or (listen.get("address") if listen is not None else None)
    port, secure = _port(display, "port"), _port(display, "tlsPort")
    account = f"{there.user}@{there.host}" if there.user else there.host
    if there.port is not None and there.transport == "ssh":
        account = f"-p {there.port} {shlex.quote(account)}"
    else:
        account = shlex.quote(account)
    if socket:
        end = f"{kind}://127.0.0.1:5900"
        return [f"ssh -N -L 5900:{shlex.quote(socket)} {account}", f"remote-viewer {end}"]
    if not (port or secure):
        return []
    address = address or "127.0.0.1"
    everywhere = address in ("0.0.0.0", "::")
    inner = "127.0.0.1" if everywhere else f"[{address}]" if ":" in address else address
    ways = [f"-L {p}:{inner}:{p}" for p in (port, secure) if p]
    tunnel = shlex.join(["ssh", "-N", *" ".join(ways).split()])
    lines = [f"{tunnel} {account}", f"remote-viewer {_target(kind, '127.0.0.1', port, secure)}"]
    if everywhere:
        lines.append(f"remote-viewer {_target(kind, there.host, port, secure)}")
    return lines


def _target(kind: str, host: str, port: int, secure: int) -> str:
    host = f"[{host}]" if ":" in host else host
    target = f"{kind}://{host}:{port}" if port else f"{kind}://{host}"
    return shlex.quote(f"{target}?tls-port={secure}" if secure else target)


def _port(display: etree._Element, name: str) -> int:
    """A port, 0 for none: a machine that is off has -1."""
    text = display.get(name) or ""
    return int(text) if text.isdecimal() else 0


def _is_plain(display: etree._Element) -> bool:
    listen = display.find("listen")
    texts = [*display.attrib.values(), *(listen.attrib.values() if listen is not None else ())]
    return all(str(text).isprintable() for text in texts)
