"""A daemon that dies, hangs and comes back, seen on the screen of the running program."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.terminal import Terminal
from tests.lab import GuestSpec, IsolatedDaemon

ANSWER = 1.0
"""Seconds within which a key is answered on a machine that also runs other tests."""

SETTINGS = """# mine
hosts = [
  {{ name = "real", uri = "{}", autoconnect = true }},
  {{ name = "test", uri = "test:///default", autoconnect = true }},
]
"""


@pytest.fixture
def terminal(isolated_daemon: IsolatedDaemon, tmp_path: Path) -> Iterator[Terminal]:
    """virtty on a daemon of our own with one paused guest, and on the built-in test host."""
    isolated_daemon.guest(GuestSpec(name="alpha", state="paused", kernel=False, memory_mib=16))
    folders = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "STATE", "CACHE")}
    env = {**os.environ, "TERM": "xterm-256color", **folders}
    command = (sys.executable, "-m", "tui")
    (tmp_path / "CONFIG" / "virtty").mkdir(parents=True)
    settings(tmp_path).write_text(SETTINGS.format(isolated_daemon.uri))
    with Terminal(command, columns=160, rows=30, env=env) as program:
        program.wait_for_text("2 hosts")
        program.wait_until(lambda: "paused" in row(program), "the guest is listed")
        yield program


def settings(folder: Path) -> Path:
    """The settings file, with the connection book."""
    return folder / "CONFIG" / "virtty" / "settings.toml"


def row(terminal: Terminal) -> str:
    """The guest's line of the table."""
    return next((line for line in terminal.lines()[2:26] if "alpha" in line), "")


def keys_are_answered(terminal: Terminal) -> None:
    for key, words in (("5", "Disconnect"), ("1", "Shut down")):
        sent = terminal.send(key)
        assert terminal.wait_for_text(words) - sent < ANSWER


def test_killed_and_brought_back(
    terminal: Terminal, isolated_daemon: IsolatedDaemon, tmp_path: Path
):
    before = settings(tmp_path).read_bytes()
    isolated_daemon.kill()
    terminal.wait_until(lambda: "? paused" in row(terminal), "the row is marked", timeout=5)
    assert "real lost" in terminal.lines()[0]
    terminal.send("5")
    terminal.wait_for_text(time.strftime("%H:%M:"))  # when it was last seen
    terminal.send("1")
    keys_are_answered(terminal)
    isolated_daemon.start()
    begin = time.monotonic()
    terminal.wait_until(lambda: "║ paused" in row(terminal), "fresh records", timeout=10)
    assert time.monotonic() - begin < 5
    assert settings(tmp_path).read_bytes() == before


def test_stopped_and_continued(terminal: Terminal, isolated_daemon: IsolatedDaemon):
    isolated_daemon.stop_signal()
    terminal.wait_for_text("not responding", timeout=20)
    keys_are_answered(terminal)
    isolated_daemon.continue_signal()
    terminal.wait_until(lambda: "2 hosts" in terminal.lines()[0], "well again", timeout=10)


def test_quit_does_not_wait_for_a_stopped_daemon(
    terminal: Terminal, isolated_daemon: IsolatedDaemon
):
    isolated_daemon.stop_signal()
    terminal.wait_for_text("not responding", timeout=20)
    begin = terminal.send("q")
    assert terminal._process.wait(3) == 0
    assert time.monotonic() - begin < 1
    isolated_daemon.continue_signal()


def test_changes_made_by_virsh_appear(terminal: Terminal, isolated_daemon: IsolatedDaemon):
    name = row(terminal).split()[2]
    virsh = isolated_daemon.virsh
    for _ in range(20):
        for _ in range(6):
            virsh("resume", name)
            virsh("suspend", name)
        terminal.run(0.01)
    terminal.wait_until(lambda: "║ paused" in row(terminal), "paused in the end")
    keys_are_answered(terminal)
    virsh("destroy", name)
    terminal.wait_until(lambda: "■ off" in row(terminal), "off")
    virsh("domrename", name, "alpha-new")
    terminal.wait_until(lambda: "alpha-new" in row(terminal), "renamed")
    virsh("autostart", "alpha-new")
    virsh("undefine", "alpha-new")
    terminal.wait_until(lambda: not row(terminal), "gone")
