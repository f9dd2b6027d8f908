"""The layers of a machine's disks as cells. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import basename

from tui.hypervisor.snapshot_situation import Looked
from tui.model import units
from tui.model.disk_chains import Chain, Image, Leftover, owner
from tui.model.text import visible
from tui.screens.machine.snapshot_lines import branch
from tui.widgets.columns import Cell, Column


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One image of one disk; the active layer is place 0. Or something left over."""

    target: str
    place: int
    image: Image
    owner: str = ""
    """What it is to the machine's snapshots."""
    others: tuple[str, ...] = ()
    """Other machines that have it."""
    leftover: Leftover | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Identity."""
        return (self.target, self.image.path)


def chain_rows(chains: Sequence[Chain], looked: Looked) -> list[LayerRow]:
    """Every layer of every disk, the active one first."""
    now = looked.situation
    return [
        LayerRow(
            chain.target,
            place,
            image,
            owner(image.path, now.snapshots),
            now.uses.others(image.path, now.machine),
        )
        for chain in chains
        for place, image in enumerate(chain.layers)
    ]


def leftover_row(one: Leftover) -> LayerRow:
    """Something that nothing needs."""
    return LayerRow("left over", 0, Image(one.name, one.kind, allocation=one.size), leftover=one)


def _path(row: LayerRow) -> Cell:
    text = visible(basename(row.image.path))
    lead = "" if row.place == 0 else branch("   " * (row.place - 1) + "└─ ", row.place)
    if row.image.missing:
        return Cell(f"{lead}{text}  missing", "error")
    return Cell(lead + text, "accent" if row.place == 0 and not row.leftover else "")


def role(row: LayerRow) -> Cell:
    """What it is to the machine, its snapshots and other machines."""
    if row.leftover is not None:
        return Cell(visible(row.leftover.why), "warning")
    told = ["written now"] if row.place == 0 else []
    told += [row.owner] if row.owner else []
    told += [f"also {', '.join(row.others)}"] if row.others else []
    return Cell(visible("; ".join(told)), "warning" if row.others and not row.place else "muted")


COLUMNS: Sequence[Column[LayerRow]] = (
    Column("disk", "Disk", 9, lambda row: Cell("" if row.place else row.target)),
    Column("path", "Image", 40, _path, grow=True, min_width=24),
    Column("format", "Format", 8, lambda row: Cell(row.image.format, "muted"), importance=2),
    Column(
        "takes",
        "Takes",
        9,
        lambda row: Cell(units.size(row.image.allocation)),
        importance=1,
        align="right",
    ),
    Column(
        "size",
        "Size",
        9,
        lambda row: Cell(units.size(row.image.capacity), "muted"),
        importance=4,
        align="right",
    ),
    Column("role", "What it is", 44, role, importance=3, min_width=20),
)
