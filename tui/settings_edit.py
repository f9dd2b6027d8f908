"""Explicit changes to ``settings.toml``: the connection book.

Only the keys in question are touched; comments, order, and what an editor has written to
the file meanwhile survive. A file that cannot be understood is never written over.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from tui.files import write_atomically
from tui.settings import HostEntry

ATTEMPTS = 5


class SettingsError(Exception):
    """The settings could not be saved; the text says why and what to do."""


def add_host(path: Path, entry: HostEntry) -> None:
    """Add a host at the end of the connection book. Raises SettingsError."""

    def change(document: tomlkit.TOMLDocument) -> None:
        hosts = _hosts(path, document)
        if _index(hosts, entry.name) is not None:
            raise SettingsError(f"There is a host named {entry.name} already.")
        inline = isinstance(document.get("hosts"), tomlkit.items.Array)
        item: Any = tomlkit.inline_table() if inline else tomlkit.table()
        _fill(item, entry)
        if "hosts" in document:
            hosts.append(item)
        else:
            book = tomlkit.aot()
            book.append(item)
            document["hosts"] = book

    _edit(path, change)


def change_host(path: Path, name: str, entry: HostEntry) -> None:
    """Replace what the book says of a host, its name too. Raises SettingsError."""

    def change(document: tomlkit.TOMLDocument) -> None:
        hosts = _hosts(path, document)
        index = _required(hosts, name)
        if entry.name != name and _index(hosts, entry.name) is not None:
            raise SettingsError(f"There is a host named {entry.name} already.")
        _fill(hosts[index], entry)

    _edit(path, change)


def remove_host(path: Path, name: str) -> None:
    """Take a host out of the connection book. Raises SettingsError."""

    def change(document: tomlkit.TOMLDocument) -> None:
        hosts = _hosts(path, document)
        del hosts[_required(hosts, name)]
        if not hosts:
            del document["hosts"]

    _edit(path, change)


def _hosts(path: Path, document: tomlkit.TOMLDocument) -> Any:
    hosts = document.get("hosts", [])
    if isinstance(hosts, list) and all(isinstance(host, MutableMapping) for host in hosts):
        return hosts
    raise SettingsError(f"{path}: hosts is not a list of [[hosts]] tables. Mend the file first.")


def _index(hosts: Any, name: str) -> int | None:
    return next((i for i, host in enumerate(hosts) if host.get("name") == name), None)


def _required(hosts: Any, name: str) -> int:
    index = _index(hosts, name)
    if index is None:
        raise SettingsError(f"The settings file has no host named {name} any more.")
    return index


def _fill(item: MutableMapping[str, Any], entry: HostEntry) -> None:
    """Write an entry's fields, leaving out (but keeping, where written) the defaults."""
    defaults = HostEntry(entry.name, entry.uri)
    for field in entry.__struct_fields__:
        value = getattr(entry, field)
        always = field in ("name", "uri")
        if item.get(field) != value and (
            always or field in item or value != getattr(defaults, field)
        ):
            item[field] = value


def _edit(path: Path, change: Callable[[tomlkit.TOMLDocument], None]) -> None:
    """Apply a change to the file as it is now, again if it changed under our hands."""
    try:
        for _ in range(ATTEMPTS):
            before = _read(path)
            document = tomlkit.parse(before)
            change(document)
            text = tomlkit.dumps(document)
            # An editor may have saved while we worked: then its text is the base.
            if _read(path) == before:
                if text != before:
                    write_atomically(path, text)
                return
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(f"The settings cannot be saved to {path}: {reason}.") from error
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} is not valid TOML ({error}), so nothing was saved. Mend the file first."
        ) from error
    raise SettingsError(f"{path} keeps changing, so nothing was saved. Try again.")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
