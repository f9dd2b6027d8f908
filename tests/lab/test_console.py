"""A guest's console in the running program, seen in a pseudo-terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.terminal import Terminal
from tests.lab import GuestSpec, IsolatedDaemon
from tests.lab.commands import poll

LEAVE = "\x1d"
ANSWER = 1.0
"""Seconds within which a key acts on a machine that also runs other tests."""


def program(daemon: IsolatedDaemon, folder: Path, *options: str) -> Terminal:
    """virtty on the daemon, with its files in a folder of the test."""
    folders = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("CONFIG", "STATE", "CACHE")}
    env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **folders}
    command = (sys.executable, "-m", "tui", daemon.uri, *options)
    return Terminal(command, columns=120, rows=36, env=env)


@pytest.fixture
def console(isolated_daemon: IsolatedDaemon, tmp_path: Path) -> Iterator[Terminal]:
    """The program with the console of a running Linux in front."""
    guest = isolated_daemon.guest(GuestSpec(name="talker"))
    guest.wait_for_output()
    with program(isolated_daemon, tmp_path, "--console", guest.name) as terminal:
        terminal.wait_for_text(" attached ")
        terminal.send("\r")
        terminal.wait_for_text("lab:/#")
        yield terminal


def test_a_shell_full_screen_programs_and_the_way_out(console: Terminal):
    console.send("echo $((6*7))-is-it\r")
    console.wait_for_text("42-is-it")
    console.send(LEAVE)
    console.wait_for_text("Enter back to the guest")
    console.send("m")
    console.wait_for_text("Space or V begins")
    console.send("kVy")
    console.wait_for_text("Copied 8 characters")
    console.send("\r")
    console.wait_for_text("Ctrl+] leaves")
    console.send("top\r")
    console.wait_for_text("Load average")
    console.send("q")  # it reads more than that where more is there
    console.wait_for_text("lab:/#")
    # Else this vi asks the terminal, and takes an answer after 0.1 s for keys.
    console.send("stty rows 32 cols 120; clear; vi /etc/passwd\r")
    console.wait_for_text("- /etc/passwd")
    console.send("i")
    console.wait_for_text("I /etc/passwd")
    console.send("hello from vi")
    console.wait_for_text("hello from vi")
    console.send(LEAVE)
    console.wait_for_text("Enter back to the guest")
    console.send("v")
    console.wait_for_text("Identity")
    console.send("c")
    console.wait_for_text("hello from vi")  # the same screen
    console.send("\x1b")
    console.wait_for_text("- /etc/passwd")
    console.send(":q!\r")
    console.wait_for_text("lab:/#")


def test_a_flood_is_left_at_once_and_stopped(console: Terminal):
    console.send("yes\r")
    console.wait_until(lambda: console.lines()[20].strip() == "y", "the flood is on")
    sent = console.send(LEAVE)
    assert console.wait_for_text("Enter back to the guest") - sent < ANSWER
    console.send("\r")
    console.wait_for_text("Ctrl+] leaves")
    console.wait_until(lambda: "lab:/#" not in console.text(), "the flood fills the screen")
    console.send("\x03")
    console.wait_for_text("lab:/#")
    console.send("\recho over-$((1+1))\r")
    console.wait_for_text("over-2")


def test_the_size_is_told_with_one_key(console: Terminal):
    console.wait_for_text("guest: 80×24?")
    console.send(LEAVE)
    console.wait_for_text("Enter back to the guest")
    console.send("z")
    console.wait_for_text("stty rows")
    console.send("stty size\r")
    console.wait_for_text("32 120")


SECOND_PORT = "<serial type='pty'/>"


def test_an_agent_is_told_the_size_and_other_ports_can_be_chosen(
    isolated_daemon: IsolatedDaemon, tmp_path: Path
):
    guest = isolated_daemon.guest(GuestSpec(name="agent", agent=True, devices=SECOND_PORT))
    guest.wait_for_output()
    with program(isolated_daemon, tmp_path, "--console", guest.name) as terminal:
        terminal.wait_for_text(" attached  120×32")  # by itself
        terminal.send("\rstty size; cat\r")
        terminal.wait_for_text("32 120")
        terminal.resize(100, 30)
        terminal.wait_for_text(" attached  100×26")
        terminal.send("\x03")
        terminal.wait_until(  # else what is typed is forgotten with what cat was sent
            lambda: "lab:/#" in terminal.text().partition("^C")[2], "the shell asks again"
        )
        terminal.send("stty size\r")
        terminal.wait_for_text("26 100")
        terminal.send(LEAVE)
        terminal.wait_for_text("Enter back to the guest")
        terminal.send("f")  # the whole window is the guest's, and it knows
        terminal.wait_for_text("byte for byte")
        terminal.send("\rstty size\r")
        terminal.wait_for_text("30 100")
        terminal.send(LEAVE)
        terminal.wait_for_text(" attached  100×26")
        terminal.send("\r")
        terminal.wait_for_text("Ctrl+] leaves")
        terminal.send("setsid -c sh -c 'exec sh -i </dev/ttyS1 >/dev/ttyS1 2>&1' &\r")
        terminal.send(LEAVE)
        terminal.wait_for_text("Enter back to the guest")
        terminal.send("a")
        terminal.wait_for_text("isa-serial 1")
        terminal.send("j\r")
        terminal.wait_for_text("serial1 100×26")
        terminal.send("echo second-$((5+5)) $(stty size)\r")
        terminal.wait_for_text("second-10 26 100")
        terminal.send(LEAVE)
        terminal.wait_for_text("Enter back to the guest")
        terminal.send("a")
        terminal.wait_for_text("isa-serial 1")
        terminal.send("k\r")
        terminal.wait_for_text("serial0 100×26")
        terminal.send("\recho first-$((6+6))\r")
        terminal.wait_for_text("first-12")


def test_it_is_there_again_after_power_off_and_start(
    console: Terminal, isolated_daemon: IsolatedDaemon
):
    console.send("poweroff -f\r")
    console.wait_for_text("the machine is off", timeout=20)
    console.wait_for_text("Ctrl+] s starts it")
    console.send(LEAVE)
    console.wait_for_text("off  s starts it")
    console.send("s")
    console.wait_for_text("virtty-lab ready", timeout=60)
    console.wait_for_text("attached")
    console.send("\recho again-$((2+3))\r")
    console.wait_for_text("again-5")


@pytest.mark.parametrize("full_screen", [False, True])
def test_the_daemon_dies_and_returns(
    console: Terminal, isolated_daemon: IsolatedDaemon, full_screen: bool
):
    if full_screen:
        console.send(LEAVE)
        console.wait_for_text("Enter back to the guest")
        console.send("f")
        console.wait_for_text("byte for byte")
    isolated_daemon.kill()
    console.wait_for_text("detached", timeout=20)
    isolated_daemon.start()
    console.wait_for_text(" attached", timeout=20)
    # The first leads back in, or asks for a prompt; what is typed behind it is the guest's.
    console.send("\r\recho back-$((3+4))\r")
    console.wait_for_text("back-7")


def test_start_with_console_shows_the_first_line(isolated_daemon: IsolatedDaemon, tmp_path: Path):
    guest = isolated_daemon.guest(GuestSpec(name="early", state="shutoff", quiet=False))
    with program(isolated_daemon, tmp_path, "--console", guest.name) as terminal:
        terminal.wait_for_text("the machine is off  s starts it")  # there is nobody to type to
        terminal.send("s")
        terminal.wait_for_text("virtty-lab ready", timeout=60)
        terminal.send(LEAVE)
        terminal.wait_for_text("Enter back to the guest")
        terminal.send("/")
        terminal.wait_for_text("Search the scrollback")
        terminal.send("Linux version\r")
        terminal.wait_for_text("match 1 of 1")
        terminal.wait_for_text("Linux version")


def test_two_consoles_are_open_side_by_side(console: Terminal, isolated_daemon: IsolatedDaemon):
    other = isolated_daemon.guest(GuestSpec(name="zweiter"))
    other.wait_for_output()
    console.send("export PS1='first# '\r")
    console.wait_for_text("first#")
    console.send("sleep 4; echo late-$((4+4))\r")
    console.send(LEAVE)
    console.wait_for_text("Enter back to the guest")
    console.send("\x1b")
    console.wait_until(lambda: "zweiter" in console.text(), "the list shows both")
    console.send("gjc\r")  # what is typed behind c is the guest's
    console.wait_until(lambda: "zweiter" in console.lines()[0], "the other one is in front")
    console.wait_for_text("lab:/#")
    console.wait_until(lambda: "●" in console.lines()[2], "news of the first", timeout=15)
    console.send(LEAVE)
    console.wait_for_text("Enter back to the guest")
    console.send("[")
    console.wait_until(lambda: "talker" in console.lines()[0], "back at the first")
    console.wait_for_text("late-8")


def test_full_screen_hands_the_terminal_over(console: Terminal):
    console.send(LEAVE)
    console.wait_for_text("Enter back to the guest")
    console.send("f")
    console.wait_for_text("byte for byte")
    console.send("\rprintf '\\033[?1049h\\033[5;5Hraw-%d' $((5+5))\r")
    console.wait_for_text("raw-10")
    assert "Overview" not in console.text()
    console.send(LEAVE)
    console.wait_for_text("Overview")
    console.wait_for_text("talker")
    console.send("v")
    console.wait_for_text("Identity")


def test_it_is_taken_over_only_after_asking(
    isolated_daemon: IsolatedDaemon, tmp_path: Path, console: Terminal
):
    name = console.lines()[0].split()[2]
    with program(isolated_daemon, tmp_path / "second", "--console", name) as second:
        second.wait_for_text("held by someone else  F takes it over")
        second.send("F")
        second.wait_for_text("Take the console over?")
        second.send("y")
        second.wait_for_text("attached")
        console.wait_for_text("held by someone else")
        second.send("\recho mine-$((6+6))\r")
        second.wait_for_text("mine-12")


def test_no_serial_port_is_explained_and_added(isolated_daemon: IsolatedDaemon, tmp_path: Path):
    guest = isolated_daemon.guest(GuestSpec(name="mute", state="paused", kernel=False))
    definition = tmp_path / "mute.xml"
    text = guest.virsh("dumpxml", "--inactive")
    start, end = text.index("<serial"), text.index("</console>") + len("</console>")
    definition.write_text(text[:start] + text[end:])
    guest.virsh("destroy")
    isolated_daemon.virsh("define", str(definition))
    guest.virsh("start", "--paused")
    with program(isolated_daemon, tmp_path, "--console", guest.name) as terminal:
        terminal.wait_for_text("no serial port  + adds one")
        terminal.wait_for_text("console=ttyS0")
        terminal.send("+")
        poll(
            lambda: "<serial" in guest.virsh("dumpxml", "--inactive"),
            "the port is stored",
            timeout=10,
        )
