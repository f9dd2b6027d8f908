"""The installed program in a pseudo-terminal, read back through a terminal emulator."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.terminal import Terminal, TimeOutError

pytestmark = pytest.mark.program

VIRTTY = (sys.executable, "-m", "tui")
ANSWER = 1.0
"""Seconds within which a key is answered on a machine that also runs other tests."""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Settings, state and log of this test's own."""
    folders = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "STATE", "CACHE")}
    return {**os.environ, "TERM": "xterm-256color", **folders}


@pytest.fixture
def silent_host(tmp_path: Path) -> Iterator[str]:
    """A daemon that accepts and never answers."""
    path = tmp_path / "silent"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(8)
        yield f"qemu+unix:///system?socket={path}"


def ended(terminal: Terminal, seconds: float) -> bool:
    """Whether the program ends by itself in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            terminal.run(0.05)
        except TimeOutError:
            return True
    return False


def says(terminal: Terminal, words: str) -> bool:
    """Whether the words are on the screen, however the terminal has broken them into lines."""
    return "".join(words.split()) in "".join(terminal.text().split())


def exit_status(terminal: Terminal) -> int | None:
    return terminal._process.poll()


def test_the_demo_shows_its_machines_and_quits(env):
    with Terminal((*VIRTTY, "--demo"), env=env) as terminal:
        terminal.wait_for_text("This is a demo")  # for a while
        terminal.wait_for_text("db-primary")
        terminal.send("q")
        assert ended(terminal, 2)
        assert exit_status(terminal) == 0
        assert "Traceback" not in terminal.text()


def seconds_for_keys_and_quit(terminal: Terminal) -> tuple[float, float]:
    """For the slower of two keys that lead to other panes, and to the end of the program."""
    slower = 0.0
    for key, words in (("5", "Disconnect"), ("1", "Pause/Resume")):
        sent = terminal.send(key)
        slower = max(slower, terminal.wait_for_text(words) - sent)
    terminal.send("q")
    begin = time.monotonic()
    assert ended(terminal, 20)
    return slower, time.monotonic() - begin


def test_keys_and_quit_do_not_wait_for_a_silent_host(env, silent_host):
    with Terminal((*VIRTTY, "test:///default"), env=env) as terminal:
        terminal.wait_for_text("running")
        key_alone, quit_alone = seconds_for_keys_and_quit(terminal)
    with Terminal((*VIRTTY, "test:///default", silent_host), env=env) as terminal:
        terminal.wait_for_text("test")
        terminal.wait_for_text("not responding", timeout=8)
        key, quitting = seconds_for_keys_and_quit(terminal)
        assert exit_status(terminal) == 0
    assert key < key_alone + ANSWER
    assert quitting < quit_alone + ANSWER


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_without_a_word(env, number):
    with Terminal((*VIRTTY, "--demo"), env=env) as terminal:
        terminal.wait_for_text("db-primary")
        os.kill(terminal.pid, number)
        assert ended(terminal, 2)
        assert exit_status(terminal) == 128 + number
        assert not terminal.text().strip(), "the terminal is given back as it was"


def test_a_terminal_that_goes_away_leaves_no_process_and_loses_no_log(env, tmp_path):
    terminal = Terminal((*VIRTTY, "--demo"), env=env)
    terminal.wait_for_text("arm-builder")
    terminal.send("s")
    terminal.wait_until(lambda: "running" in terminal.lines()[2], "arm-builder runs")
    os.close(terminal._master)
    assert terminal._process.wait(5) is not None
    terminal._emulator.close()
    state = tmp_path / "STATE" / "virtty"
    assert '"virsh start arm-builder"' in (state / "audit.log").read_text()
    log = (state / "log" / "virtty.log").read_text()
    assert f"ended by signal {signal.SIGHUP:d}" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(("columns", "rows"), [(40, 10), (80, 24), (160, 45)])
@pytest.mark.parametrize("term", ["xterm-256color", "linux", "vt220", "screen"])
def test_it_starts_on_every_terminal_and_size(env, columns, rows, term):
    env = {**env, "TERM": term}
    with Terminal((*VIRTTY, "--demo"), columns=columns, rows=rows, env=env) as terminal:
        terminal.wait_for_text("cache-01")
        terminal.wait_for_text("running")


def test_without_colour_states_are_told_by_signs(env):
    with Terminal((*VIRTTY, "--demo"), env={**env, "NO_COLOR": "1"}) as terminal:
        terminal.wait_for_text("▶ running")


def test_broken_settings_are_told_and_left_alone(env, tmp_path):
    file = tmp_path / "CONFIG" / "virtty" / "settings.toml"
    file.parent.mkdir(parents=True)
    file.write_text("theme = [broken")
    with Terminal((*VIRTTY, "--demo"), env=env) as terminal:
        # Where its lines and the path itself are broken depends on the length of the path.
        words = ("valid", "TOML:")
        terminal.wait_until(
            lambda: all(word in terminal.text() for word in words), "what is wrong is told"
        )
        terminal.wait_for_text("db-primary")
    assert file.read_text() == "theme = [broken"


def test_the_terminals_own_size_counts(env):
    env |= {"COLUMNS": "60", "LINES": "12"}
    with Terminal((*VIRTTY, "--demo"), columns=120, rows=30, env=env) as terminal:
        terminal.wait_until(lambda: "? Help" in terminal.lines()[29], "the last line")
        terminal.resize(100, 40)
        terminal.wait_until(lambda: "? Help" in terminal.lines()[39], "the new last line")


def test_several_faults_of_the_settings_take_one_message(env, tmp_path):
    file = tmp_path / "settings.toml"
    file.write_text('theme = "none"\n[keys]\n"no.action" = "x"\n"machine.log" = ""\n')
    with Terminal((*VIRTTY, "--demo", "--config", str(file)), env=env) as terminal:
        terminal.wait_for_text("and 2 more: 6 shows them")
        terminal.send("6")
        terminal.wait_for_text("no.action")


def test_a_machine_that_no_host_has_and_a_settings_file_that_is_not_there_are_told(env, tmp_path):
    missing = str(tmp_path / "missing.toml")
    with Terminal((*VIRTTY, "--demo", "--vm", "nosuch", "--config", missing), env=env) as terminal:
        terminal.wait_for_text("no settings file")
        terminal.wait_for_text("There is no machine nosuch on demo")


def test_changes_are_in_the_audit_log(env, tmp_path):
    with Terminal((*VIRTTY, "--demo"), env=env) as terminal:
        terminal.wait_for_text("arm-builder")
        terminal.send("s")
        terminal.wait_until(
            lambda: "running" in terminal.lines()[2] and "arm-builder" in terminal.lines()[2],
            "arm-builder runs",
        )
    log = tmp_path / "STATE" / "virtty" / "audit.log"
    assert '"virsh start arm-builder"' in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_where_no_host_can_be_reached_it_ends_with_a_line_that_says_why(env, tmp_path):
    nowhere = f"qemu+unix:///system?socket={tmp_path}/nowhere"
    with Terminal((*VIRTTY, nowhere), env=env) as terminal:
        assert ended(terminal, 5)
        assert exit_status(terminal) == 1
        assert terminal.text().strip().startswith("virtty: ")
        assert says(terminal, "No such file or directory. No libvirt daemon answers there.")


def test_a_socket_without_permission_is_told_with_the_group_that_would_help(env, tmp_path):
    # Root without its rights is like anybody else.
    powerless = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.getuid() == 0 else ()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "locked"))
        listener.listen()
        (tmp_path / "locked").chmod(0)
        uri = f"qemu+unix:///system?socket={tmp_path}/locked"
        with Terminal((*powerless, *VIRTTY, uri), env=env) as terminal:
            assert ended(terminal, 5)
            assert exit_status(terminal) == 1
            for words in ("Permission denied", "Join the group libvirt", "qemu:///session"):
                assert says(terminal, words)


def test_a_host_that_was_never_reached_is_told_at_the_end(env, tmp_path):
    nowhere = f"qemu+unix:///system?socket={tmp_path}/nowhere"
    with Terminal(VIRTTY, env={**env, "LIBVIRT_DEFAULT_URI": nowhere}) as terminal:
        terminal.wait_for_text("No libvirt daemon answers there")
        terminal.send("q")
        assert ended(terminal, 3)
        assert exit_status(terminal) == 1
        assert terminal.text().strip().startswith("virtty: ")


def test_nonsense_arguments_end_with_one_line(env):
    with Terminal((*VIRTTY, "nonsense"), env=env) as terminal:
        assert ended(terminal, 3)
        assert exit_status(terminal) == 2
        assert "nonsense" in terminal.text()
