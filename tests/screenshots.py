"""``make screenshots``: pictures for the README, taken from the running program.

virtty runs headless on the demo host and is driven by keys; what it draws is saved as SVG
and turned into PNG.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from textual.pilot import Pilot

from tests.waiting import until
from tui.app import VirttyApp
from tui.demo import demo_uri
from tui.hypervisor.fleet import Fleet
from tui.settings import Settings

FOLDER = Path(__file__).parent.parent / "screenshots"

PICTURES: Sequence[tuple[str, tuple[int, int], Sequence[str]]] = (
    ("machines", (140, 31), ("G", "k", "k", "k", "k")),
    ("machines-80x24", (80, 24), ("G", "k", "k", "k")),
    ("filter", (110, 24), ("slash", *"web", "enter", "asterisk")),
    ("machine", (130, 36), ("slash", *"db-primary", "enter", "enter")),
    ("xml", (110, 30), ("slash", *"db-primary", "enter", "x")),
    ("confirm", (100, 26), ("slash", *"k8s-w", "enter", "asterisk", "o")),
    ("activity", (110, 26), ("j", "j", "s", "p", "6")),
    ("help", (120, 36), ("question_mark",)),
)
"""Name, size in cells, keys pressed before the picture is taken."""


async def picture(name: str, size: tuple[int, int], keys: Sequence[str]) -> None:
    """Take one picture."""
    import cairosvg

    fleet = Fleet()
    fleet.add("demo", demo_uri(), demo=True).open()
    app = VirttyApp(fleet, Settings())
    async with app.run_test(size=size) as pilot:
        await ready(app, pilot)
        await pilot.press(*keys)
        await pilot.pause(1.0)
        svg = app.export_screenshot(title="virtty")
    fleet.close()
    FOLDER.mkdir(exist_ok=True)
    cairosvg.svg2png(bytestring=svg.encode(), write_to=str(FOLDER / f"{name}.png"), scale=1.0)


async def ready(app: VirttyApp, pilot: Pilot[int]) -> None:
    """Wait until the list has its details and a few samples of usage."""
    host = app.fleet.hosts["demo"]

    def settled() -> bool:
        records = host.inventory.domains.values()
        sampled = any(len(history) > 1 for history in host.inventory.history.values())
        return bool(records) and all(record.details for record in records) and sampled

    await until(settled, seconds=20)
    await pilot.pause()


async def main() -> None:
    """Take all of them."""
    for name, size, keys in PICTURES:
        await picture(name, size, keys)


if __name__ == "__main__":
    asyncio.run(main())
