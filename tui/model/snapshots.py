"""Snapshots of a machine as libvirt describes them, and the tree that they form. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from tui.model.xml import parse, serialise


class Kind(enum.Enum):
    """Where a snapshot keeps what it holds; the value is the word shown."""

    INTERNAL = "internal"
    """Inside the qcow2 images."""
    EXTERNAL = "external"
    """The images as they were, under new overlays."""
    MIXED = "mixed"
    EMPTY = "no data"


@dataclass(frozen=True, slots=True)
class SnapshotDisk:
    """What a snapshot did with one disk."""

    target: str
    mode: str
    """``internal``, ``external``, ``no`` or ``manual``."""
    source: str = ""
    """The overlay that an external one put on top: what was written since."""


@dataclass(frozen=True)
class Snapshot:
    """One ``<domainsnapshot>``."""

    name: str
    description: str = ""
    created: float = 0.0
    """Wall clock, seconds."""
    state: str = ""
    """The machine's at that time: ``running``, ``shutoff``, ``disk-snapshot`` and so on."""
    parent: str = ""
    memory: str = "no"
    """``no``, ``internal`` or ``external``."""
    memory_file: str = ""
    disks: tuple[SnapshotDisk, ...] = ()
    revert_disks: tuple[SnapshotDisk, ...] = ()
    """The overlays of the present, where the machine went back to this one and others are below;
    from libvirt 9.9 on."""
    current: bool = False
    xml: str = field(default="", repr=False)
    """As libvirt gave it, secrets included where they could be read."""

    @classmethod
    def from_xml(cls, text: str, current: bool = False) -> Snapshot:
        """Read; raises lxml.etree.XMLSyntaxError."""
        root = parse(text).getroot()
        memory = root.find("memory")
        created = root.findtext("creationTime") or "0"
        return cls(
            name=root.findtext("name") or "",
            description=root.findtext("description") or "",
            created=float(created) if created.isdigit() else 0.0,
            state=root.findtext("state") or "",
            parent=root.findtext("parent/name") or "",
            memory="no" if memory is None else memory.get("snapshot", "no"),
            memory_file="" if memory is None else memory.get("file", ""),
            disks=tuple(_disk(element) for element in root.iterfind("disks/disk")),
            revert_disks=tuple(_disk(element) for element in root.iterfind("revertDisks/disk")),
            current=current,
            xml=text,
        )

    @property
    def kind(self) -> Kind:
        """By its disks and its memory."""
        modes = {disk.mode for disk in self.disks} | {self.memory}
        kinds = modes & {"internal", "external"}
        if len(kinds) > 1:
            return Kind.MIXED
        if kinds:
            return Kind.INTERNAL if "internal" in kinds else Kind.EXTERNAL
        # Older daemons tell no disks of internal snapshots.
        return Kind.EMPTY if self.disks else Kind.INTERNAL

    @property
    def holds(self) -> str:
        """What it can bring back, in a few words."""
        if self.memory != "no":
            return "memory and disks"
        return "disks"

    @property
    def state_word(self) -> str:
        """libvirt's word for the state as a person would put it."""
        return {"shutoff": "off", "disk-snapshot": "running", "shutdown": "shutting down"}.get(
            self.state, self.state
        )

    @property
    def external_disks(self) -> dict[str, str]:
        """Target to overlay."""
        return {disk.target: disk.source for disk in self.disks if disk.mode == "external"}

    @property
    def present_overlays(self) -> dict[str, str]:
        """Target to what libvirt takes for the present's overlay while this is the current one."""
        return {
            disk.target: disk.source
            for disk in self.revert_disks or self.disks
            if disk.mode == "external"
        }

    @cached_property
    def other_than_files(self) -> tuple[str, ...]:
        """Targets of the disks and drives of that time that were devices, volumes, on a network."""
        found = parse(self.xml).getroot().iterfind("domain/devices/disk") if self.xml else ()
        odd = (disk.find("target") for disk in found if disk.get("type", "file") != "file")
        return tuple(target.get("dev", "") for target in odd if target is not None)

    @cached_property
    def sources(self) -> Mapping[str, str]:
        """Target to the image that held the disk at that time; empty where libvirt tells none."""
        if not self.xml:
            return {}
        return disk_sources(parse(self.xml).getroot().find("domain"))

    @property
    def domain_xml(self) -> str | None:
        """The machine's definition of that time, secrets included; None where it is not told."""
        root = parse(self.xml).getroot()
        found = root.find("inactiveDomain")
        if found is None:
            found = root.find("domain")
        if found is None:
            return None
        found = deepcopy(found)
        found.tag = "domain"
        found.tail = None
        return etree.tostring(found, encoding="unicode")


