"""Every definition that we replaced is kept, so that it can be brought back.

One file for each, mode 0600 in directories of mode 0700, below the program's state directory.
They hold secrets as libvirt gives them: what is shown of them is masked.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

from tui.files import PRIVATE_DIRECTORY, write_atomically
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.in_thread import in_thread
from tui.model.domain import Domain

KEPT = 100
"""Versions that are kept of one machine."""


@dataclass(frozen=True, slots=True)
class Version:
    """One definition that was replaced."""

    time: float
    """Wall clock of the replacing."""
    name: str
    """The machine's name at that time."""
    why: tuple[str, ...]
    """The changes that replaced it, in words."""
    path: Path


def directory_of(host: Host) -> Path | None:
    """Where definitions are kept; None where the program keeps nothing."""
    audit = host.journal.audit_path
    return None if audit is None else audit.parent / "history"


async def keep_replaced(
    host: Host, record: DomainRecord, definition: Domain, why: tuple[str, ...], what: str
) -> Path | None:
    """Keep a machine's definition before another takes its place; ``what`` is about to be done.

    Returns the file; None where the program keeps nothing. Raises HypervisorError: what cannot be
    brought back is not to be replaced.
    """
    directory, uri = directory_of(host), host.record.uri
    if directory is None:
        return None
    try:
        return await in_thread(lambda: keep(directory, uri, record.uuid, definition, why))
    except OSError as error:
        raise HypervisorError(
            what,
            words=f"the old definition could not be kept in {directory}: {error.strerror}",
            advice="Nothing was changed. Make room or give permission there.",
        ) from error


def keep(directory: Path, uri: str, uuid: str, definition: Domain, why: tuple[str, ...]) -> Path:
    """Keep a definition that is about to be replaced; for a thread. Raises OSError."""
    folder = _folder(directory, uri, uuid)
    for level in (directory, folder.parent, folder):  # parents=True would leave those open
        level.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    now = time.time()
    path = folder / f"{now:.6f}.json"
    content = {"time": now, "name": definition.name, "why": why, "xml": definition.to_xml()}
    write_atomically(path, json.dumps(content, ensure_ascii=False, indent=1))
    for old in sorted(folder.glob("*.json"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def versions(directory: Path, uri: str, uuid: str) -> list[Version]:
    """What is kept of a machine, newest first; for a thread. What cannot be read is left out."""
    found = []
    for path in sorted(_folder(directory, uri, uuid).glob("*.json"), reverse=True):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            why = tuple(str(words) for words in content["why"])
            found.append(Version(float(content["time"]), str(content["name"]), why, path))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def read(version: Version) -> Domain:
    """A kept definition; for a thread. Raises OSError, ValueError, lxml.etree.XMLSyntaxError."""
    content = json.loads(version.path.read_text(encoding="utf-8"))
    return Domain.from_xml(content["xml"])


def _folder(directory: Path, uri: str, uuid: str) -> Path:
    """By the host's URI as well: the same UUID may be on two of them."""
    return directory / hashlib.sha256(uri.encode()).hexdigest()[:16] / uuid
