"""The console: bytes through the widget, a guest's output and its echo beside virsh's."""

import contextlib
import random
import re
import string
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.benchmarks.registry import measure
from tests.benchmarks.result import Figure, median, percentile
from tests.benchmarks.stage import Stage
from tests.benchmarks.terminal import Terminal, TimeOutError

LEAVE = "\x1d"
PROMPT = "lab:/#"
_SAID = re.compile(r"rate ([\d.]+) frames ([\d.]+) end")


@measure("console-feed")
def console_feed(stage: Stage) -> Iterator[Figure]:
    """Bytes through the terminal widget on a terminal of 160×45."""
    rate, _frames = _fed(stage, "boot", 20_000_000)
    yield Figure("console: a boot log of 20 MB", rate, "MB/s", 30, at_least=True)
    rate, frames = _fed(stage, "yes", stage.repeat(100, 30) * 1_000_000)
    yield Figure("console: the output of `yes`", rate, "MB/s", 5, at_least=True)
    yield Figure("console: frames meanwhile", frames, "frames/s", 20, at_least=True)


def _fed(stage: Stage, kind: str, size: int) -> tuple[float, float]:
    """MB/s and frames/s, the middle of some runs."""
    script = str(Path(__file__).with_name("console_feed.py"))
    rates, frames = [], []
    for _ in range(stage.repeat(5, 2)):
        with stage.program(sys.executable, script, kind, str(size)) as terminal:
            terminal.wait_for_text("ready")
            terminal.settle(0.5)
            terminal.send("x")
            terminal.wait_until(lambda: _SAID.search(terminal.text()) is not None, "the figures")
            found = _SAID.search(terminal.text())
            assert found is not None
            rates.append(float(found[1]))
            frames.append(float(found[2]))
            terminal.send("\x11")
    return median(rates), median(frames)


# -- a real guest -----------------------------------------------------------------------


def _virsh(stage: Stage) -> Terminal:
    """The reference: libvirt's own client, attached."""
    guest = stage.talker
    terminal = stage.program("virsh", "-c", guest.host.uri, "console", guest.name)
    terminal.wait_for_text("Escape character")
    terminal.settle(0.3)  # until then Ctrl+C is for virsh
    return terminal


def _embedded(stage: Stage) -> Terminal:
    guest = stage.talker
    terminal = stage.virtty(guest.host.uri, "--console", guest.name)
    terminal.wait_for_text("  attached  ")
    return terminal


def _handed_over(stage: Stage) -> Terminal:
    terminal = _embedded(stage)
    terminal.send(LEAVE)
    terminal.wait_for_text("Enter back to the guest")
    terminal.send("f")
    terminal.wait_for_text("byte for byte")
    return terminal


def _at_prompt(terminal: Terminal) -> None:
    terminal.send("\x03\r")
    terminal.run(0.3)
    terminal.send("clear\r")
    terminal.wait_until(
        lambda: [line.strip() for line in terminal.lines() if PROMPT in line] == [PROMPT],
        "a clear screen with a prompt",
    )
    terminal.settle(0.3)


def _leave(terminal: Terminal) -> None:
    """The escape key lets all of them go; virtty then quits with its own."""
    terminal.send(LEAVE)
    with contextlib.suppress(TimeOutError):  # virsh ends with it
        terminal.run(0.5)


@measure("console-stream")
def console_stream(stage: Stage) -> Iterator[Figure]:
    """A long output of a real guest, through libvirt's stream, until its end is painted."""
    lines = stage.repeat(40_000, 8_000)
    took: dict[Callable[[Stage], Terminal], list[float]] = {
        _virsh: [], _embedded: [], _handed_over: [],
    }  # fmt: skip
    for turn in range(stage.repeat(5, 2)):
        for console, times in took.items():
            with console(stage) as terminal:
                _at_prompt(terminal)
                end = f"end-{turn + 40}"
                sent = terminal.send(f"seq 1 {lines}; echo end-$((40+{turn}))\r")
                times.append(terminal.wait_for_text(end, timeout=120) - sent)
                _leave(terminal)
    size = sum(len(str(number)) + 2 for number in range(1, lines + 1)) / 1e6
    reference = size / median(took[_virsh])
    for console, name in ((_embedded, "embedded"), (_handed_over, "handed over")):
        yield Figure(
            f"console: output of a real guest, {name}",
            size / median(took[console]),
            "MB/s",
            0.8 * reference,
            "0.8 × virsh console",
            reference,
            at_least=True,
        )


