"""``make screenshots``: pictures for the README, taken from the running program.

virtty runs headless on the demo host and is driven by keys; what it draws is saved as SVG
and turned into PNG.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from resvg_py import svg_to_bytes
from textual.pilot import Pilot

from tests.lab.guests import GuestSpec
from tests.lab.lab import Lab
from tests.waiting import until
from tui.app import VirttyApp
from tui.demo import demo_uri
from tui.hypervisor.fleet import Fleet
from tui.screens.machine.hardware import HardwareTab
from tui.screens.machine.new_snapshot import NewSnapshot
from tui.screens.machine.screen import MachineScreen
from tui.screens.machine.snapshots import SnapshotsTab
from tui.settings import Settings

FOLDER = Path(__file__).parent.parent / "screenshots"

PICTURES: Sequence[tuple[str, tuple[int, int], Sequence[str]]] = (
    ("machines", (140, 31), ("G", "k", "k", "k", "k")),
    ("machines-80x24", (80, 24), ("G", "k", "k", "k")),
    ("filter", (110, 24), ("slash", *"web", "space", "minus", *"edge", "enter", "asterisk")),
    ("machine", (130, 36), ("slash", *"db-primary", "enter", "enter")),
    ("xml", (110, 30), ("slash", *"db-primary", "enter", "x")),
    ("confirm", (100, 26), ("slash", *"k8s-w", "enter", "asterisk", "o")),
    ("activity", (110, 26), ("j", "j", "s", "p", "6")),
    ("devices", (130, 32), ("4", "wait:1000", *"j" * 9)),
    ("help", (120, 36), ("question_mark",)),
    ("hardware", (130, 32), ("slash", *"web-01", "enter", "e", *"jjjjjj", "enter", *"jjjjjjj")),
)
"""Name, size in cells, keys pressed before the picture is taken."""


EDITS = (
    ("cpu", "current", "3"),
    ("memory", "current", "128 MiB"),
    ("disk vda", "cache", "none"),
    ("disk vda", "io", "native"),
)


async def picture(name: str, size: tuple[int, int], keys: Sequence[str]) -> None:
    """Take one picture."""
    async with demo(size) as (app, pilot):
        await pilot.press(*keys)
        await pilot.pause(1.0)
        save(app, name)


@contextlib.asynccontextmanager
async def demo(size: tuple[int, int]) -> AsyncIterator[tuple[VirttyApp, Pilot[int]]]:
    """The program on the demo host."""
    fleet = Fleet()
    fleet.add("demo", demo_uri(), demo=True).open()
    app = VirttyApp(fleet, Settings())
    async with app.run_test(size=size) as pilot:
        await ready(app, pilot)
        yield app, pilot
    fleet.close()


def save(app: VirttyApp, name: str) -> None:
    """Write what is on the screen as PNG."""
    svg = app.export_screenshot(title="virtty").replace("arial", "sans-serif")
    png = svg_to_bytes(
        svg_string=svg, monospace_family="Fira Code", sans_serif_family="DejaVu Sans"
    )
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.png").write_bytes(png)


async def ready(app: VirttyApp, pilot: Pilot[int]) -> None:
    """Wait until the list has its details and a few samples of usage."""
    host = app.fleet.hosts["demo"]

    def settled() -> bool:
        records = host.inventory.domains.values()
        sampled = any(len(history) > 1 for history in host.inventory.history.values())
        return bool(records) and all(record.details for record in records) and sampled

    await until(settled, seconds=20)
    await pilot.pause()


async def guest_pictures() -> None:
    """A real guest: several edits in the review, and a full-screen program in its console."""
    spec = GuestSpec(name="web", vcpus=2, max_vcpus=4, memory_mib=192, disk=True, network=True)
    with Lab() as lab, lab.isolated_daemon() as daemon:
        guest = daemon.guest(spec)
        guest.wait_for_output()
        fleet = Fleet()
        fleet.add("lab", daemon.uri).open()
        app = VirttyApp(fleet, Settings(), machine=guest.name, tab="console")
        async with app.run_test(size=(110, 28)) as pilot:
            await until(lambda: bool(app.consoles.sessions), seconds=20)
            session = next(iter(app.consoles.sessions.values()))
            await until(lambda: session.attached, seconds=20)
            await session.tell_size()
            session.write(b"clear; vi /init\r")
            await until(lambda: "- /init" in session.emulator.screen(), seconds=20)
            await pilot.pause(1.0)
            save(app, "console")
            await pilot.press("ctrl+right_square_bracket", "e")
            await pilot.pause(1.5)
            assert isinstance(app.screen, MachineScreen)
            tab = app.screen.tab
            assert isinstance(tab, HardwareTab)
            assert tab.session is not None
            nic = tab.session.edited.interfaces[0].key
            for key, field, text in (*EDITS, (nic, "link", "down"), (nic, "mtu", "9000")):
                tab.edit(key, field, text)
            await pilot.press("ctrl+s")
            await pilot.pause(0.5)
            save(app, "review")
        fleet.close()


SNAPSHOTS = (
    ("fresh-install", "packages up to date"),
    ("before-php-8.3", "the old PHP, as it ran for two years"),
    ("php-8.3", "works, before the tuning"),
)


async def snapshot_pictures() -> None:
    """A real guest's tree of external snapshots, and the check before another one."""
    with Lab() as lab, lab.isolated_daemon() as daemon:
        guest = daemon.guest(GuestSpec(name="web", disk=True, agent=True, memory_mib=192))
        guest.wait_for_output()
        for name, description in SNAPSHOTS:
            file = guest.host.workspace.path / f"web.{name}.qcow2"
            guest.virsh(
                "snapshot-create-as", name, description, "--disk-only", "--atomic",
                "--diskspec", f"vda,snapshot=external,file={file}",
            )  # fmt: skip
        fleet = Fleet()
        fleet.add("lab", daemon.uri).open()
        app = VirttyApp(fleet, Settings(), machine=guest.name, tab="snapshots")
        async with app.run_test(size=(110, 26)) as pilot:
            await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab, 20)
            assert isinstance(app.screen, MachineScreen)
            tab = app.screen.tab
            assert isinstance(tab, SnapshotsTab)
            await until(lambda: tab.looked is not None, seconds=20)
            await pilot.press("G", "k")
            await pilot.pause(0.5)
            save(app, "snapshots")
            await pilot.press("a")
            await until(lambda: isinstance(app.screen, NewSnapshot), seconds=20)
            await pilot.pause(0.5)
            save(app, "new-snapshot")
        fleet.close()


async def main() -> None:
    """Take all of them, or those that are named."""
    wanted = sys.argv[1:]
    for name, size, keys in PICTURES:
        if not wanted or name in wanted:
            await picture(name, size, keys)
    if not wanted or {"console", "review"} & set(wanted):
        await guest_pictures()
    if not wanted or {"snapshots", "new-snapshot"} & set(wanted):
        await snapshot_pictures()


if __name__ == "__main__":
    asyncio.run(main())