def _disk(element: etree._Element) -> SnapshotDisk:
    source = element.find("source")
    where = "" if source is None else source.get("file") or source.get("dev") or ""
    mode = element.get("snapshot") or ("external" if where else "no")
    return SnapshotDisk(element.get("name", ""), mode, where)


def disk_sources(domain: etree._Element | None) -> dict[str, str]:
    """Target to file or device of every disk that has one."""
    found = {}
    for disk in () if domain is None else domain.iterfind("devices/disk"):
        target, source = disk.find("target"), disk.find("source")
        if target is not None and source is not None:
            where = source.get("file") or source.get("dev") or ""
            if where and disk.get("device", "disk") in ("disk", "lun"):
                found[target.get("dev", "")] = where
    return found


def with_sources(xml: str, exchanged: Mapping[str, str]) -> str:
    """A snapshot's or a machine's XML with files exchanged, wherever it names them."""
    tree = parse(xml)
    for element in tree.getroot().iter("source"):
        for name in ("file", "dev"):
            old = element.get(name, "")
            if old in exchanged:
                element.set(name, exchanged[old])
    return serialise(tree)


def with_parent(xml: str, parent: str) -> str:
    """A snapshot's XML below another one; below none where ``parent`` is empty."""
    tree = parse(xml)
    root = tree.getroot()
    for old in root.findall("parent"):
        root.remove(old)
    if parent:
        etree.SubElement(etree.SubElement(root, "parent"), "name").text = parent
    return serialise(tree)


def with_description(xml: str, text: str) -> str:
    """A snapshot's XML with another description; an empty one takes it away."""
    tree = parse(xml)
    root = tree.getroot()
    found = root.find("description")
    if not text:
        if found is not None:
            root.remove(found)
        return serialise(tree)
    if found is None:
        found = etree.Element("description")
        name = root.find("name")
        root.insert(0 if name is None else root.index(name) + 1, found)
    found.text = text
    return serialise(tree)


# -- the tree --------------------------------------------------------------------------------

SORTS: Mapping[str, Callable[[Snapshot], tuple[object, ...]]] = {
    "time": lambda one: (one.created, one.name),
    "name": lambda one: (one.name.casefold(), one.created),
    "kind": lambda one: (one.kind.value, one.created, one.name),
}
"""How children of one parent are ordered."""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One line of the tree."""

    snapshot: Snapshot
    branch: str
    """The lines that lead to it: ``│  └─ ``; empty for a root."""
    depth: int
    place: int
    """From the top, 0 first."""


def tree_rows(
    snapshots: Iterable[Snapshot], sort: str = "time", descending: bool = False
) -> list[TreeRow]:
    """All of them, parents before their children; one whose parent is gone is a root."""
    known = {one.name: one for one in snapshots}
    children: dict[str, list[Snapshot]] = {}
    for one in sorted(known.values(), key=SORTS[sort], reverse=descending):
        parent = one.parent if one.parent in known and one.parent != one.name else ""
        children.setdefault(parent, []).append(one)
    rows: list[TreeRow] = []
    seen: set[str] = set()

    def add(one: Snapshot, lead: str, own: str, depth: int) -> None:
        if one.name in seen:
            return
        seen.add(one.name)
        rows.append(TreeRow(one, lead + own, depth, len(rows)))
        below = children.get(one.name, [])
        lead += {"": "", "├─ ": "│  ", "└─ ": "   "}[own]
        for place, child in enumerate(below):
            add(child, lead, "└─ " if place == len(below) - 1 else "├─ ", depth + 1)

    for root in children.get("", []):
        add(root, "", "", 0)
    for one in known.values():  # a ring of parents, which libvirt does not make
        add(one, "", "", 0)
    return rows


def descendants(snapshots: Iterable[Snapshot], name: str) -> list[Snapshot]:
    """All below one, deepest first: the order in which they can be deleted."""
    rows = tree_rows(snapshots)
    start = next((row for row in rows if row.snapshot.name == name), None)
    if start is None:
        return []
    found = []
    for row in rows[start.place + 1 :]:
        if row.depth <= start.depth:
            break
        found.append(row)
    return [row.snapshot for row in sorted(found, key=lambda row: (-row.depth, -row.place))]


def matches(snapshot: Snapshot, words: Sequence[str]) -> bool:
    """Whether every word (in lower case) is somewhere in what is shown of it."""
    text = "\n".join(
        (
            snapshot.name,
            snapshot.description,
            snapshot.kind.value,
            snapshot.state_word,
            snapshot.holds,
            "current" if snapshot.current else "",
        )
    ).casefold()
    return all(word in text for word in words)