@measure("console-echo")
def console_echo(stage: Stage) -> Iterator[Figure]:
    """A key to the guest's shell and back on the screen."""
    count = stage.repeat(200, 40)
    with _virsh(stage) as terminal:
        bare, _bytes = _typed(terminal, count)
        _leave(terminal)
    with _embedded(stage) as terminal:
        ours, sizes = _typed(terminal, count)
        _leave(terminal)
    reference = 1000 * median(bare)
    yield Figure(
        "console: key to echo, p50",
        1000 * median(ours),
        "ms",
        reference + 8,
        "virsh console + 8 ms",
        reference,
        f"p99 {1000 * percentile(ours, 0.99):.1f} ms, virsh {1000 * percentile(bare, 0.99):.1f} ms",
    )
    yield Figure(
        "console: bytes for one key",
        median(sizes),
        "bytes",
        300,
        note=f"at most {max(sizes):.0f}, {len(sizes)} keys",
    )


def _typed(terminal: Terminal, count: int) -> tuple[list[float], list[float]]:
    """Seconds to each key's echo, and bytes that came for it."""
    random.seed(1)
    times, sizes = [], []
    typed = ""
    _at_prompt(terminal)
    for _ in range(count):
        if len(typed) == 40:
            typed = ""
            _at_prompt(terminal)
        typed += random.choice(string.ascii_lowercase)
        before = terminal.received
        sent = terminal.send(typed[-1])
        shown = partial(_shows, terminal, f"{PROMPT} {typed}")
        times.append(terminal.wait_until(shown, "the echo") - sent)
        terminal.run(random.uniform(0.06, 0.1))
        sizes.append(float(terminal.received - before))
    return times, sizes


def _shows(terminal: Terminal, text: str) -> bool:
    return text in terminal.text()


@measure("console-flood")
def console_flood(stage: Stage) -> Iterator[Figure]:
    """The escape key and Ctrl+C while the guest prints without end."""
    count = stage.repeat(10, 3)
    left, stopped, bare = [], [], []
    with _virsh(stage) as terminal:
        for _ in range(count):
            _flood(terminal)
            bare.append(_stop(terminal))
        _leave(terminal)
    with _embedded(stage) as terminal:
        for _ in range(count):
            _flood(terminal)
            sent = terminal.send(LEAVE)
            left.append(terminal.wait_for_text("Enter back to the guest") - sent)
            terminal.send("\r")
            terminal.wait_for_text("Ctrl+] leaves")
            stopped.append(_stop(terminal))
        _leave(terminal)
    for what, times, reference in (
        ("the escape key", left, None),
        ("Ctrl+C", stopped, 1000 * max(bare)),
    ):
        yield Figure(
            f"console: {what} in a flood, worst",
            1000 * max(times),
            "ms",
            100,
            reference=reference,
            note=f"p50 {1000 * median(times):.1f} ms, {len(times)} times",
        )


def _flood(terminal: Terminal) -> None:
    _at_prompt(terminal)
    terminal.send("yes\r")
    terminal.wait_until(lambda: terminal.lines()[30].strip() == "y", "the flood")
    terminal.run(0.5)


def _stop(terminal: Terminal) -> float:
    """Seconds until Ctrl+C is echoed."""
    sent = terminal.send("\x03")
    return terminal.wait_until(lambda: "^C" in terminal.text(), "^C") - sent
