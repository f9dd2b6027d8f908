"""The keys of the machines table on a real hypervisor, their outcome as virsh sees it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from textual.pilot import Pilot

from tests.lab import Guest, GuestSpec, IsolatedDaemon
from tests.screens.test_machines import pane, running, screen_text
from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor.journal import Outcome
from tui.screens.dialogs import AskText, Confirm
from tui.screens.machine.screen import MachineScreen


def tiny(name: str, **options: Any) -> GuestSpec:
    return GuestSpec(name=name, kernel=False, memory_mib=16, **options)


async def virsh_says(guest: Guest, command: str, words: str) -> None:
    """Wait until virsh prints the words about the guest."""
    end = time.monotonic() + 20
    while words not in await asyncio.to_thread(guest.virsh, command):
        assert time.monotonic() < end, f"virsh {command} does not say {words}"


async def row_says(app: VirttyApp, guest: Guest, words: str) -> None:
    """Wait until the guest's line of the table has the words."""
    name = guest.name.rpartition("-")[2]  # of a long one the beginning and the end are shown

    def lines() -> list[str]:
        return [line for line in screen_text(app).split("\n") if name in line]

    await until(lambda: any(words in line for line in lines()))


def done(app: VirttyApp) -> list[str]:
    """What Activity says was done."""
    return [e.text for e in app.fleet.journal.entries if e.outcome is Outcome.DONE]


async def go_to(pilot: Pilot[int], app: VirttyApp, guest: Guest) -> None:
    key = next(record.key for record in app.fleet.domains() if record.uuid == guest.uuid)
    pane(app).table.move_cursor_to(key)
    await pilot.pause()


async def test_every_key_that_changes_a_machine(isolated_daemon: IsolatedDaemon) -> None:
    guest = await asyncio.to_thread(isolated_daemon.guest, tiny("keys", state="shutoff"))
    async with running(isolated_daemon.uri) as (app, pilot):
        await go_to(pilot, app, guest)
        for key, state, shown in (
            ("s", "running", "▶ running"),
            ("p", "paused", "║ paused"),
            ("p", "running", "▶ running"),
            ("w", "shut off", "■ saved"),
            ("s", "running", "▶ running"),
        ):
            await pilot.press(key)
            await row_says(app, guest, shown)
            await virsh_says(guest, "domstate", state)
        number = await asyncio.to_thread(guest.virsh, "domid")
        await pilot.press("R")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(lambda: "reset" in done(app))
        await pilot.press("r")  # nothing in it listens
        await until(lambda: "reboot" in done(app))
        assert await asyncio.to_thread(guest.virsh, "domid") == number
        await pilot.press("o")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await row_says(app, guest, "■ off")
        await virsh_says(guest, "domstate", "shut off")
        await pilot.press("A")
        await row_says(app, guest, "⟳")
        await virsh_says(guest, "dominfo", "Autostart:      enable")
        await pilot.press("A")
        await virsh_says(guest, "dominfo", "Autostart:      disable")
        await pilot.press("f2")
        await until(lambda: isinstance(app.screen, AskText))
        await pilot.press("end", "-", "x", "enter")
        await virsh_says(guest, "domname", "keys-x")
        await pilot.press("s")
        await row_says(app, guest, "starting")
        await pilot.resize_terminal(40, 10)  # in the middle of it
        await virsh_says(guest, "domstate", "running")
        await until(lambda: "▶ running" in screen_text(app))


async def test_what_others_do_and_what_fails(isolated_daemon: IsolatedDaemon) -> None:
    made = await asyncio.to_thread(
        isolated_daemon.guests,
        tiny("broken", state="shutoff", disk="missing"),
        tiny("fleeting", persistent=False),
        tiny("other", state="shutoff"),
    )
    broken, fleeting, other = made
    async with running(isolated_daemon.uri) as (app, pilot):
        await row_says(app, fleeting, "  t ")
        await go_to(pilot, app, fleeting)
        await pilot.press("o")
        await until(lambda: isinstance(app.screen, Confirm))
        words = "its definition is gone once it is off"
        await until(lambda: words in " ".join(screen_text(app).split()))
        await asyncio.to_thread(fleeting.virsh, "destroy")  # somebody else is faster
        await until(lambda: len(list(app.fleet.domains())) == 2)
        await pilot.press("y")
        await until(lambda: "It was deleted or renamed meanwhile" in screen_text(app))
        assert fleeting.name not in screen_text(app).split("\n")[2]

        xml = await asyncio.to_thread(other.virsh, "dumpxml")
        more = xml.replace("<memory unit='KiB'>16384", "<memory unit='KiB'>24576").replace(
            "<currentMemory unit='KiB'>16384", "<currentMemory unit='KiB'>24576"
        )
        await asyncio.to_thread(isolated_daemon.virsh, "define", "/dev/stdin", stdin=more)
        await row_says(app, other, "24 MiB")
        await asyncio.to_thread(other.virsh, "domrename", f"{other.name}-x")
        await until(lambda: "other-x" in screen_text(app))
        await asyncio.to_thread(isolated_daemon.virsh, "undefine", f"{other.name}-x")
        await until(lambda: "other-x" not in screen_text(app).split("Enter Open")[0])

        app.clear_notifications()
        await go_to(pilot, app, broken)
        await pilot.press("s")
        await until(lambda: isinstance(app.screen, MachineScreen))
        told = (
            f"Start {broken.name} failed",
            "Cannot access storage file",
            "The file is missing on the host",
        )
        await until(lambda: all(words in screen_text(app) for words in told))
        assert app.screen.query_one("LogTab")
