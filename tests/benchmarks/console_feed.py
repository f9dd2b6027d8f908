"""A program that feeds the terminal widget as a console does, and says how that went.

Arguments: what to feed ("boot" or "yes") and how many bytes. Begins with the first key; ends
with a line of figures on the screen.
"""

import asyncio
import sys
import time

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

from tui import output
from tui.hypervisor.console import CHUNK
from tui.widgets.emulator import new_emulator
from tui.widgets.terminal import TerminalView


def boot_log(size: int) -> bytes:
    """What a Linux prints while it boots, over and over, to so many bytes."""
    lines = [
        f"[{number / 1000:12.6f}] pci 0000:{number % 256:02x}:1f.{number % 8}: [8086:{number:04x}]"
        f" type 00 class 0x{number * 7:06x} conventional PCI endpoint\r\n"
        if number % 5
        else f"[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39munit-{number}.service\x1b[0m - "
        f"Service number {number}.\r\n"
        for number in range(2000)
    ]
    block = "".join(lines).encode()
    return (block * (size // len(block) + 1))[:size]


class Counting(TerminalView):
    """Counts what it draws."""

    frames = 0

    def _draw(self) -> None:
        self.frames += 1
        super()._draw()


class FeedApp(App[None]):
    """The widget, and a line for the figures."""

    AUTO_FOCUS = None  # with the focus, the terminal would take the key that begins
    CSS = "TerminalView { height: 1fr; } TerminalView > .terminal--cursor { text-style: reverse; }"

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data

    def compose(self) -> ComposeResult:
        """Both."""
        yield Static("ready", id="said")
        yield Counting()

    def on_key(self, event: events.Key) -> None:
        """The first key begins."""
        self.run_worker(self.feed(), exclusive=True)

    async def feed(self) -> None:
        """Feed in the pieces in which a stream delivers; keys have their turn in between."""
        view = self.query_one(Counting)
        emulator = new_emulator(*view.size)
        view.show(emulator)
        await asyncio.sleep(0.3)
        view.frames, begin = 0, time.perf_counter()
        for place in range(0, len(self.data), CHUNK):
            emulator.feed(self.data[place : place + CHUNK])
            view.changed()
            await asyncio.sleep(0)
        seconds = time.perf_counter() - begin
        rate = len(self.data) / seconds / 1e6
        said = f"rate {rate:.2f} frames {view.frames / seconds:.2f} end"
        self.query_one("#said", Static).update(said)


if __name__ == "__main__":
    kind, size = sys.argv[1], int(sys.argv[2])
    output.install()
    FeedApp(boot_log(size) if kind == "boot" else b"y\r\n" * (size // 3)).run()
