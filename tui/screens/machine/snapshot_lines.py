"""A snapshot as cells and lines. Pure."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename, dirname

from textual.content import Content

from tui.model import units
from tui.model.disk_chains import Image
from tui.model.snapshot_rules import Level, Remark
from tui.model.snapshots import Kind, Snapshot, TreeRow
from tui.model.text import visible
from tui.widgets.columns import Cell, Column

CURRENT = "◉"
"""Marks the one that the present stands on."""

DRAWN = 3
"""Levels of a tree that are drawn: the names of deeper ones stay where they can be read."""

LEVELS = {Level.ERROR: "$text-error", Level.WARNING: "$text-warning", Level.NOTE: "$quiet"}


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """One line of the tree, with what is known of its images."""

    tree: TreeRow
    now: float
    size: int | None = None
    """Bytes written since on top of it, all its disks together."""

    @property
    def snapshot(self) -> Snapshot:
        """The one it shows."""
        return self.tree.snapshot


def row_of(tree: TreeRow, images: Mapping[str, Image], now: float) -> SnapshotRow:
    """With the sizes of its overlays, where they are known."""
    told = [images.get(path) for path in tree.snapshot.external_disks.values()]
    sizes = [image.allocation for image in told if image is not None and image.allocation]
    return SnapshotRow(tree, now, sum(sizes) if sizes else None)


def branch(lines: str, depth: int) -> str:
    """The lines of a tree that lead to a row; from some depth on its number instead of more."""
    return lines if depth <= DRAWN else f"{depth:>{3 * DRAWN - 4}} {lines[-3:]}"


def when(one: Snapshot) -> str:
    """Date and time; empty where libvirt does not tell."""
    if not one.created:
        return ""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(one.created))


def _age(row: SnapshotRow) -> Cell:
    created = row.snapshot.created
    return Cell(units.ago(row.now - created) if created else "", "muted")


def _name(row: SnapshotRow) -> Cell:
    one = row.snapshot
    mark = f" {CURRENT} now" if one.current else ""
    lead = branch(row.tree.branch, row.tree.depth)
    return Cell(lead + visible(one.name) + mark, "accent" if one.current else "")


def _kind(row: SnapshotRow) -> Cell:
    one = row.snapshot
    memory = " + memory" if one.memory != "no" and one.kind is not Kind.EMPTY else ""
    return Cell(one.kind.value + memory, "warning" if one.kind is Kind.MIXED else "muted")


COLUMNS: Sequence[Column[SnapshotRow]] = (
    Column("name", "Snapshot", 34, _name, min_width=22),
    Column("taken", "Taken", 16, lambda row: Cell(when(row.snapshot)), importance=1),
    Column("age", "Age", 10, _age, importance=4),
    Column("state", "Was", 8, lambda row: Cell(row.snapshot.state_word), importance=3),
    Column("kind", "Kind", 17, _kind, importance=2),
    Column(
        "size",
        "Since",
        9,
        lambda row: Cell("" if row.size is None else units.size(row.size)),
        importance=5,
        align="right",
    ),
    Column(
        "description",
        "Description",
        24,
        lambda row: Cell(visible(" ".join(row.snapshot.description.split())), "muted"),
        importance=6,
        grow=True,
        min_width=12,
    ),
)


def details(one: Snapshot, images: Mapping[str, Image], now: float, below: int) -> Content:
    """All about one; ``below`` counts those that stand on it."""
    lines = [
        Content.assemble(
            (visible(one.name), "bold"),
            (f"  {CURRENT} the present stands on it" if one.current else "", "$text-accent"),
            (f"  {when(one)}  {units.ago(now - one.created)}" if one.created else "", "$quiet"),
        )
    ]
    lines += [Content(visible(line)) for line in one.description.splitlines()[:4]]
    kind = f"{one.kind.value}, holds {one.holds}; the machine was {one.state_word or 'as it was'}"
    place = f"after {visible(one.parent)}" if one.parent else "the first of its tree"
    under = f", {below} below it" if below else ""
    lines.append(Content.assemble((f"{kind}; {place}{under}", "$quiet")))
    for disk in one.disks:
        held = one.sources.get(disk.target, "")
        if disk.mode == "no":
            lines.append(Content.assemble((f"{disk.target}: left out", "$quiet")))
        elif disk.mode == "external":
            since = _image(disk.source, images, beside=held)
            lines.append(
                Content.assemble(f"{disk.target}: ", _image(held, images), ", since then ", since)
            )
            now_in = one.present_overlays.get(disk.target, "")
            if one.current and now_in != disk.source:
                told = _image(now_in, images, beside=held)
                lines.append(Content.assemble(f"{disk.target}: the present in ", told))
        elif held:
            lines.append(Content.assemble(f"{disk.target}: inside ", _image(held, images)))
    if one.memory_file:
        lines.append(Content.assemble("memory: ", (visible(one.memory_file), "$quiet")))
    return Content("\n").join(lines)


def _image(path: str, images: Mapping[str, Image], beside: str = "") -> Content:
    """A file; one ``beside`` another by its name alone, with what has been written into it."""
    image, told = images.get(path), ""
    shown = visible(basename(path) if dirname(path) == dirname(beside) else path)
    if image is not None and image.missing:
        return Content.assemble((shown, "$quiet"), ("  missing", "$text-error"))
    if beside and image is not None and image.allocation is not None:
        told = f"  {units.size(image.allocation)}"
    return Content.assemble((shown, "$quiet"), told)


def remark_lines(found: Sequence[Remark]) -> Content:
    """What speaks for and against, each with what to do."""
    lines = []
    for one in found:
        style = LEVELS[one.level]
        lines.append(
            Content.assemble(
                (f"{one.level.value} ", style),
                (visible(one.what), style),
                (f"  {visible(one.advice)}" if one.advice else "", "$quiet"),
            )
        )
    return Content("\n").join(lines)
