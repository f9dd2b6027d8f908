"""A snapshot that somebody wants: what libvirt is sent, and the virsh command it equals. Pure."""

from __future__ import annotations

import shlex
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from posixpath import basename, dirname, join, splitext

from lxml import etree


@dataclass(frozen=True, slots=True)
class DiskWish:
    """What is wanted of one disk."""

    mode: str
    """``internal``, ``external`` or ``no``."""
    file: str = ""
    """The overlay of an external one; empty lets libvirt choose."""


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """All that a person can say about a new snapshot."""

    name: str
    description: str = ""
    external: bool = False
    memory: bool = False
    """Memory and device state as well, so that it can go on from there."""
    memory_file: str = ""
    """Where external memory goes."""
    quiesce: bool = False
    """Have the guest agent freeze the file systems meanwhile."""
    disks: Mapping[str, DiskWish] = field(default_factory=dict)

    @property
    def disk_only(self) -> bool:
        """VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY."""
        return self.external and not self.memory

    def to_xml(self, running: bool) -> str:
        """``<domainsnapshot>`` for virDomainSnapshotCreateXML."""
        root = etree.Element("domainsnapshot")
        etree.SubElement(root, "name").text = self.name
        if self.description:
            etree.SubElement(root, "description").text = self.description
        if self.external and self.memory and running:
            etree.SubElement(root, "memory", snapshot="external", file=self.memory_file)
        holder = etree.SubElement(root, "disks")
        for target, wish in self.disks.items():
            disk = etree.SubElement(holder, "disk", name=target, snapshot=wish.mode)
            if wish.mode == "external":
                etree.SubElement(disk, "driver", type="qcow2")
                if wish.file:
                    etree.SubElement(disk, "source", file=wish.file)
        if not len(holder):
            root.remove(holder)
        return etree.tostring(root, encoding="unicode", pretty_print=True)

    def virsh(self, machine: str) -> str:
        """The equivalent command."""
        words = ["virsh", "snapshot-create-as", machine, self.name, "--atomic"]
        if self.description:
            words += ["--description", self.description]
        if self.disk_only:
            words.append("--disk-only")
        if self.quiesce:
            words.append("--quiesce")
        if self.external and self.memory:
            words += ["--live", "--memspec", f"{self.memory_file},snapshot=external"]
        for target, wish in self.disks.items():
            spec = f"{target},snapshot={wish.mode}"
            if wish.mode == "external" and wish.file:
                spec += f",file={wish.file}"
            words += ["--diskspec", spec]
        return shlex.join(words)


def default_name(taken: Collection[str], now: float) -> str:
    """By the clock, and unique: ``2026-11-21_0715``."""
    name = time.strftime("%Y-%m-%d_%H%M", time.localtime(now))
    number, found = 2, name
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found


def overlay_path(source: str, snapshot: str, taken: Iterable[str] = ()) -> str:
    """Beside the present image: ``…/web.qcow2`` and ``before`` give ``…/web.before.qcow2``."""
    stem = splitext(basename(source))[0]
    # An overlay's own name is not made longer and longer.
    stem = stem.split(".", 1)[0]
    base = join(dirname(source), f"{stem}.{_safe(snapshot)}")
    taken = set(taken)
    path, number = f"{base}.qcow2", 2
    while path in taken:
        path, number = f"{base}-{number}.qcow2", number + 1
    return path


def memory_path(source: str, machine: str, snapshot: str) -> str:
    """Beside the first disk: ``…/web.before.memory``."""
    name = _safe(f"{machine}.{snapshot}")
    return join(dirname(source) or "/var/lib/libvirt/qemu/save", f"{name}.memory")


def _safe(name: str) -> str:
    """Fit for a part of a file's name."""
    return "".join(char if char.isalnum() or char in "-_+." else "_" for char in name)
