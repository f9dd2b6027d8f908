"""The devices pane of a distant host, driven by keys as a person does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Static

from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.records import DomainRecord
from tui.model.states import DomainState
from tui.screens.choose import Choose
from tui.screens.devices.ask_fields import AskFields
from tui.screens.devices.pane import DevicesPane
from tui.screens.devices.rows import DeviceRow
from tui.screens.dialogs import AskText, Confirm, Results
from tui.screens.machine.hardware import HardwareTab
from tui.screens.machine.review import Review
from tui.screens.machines import MachinesPane
from tui.settings import Settings

S = TypeVar("S", bound=Screen[Any])

SOON = 60.0
"""Seconds within which an emulated host that also runs a guest has answered."""


async def aside(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do what blocks in a thread: the program goes on meanwhile."""
    return await asyncio.to_thread(work, *arguments)


@dataclass
class DevicesScreen:
    """The program with one host, called "host"."""

    app: VirttyApp
    pilot: Pilot[int]

    @property
    def pane(self) -> DevicesPane:
        return self.app.main.query_one(DevicesPane)

    @property
    def machines(self) -> MachinesPane:
        return self.app.main.query_one(MachinesPane)

    @property
    def records(self) -> list[DomainRecord]:
        """The machines of the host."""
        return list(self.app.fleet.domains())

    @property
    def rows(self) -> dict[str, DeviceRow]:
        """The lines of the pane, in order."""
        return {row.address: row for row in self.pane._rows}

    @property
    def details(self) -> str:
        return str(self.pane.query_one("#device-details", Static).render())

    @property
    def text(self) -> str:
        """What the screen in front shows."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def until(self, condition: Callable[[], object]) -> None:
        await until(condition, SOON)

    async def shows(self, *words: str) -> None:
        """Wait until all of the words are on the screen."""
        try:
            await until(lambda: all(word in self.text for word in words), SOON)
        except AssertionError:
            raise AssertionError(f"{words} are not there:\n{self.text}") from None

    async def row(self, address: str, **told: str) -> None:
        """Wait until a device's line is there and tells this: ``driver``, ``held``, …"""

        def tells() -> bool:
            row = self.rows.get(address)
            return row is not None and all(getattr(row, k) == v for k, v in told.items())

        try:
            await until(tells, SOON)
        except AssertionError:
            raise AssertionError(f"not {told}: {self.rows.get(address)}") from None

    async def in_front(self, kind: type[S]) -> S:
        """Wait until a dialog of that kind is drawn."""
        try:
            await until(lambda: isinstance(self.app.screen, kind), SOON)
        except AssertionError:
            raise AssertionError(f"no {kind.__name__}:\n{self.text}") from None
        await self.pilot.pause()
        screen = self.app.screen
        assert isinstance(screen, kind)
        return screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def leave(self, screen: Screen[Any], key: str) -> None:
        """Press a key that takes a screen away, and wait until it has."""
        await self.press(key)
        await self.until(lambda: self.app.screen is not screen)

    async def back(self) -> None:
        """From wherever, to the devices."""
        while self.app.screen is not self.app.main:
            await self.leave(self.app.screen, "escape")
        await self.press("4")
        await self.until(lambda: self.pane.display and self.pane.table.has_focus)

    async def look_at(self, address: str) -> None:
        """Put the cursor on a device, and wait for what follows it."""
        await self.until(lambda: address in self.rows)
        self.pane.table.move_cursor_to(self.rows[address].key)
        await self.pilot.pause()
        await self.until(lambda: self.pane._resting is None)

    async def on(self, address: str, key: str) -> None:
        """Press a key on a device, as soon as it has it and there is no reason against it."""
        await self.look_at(address)
        await self.press(key)

    async def choose(self, label: str, *told: str) -> None:
        """Take the offer whose label begins so; the dialog has told all that."""
        dialog = await self.in_front(Choose)
        await self.shows(*told)
        labels = [offer.label for offer in dialog.offers]
        place = next((n for n, text in enumerate(labels) if text.startswith(label)), None)
        assert place is not None, labels
        dialog.query_one("Options").highlighted = place
        await self.leave(dialog, "enter")

    async def answer(self, **texts: str) -> AskFields:
        """Fill the lines of the dialog in front."""
        dialog = await self.in_front(AskFields)
        for name, text in texts.items():
            dialog.query_one(f"#ask-{name}", Input).value = text
        await self.pilot.pause()
        return dialog

    async def take(self, **texts: str) -> None:
        """Fill the lines of the dialog in front, and take them."""
        dialog = await self.answer(**texts)
        await self.leave(dialog, "ctrl+s")

    async def apply(self, *expected: str) -> None:
        """The review says what is expected of it; apply it, and go back to the devices."""
        await self.in_front(Review)
        await self.shows(*expected)
        tab = self.app.screen_stack[-2].tab
        edits = tab.session
        await self.press("enter")
        await self.until(lambda: not isinstance(self.app.screen, Review))
        await self.until(lambda: isinstance(self.app.screen, Results) or tab.session is not edits)
        await self.back()

    async def remove_device(self, key: str) -> None:
        """In the Hardware tab, take the device whose key has that in it away; then the review."""

        def tab() -> HardwareTab | None:
            found = getattr(self.app.screen, "tab", None)
            return found if isinstance(found, HardwareTab) else None

        await self.until(lambda: (found := tab()) and any(key in k for k in found.keys))
        found = tab()
        assert found is not None
        await found.when_settled()
        found.list.highlighted = next(n for n, k in enumerate(found.keys) if key in k)
        await self.press("delete", "ctrl+s")

    async def confirm(self, *expected: str, answer: str = "y") -> None:
        """A question with these words; answer it."""
        dialog = await self.in_front(Confirm)
        await self.shows(*expected)
        await self.leave(dialog, answer)

    async def refused(self, *reasons: str, typed: str = "no") -> None:
        """A guard's refusal with its reasons; without the name it stays so."""
        dialog = await self.in_front(AskText)
        await self.shows("refused", *reasons)
        await self.press(*typed, "enter")
        await self.until(lambda: self.app.screen is not dialog)

    async def at_machine(self, name: str, key: str) -> None:
        """Press a key on a machine in the list."""
        await self.press("1")
        await self.until(lambda: self.machines.display and self.machines.table.has_focus)
        record = next(r for r in self.records if r.name == name)
        await self.until(lambda: record.key in {r.key for r in self.machines.table.visible_rows})
        self.machines.table.move_cursor_to(record.key)
        await self.pilot.pause()
        await self.press(key)

    async def becomes(self, name: str, state: DomainState) -> None:
        """Wait until a machine is in that state."""
        await self.until(lambda: (name, state) in {(r.name, r.state) for r in self.records})

    async def fails(self, name: str, words: str) -> None:
        """Wait until something asked of a machine has failed with these words."""
        journal = self.app.fleet.journal
        await self.until(
            lambda: any(
                entry.subject == name and entry.error is not None and words in entry.error.words
                for entry in journal.entries
            )
        )

    def warnings(self, name: str) -> str:
        """What the machines list warns of about a machine."""
        return " ".join(
            str(row.warnings) for row in self.machines.table.visible_rows if row.record.name == name
        )


@contextlib.asynccontextmanager
async def devices_screen(
    uri: str, size: tuple[int, int] = (160, 45)
) -> AsyncIterator[DevicesScreen]:
    """The program with the devices of a host in front, everything read."""
    fleet = Fleet()
    fleet.add("host", uri).open()
    app = VirttyApp(fleet, Settings())
    async with app.run_test(size=size, notifications=True) as pilot:
        made = DevicesScreen(app, pilot)
        await made.until(lambda: fleet.hosts["host"].is_connected)
        await pilot.press("4")
        await made.until(lambda: app.main.query(DevicesPane) and made.pane.table.has_focus)
        await made.until(lambda: fleet.devices_of("host").is_read and made.rows)
        yield made
    fleet.close()
