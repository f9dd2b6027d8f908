"""The boot order: which devices are booted from, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.widgets.option_list import Option

from tui.model.devices import Disk, Interface
from tui.model.domain import Domain
from tui.model.sections import Boot
from tui.model.surroundings import Surroundings
from tui.model.text import visible
from tui.screens.program import Program
from tui.widgets.cells import fit
from tui.widgets.options import Options

ROOM = 66
"""Cells of a line, its number aside."""


@dataclass(frozen=True, slots=True)
class Bootable:
    """A device that can be booted from."""

    name: str
    """As the order names it: a target, a MAC address, ``hostdev0``."""
    label: str
    kind: str
    """As an order by kind names it: ``hd``, ``cdrom``, ``fd``, ``network``; empty for others."""


def bootables(document: Domain) -> list[Bootable]:
    """What a machine can be booted from, in the document's order."""
    known: dict[str, Bootable] = {}
    for device in document.devices:
        text = f"{device.label}  {device.summary}"
        if isinstance(device, Disk):
            kind = {"cdrom": "cdrom", "floppy": "fd"}.get(device.device, "hd")
            known[device.target] = Bootable(device.target, text, kind)
        elif isinstance(device, Interface):
            known[device.mac] = Bootable(device.mac, text, "network")
    names = [option.value for option in Boot.order.options(document.boot, Surroundings())]
    return [known.get(name, Bootable(name, name, "")) for name in names]


def by_device(order: Sequence[str], devices: Sequence[Bootable]) -> list[str]:
    """An order by kind as one by device: the first of each kind; one by device as it is."""
    first = {device.kind: device.name for device in reversed(devices)}
    names = {device.name for device in devices}
    found = (name if name in names else first.get(name, "") for name in order)
    return list(dict.fromkeys(name for name in found if name))


async def ask_boot_order(app: Program, document: Domain) -> str | None:
    """The order as a form takes it; None when the person backs out."""
    devices = bootables(document)
    chosen = by_device(document.boot.order, devices)
    return await app.push_screen_wait(BootOrderDialog(devices, chosen))


class BootOrderDialog(ModalScreen[str | None]):
    """Those that are booted from come first, numbered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "switch", "On or off"),
        Binding("K,shift+up,minus", "move(-1)", "Earlier"),
        Binding("J,shift+down,plus", "move(1)", "Later"),
        Binding("enter", "take", "Take", priority=True),
        Binding("escape,q", "dismiss(None)", "Cancel"),
    ]

    def __init__(self, devices: Sequence[Bootable], chosen: Sequence[str]) -> None:
        super().__init__()
        self.devices = {device.name: device for device in devices}
        self.chosen = list(chosen)

    def compose(self) -> ComposeResult:
        """Title, devices, keys."""
        with Vertical(classes="dialog choose"):
            yield Static("Boot order", classes="dialog--title")
            yield Options()
            yield Static(
                "Space on or off   K earlier   J later   Enter takes it   Esc cancels",
                classes="dialog--hint",
            )

    def on_mount(self) -> None:
        """Show it."""
        self._show("")

    @property
    def names(self) -> list[str]:
        """In the order of the lines."""
        return [*self.chosen, *(name for name in self.devices if name not in self.chosen)]

    @property
    def _here(self) -> str:
        place = self.query_one(Options).highlighted
        return "" if place is None else self.names[place]

    def _show(self, here: str) -> None:
        options = self.query_one(Options)
        options.clear_options()
        room = min(ROOM, self.app.size.width - 14)
        for number, name in enumerate(self.names, 1):
            label = fit(visible(self.devices[name].label), room)
            on = name in self.chosen
            mark = f"{number:>2}  " if on else " –  "
            options.add_option(Option(Content.assemble(mark, (label, "" if on else "$quiet"))))
        options.highlighted = self.names.index(here) if here in self.names else 0

    def action_switch(self) -> None:
        """Boot from it, last of all, or not."""
        here = self._here
        if here in self.chosen:
            self.chosen.remove(here)
        elif here:
            self.chosen.append(here)
        self._show(here)

    def action_move(self, step: int) -> None:
        """Try it earlier or later."""
        here = self._here
        if here in self.chosen:
            place = self.chosen.index(here)
            self.chosen.insert(max(0, place + step), self.chosen.pop(place))
            self._show(here)

    def action_take(self) -> None:
        """Answer the order."""
        self.dismiss(", ".join(self.chosen))
