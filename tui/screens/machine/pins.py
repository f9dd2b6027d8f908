"""Pinning on a grid: the machine's threads against the host's CPUs, by NUMA node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.model.cpuset import format_cpus, parse_cpus
from tui.model.sections import Cpu
from tui.model.surroundings import Surroundings
from tui.model.text import visible
from tui.widgets.toggle_grid import ToggleGrid

PIN_FIELDS = ("pins", "emulator_pin", "iothread_pins")
"""The fields of the CPU section that the grid edits."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A row: what is pinned."""

    field: str
    number: int | None
    label: str


def threads_of(cpu: Cpu) -> list[Thread]:
    """vCPUs up to the maximum, the emulator, the I/O threads."""
    found = [Thread("pins", n, f"vCPU {n}") for n in range(cpu.maximum or 1)]
    found.append(Thread("emulator_pin", None, "emulator"))
    found += [
        Thread("iothread_pins", n, f"I/O thread {n}") for n in range(1, (cpu.iothreads or 0) + 1)
    ]
    return found


def texts_of(threads: list[Thread], pinned: dict[int, frozenset[int]]) -> dict[str, str]:
    """The fields' texts; ``pinned``: host CPUs by row. A row without CPUs is not pinned."""
    pairs: dict[str, list[str]] = {field: [] for field in PIN_FIELDS}
    for row, thread in enumerate(threads):
        cpus = format_cpus(pinned.get(row, frozenset()))
        if cpus:
            pairs[thread.field].append(cpus if thread.number is None else f"{thread.number}={cpus}")
    return {field: "; ".join(found) for field, found in pairs.items()}


class PinGrid(ModalScreen[dict[str, str] | None]):
    """Answers with the texts of the three fields; None when the person backs out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s", "take", "Take", priority=True),
        Binding("escape,q", "dismiss(None)", "Cancel"),
    ]

    def __init__(self, cpu: Cpu, surroundings: Surroundings) -> None:
        super().__init__()
        self.threads = threads_of(cpu)
        self.surroundings = surroundings
        self.cpus = [(cell.id, number) for cell in surroundings.cells for number in cell.cpus]
        numbers = [number for _cell, number in self.cpus]
        told = {("pins", int(key)): value for key, value in cpu.pins if key.isdigit()}
        told |= {("iothread_pins", int(k)): v for k, v in cpu.iothread_pins if k.isdigit()}
        checked = set()
        for row, thread in enumerate(self.threads):
            text = (
                cpu.emulator_pin
                if thread.number is None
                else told.get((thread.field, thread.number), "")
            )
            checked |= {(row, numbers.index(n)) for n in parse_cpus(text) if n in numbers}
        self.checked = checked

    def compose(self) -> ComposeResult:
        """Title, grid, who else is there, keys."""
        numbers = [number for _cell, number in self.cpus]
        with Vertical(classes="dialog -wide"):
            yield Static("Pin to the host's CPUs", classes="dialog--title")
            yield ToggleGrid(
                [thread.label for thread in self.threads],
                [(f"node {cell}", str(number)) for cell, number in self.cpus],
                self.checked,
                {numbers.index(n) for n in self.surroundings.neighbours.pins if n in numbers},
            )
            yield Static(id="pin-others", markup=False)
            yield Static(
                "Space pins, a the whole row, Enter takes it, Escape cancels; "
                "a row without marks runs anywhere",
                classes="dialog--hint",
            )

    def on_mount(self) -> None:
        """Into the grid."""
        self.query_one(ToggleGrid).focus()
        self.on_toggle_grid_moved()

    def on_toggle_grid_moved(self) -> None:
        """Who else is pinned to this CPU."""
        grid = self.query_one(ToggleGrid)
        _cell, number = self.cpus[grid.column]
        others = self.surroundings.neighbours.pins.get(number, ())
        told = visible(", ".join(others)) if others else "nobody else"
        self.query_one("#pin-others", Static).update(
            Content.assemble((f"Host CPU {number}: ", "$quiet"), told)
        )

    def action_take(self) -> None:
        """Answer."""
        grid = self.query_one(ToggleGrid)
        pinned = {
            row: frozenset(self.cpus[column][1] for r, column in grid.checked if r == row)
            for row in range(len(self.threads))
        }
        self.dismiss(texts_of(self.threads, pinned))
