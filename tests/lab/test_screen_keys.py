"""The screen of a guest without a serial console: its firmware is read and driven with keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.terminal import Terminal
from tests.lab import GuestSpec, IsolatedDaemon
from tests.lab.test_console import LEAVE, program
from tests.lab.typewriter import write_typewriter

DEVICES = """
<video><model type='vga'/></video>
<graphics type='vnc' autoport='yes' listen='127.0.0.1'/>
<disk type='file' device='disk'>
  <driver name='qemu' type='raw'/><source file='{first}'/><target dev='sda' bus='sata'/>
</disk>
<disk type='file' device='disk'>
  <driver name='qemu' type='raw'/><source file='{second}'/><target dev='sdb' bus='sata'/>
</disk>
"""


@pytest.fixture
def firmware(isolated_daemon: IsolatedDaemon, tmp_path: Path) -> Iterator[Terminal]:
    """The program with the screen of a machine in front whose firmware waits for a key."""
    folder = isolated_daemon.workspace.path
    first = write_typewriter(folder / "first.img", "the first disk writes")
    second = write_typewriter(folder / "second.img", "the second disk writes")
    guest = isolated_daemon.guest(
        GuestSpec(
            name="mute",
            kernel=False,
            memory_mib=32,
            serial=False,
            boot_menu=True,
            devices=DEVICES.format(first=first, second=second),
        )
    )
    with program(isolated_daemon, tmp_path, "--vm", guest.name) as terminal:
        terminal.wait_for_text("Identity")
        terminal.send("d")
        yield terminal


def test_the_firmwares_menu_is_read_and_driven_with_keys(firmware: Terminal, tmp_path: Path):
    firmware.wait_for_text("Press ESC for boot menu")
    firmware.wait_for_text("text 80×25")
    firmware.send("\r")
    firmware.wait_for_text("keys go to the guest")
    firmware.send("\x1b")
    firmware.wait_for_text("Select boot device")
    firmware.send("2")
    firmware.wait_for_text("the second disk writes")
    firmware.send("Hello, World? #1\x1bOQ")
    firmware.wait_for_text("Hello, World? #1<")

    firmware.send(LEAVE)
    firmware.wait_for_text("Enter types at it")
    firmware.send("w")
    firmware.wait_for_text("Save the picture")
    firmware.send(str(tmp_path / "shot.png") + "\r")
    firmware.wait_for_text("Saved to", timeout=10)
    assert (tmp_path / "shot.png").read_bytes().startswith(b"\x89PNG")

    firmware.send("y")
    firmware.wait_for_text("virt-viewer --connect")
    firmware.wait_for_text("ssh -N -L 5900:127.0.0.1:5900")
    firmware.wait_for_text("remote-viewer vnc://127.0.0.1:5900")
    firmware.send("\x1b")
    firmware.wait_until(lambda: "virt-viewer" not in firmware.text(), "the lines are gone")

    firmware.send("m")
    firmware.wait_for_text("Send keys to the guest")
    firmware.send("\r")  # the first one is Ctrl+Alt+Del
    firmware.wait_for_text("Press ESC for boot menu")
