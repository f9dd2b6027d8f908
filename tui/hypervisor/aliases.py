"""The URI aliases of libvirt's client configuration, ``libvirt.conf``."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

SYSTEM_CONFIG = Path("/etc/libvirt/libvirt.conf")
TOKEN = re.compile(
    r"#[^\n]*|\"(?P<double>[^\"\n]*)\"|'(?P<single>[^'\n]*)'|(?P<other>[\w.]+|[^\s])"
)


def config_path() -> Path:
    """The one file that libvirt reads: root's is the system's, others have their own."""
    if os.geteuid() == 0:
        return SYSTEM_CONFIG
    config_home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config_home, "libvirt", "libvirt.conf")


def uri_aliases(path: Path | None = None) -> dict[str, str]:
    """Alias to URI, as ``uri_aliases`` has them; empty where there is no such file."""
    path = path or config_path()
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return {}
    except OSError as error:
        log.warning("no URI aliases: %s cannot be read: %s", path, error)
        return {}
    pairs = (entry.partition("=") for entry in _entries(text))
    return {alias.strip(): uri.strip() for alias, found, uri in pairs if found and alias.strip()}


def _entries(text: str) -> Iterator[str]:
    """The strings of the list ``uri_aliases = [ "…", … ]``."""
    tokens = [match for match in TOKEN.finditer(text) if not match[0].startswith("#")]
    words = [match["other"] for match in tokens]
    for start in range(len(words) - 2):
        if words[start : start + 3] == ["uri_aliases", "=", "["]:
            for match in tokens[start + 3 :]:
                if match["other"] == "]":
                    return
                if match["other"] is None:
                    yield match["double"] if match["double"] is not None else match["single"]
