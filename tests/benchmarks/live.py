"""What it costs to look: nothing happening, forty live rows, fifty running guests."""

import re
from collections import Counter
from collections.abc import Iterator

from tests.benchmarks.process import cpu_seconds
from tests.benchmarks.registry import measure
from tests.benchmarks.result import Figure
from tests.benchmarks.rpc import GET_ALL_DOMAIN_STATS
from tests.benchmarks.stage import RUNNING, Stage
from tests.benchmarks.start import first_machine
from tests.benchmarks.terminal import Terminal

_CHANGE = re.compile(r"#(?:#|\.{1,3}(?=#))*")


@measure("still")
def still(stage: Stage) -> Iterator[Figure]:
    """1000 machines, nothing changes."""
    seconds = stage.repeat(60, 15)
    with stage.virtty(stage.test_driver(1000)) as terminal:
        first_machine(terminal)
        terminal.run(stage.repeat(20, 15))
        before = cpu_seconds(terminal.pid)
        received = terminal.run(seconds)
        cpu = cpu_seconds(terminal.pid) - before
    yield Figure(f"still, 1000 machines, {seconds} s: CPU", 100 * cpu / seconds, "% of a core", 1)
    yield Figure(f"still, 1000 machines, {seconds} s: bytes", received, "bytes", 0)


@measure("live", with_guests=True)
def live(stage: Stage) -> Iterator[Figure]:
    """Fifty running QEMU guests, forty of them on the screen, live columns on.

    The bare client asks for what virtty asked for, as the proxy saw it: the same groups
    and flags, as often. Its processor time is the sampling that the third bar leaves out.
    """
    seconds = stage.repeat(60, 20)
    cells = bytes_ = 0
    with stage.proxy(stage.running_host) as proxy, stage.virtty(proxy.uri) as terminal:
        first_machine(terminal)
        terminal.run(15)
        begin = terminal.last_read
        before, cpu = terminal.lines(), cpu_seconds(terminal.pid)
        received = 0
        for _ in range(seconds * 2):
            received += terminal.run(0.5)
            now = terminal.lines()
            changed = changed_cells(before, now)
            cells, before = cells + changed, now
        cpu = cpu_seconds(terminal.pid) - cpu
        bytes_ = received
        calls = [c for c in proxy.calls(begin) if c.procedure == GET_ALL_DOMAIN_STATS]
        others = len(proxy.calls(begin)) - len(calls)
        kinds = Counter((call.groups, call.flags) for call in calls)
        bare = 0.0
        for (groups, flags), count in kinds.items():
            said = stage.client(
                "stats", proxy.uri, str(groups), str(flags), str(seconds / count), str(count)
            )
            bare += said["cpu"]
    percent, reference = 100 * cpu / seconds, 100 * bare / seconds
    with stage.painting_app(seconds / len(calls)) as terminal:
        terminal.wait_for_text("painted-39")
        terminal.run(15)
        cpu = cpu_seconds(terminal.pid)
        terminal.run(seconds)
        painting = 100 * (cpu_seconds(terminal.pid) - cpu) / seconds
    yield Figure(
        f"{RUNNING} running QEMU guests, live columns: CPU",
        percent,
        "% of a core",
        1.5 * reference,
        "1.5 × reference",
        reference,
        f"{len(calls)} samples and {others} other calls in {seconds} s, groups "
        + ", ".join(f"{groups:#x}" for groups, _flags in kinds),
    )
    yield Figure(
        "the same beside an app that only paints forty rows as often, and the bare client",
        percent,
        "% of a core",
        2 * (painting + reference),
        "2 × both",
        painting + reference,
    )
    yield Figure(
        "40 live rows: CPU without the sampling",
        percent - reference,
        "% of a core",
        1.5,
        note="virtty less the bare client",
    )
    yield Figure("40 live rows: bytes", bytes_ / seconds / 1000, "KB/s", 1.5)
    yield Figure(
        "bytes for 20 changed cells",
        20 * bytes_ / max(1, cells) / 1000,
        "KB",
        1.5,
        note=f"mean over {cells} changed cells",
    )


def changed_cells(before: list[str], now: list[str]) -> int:
    """Count the runs of changed characters; up to three equal ones do not end a run."""
    count = 0
    for old, new in zip(before, now, strict=True):
        width = max(len(old), len(new))
        signs = "".join(
            "." if a == b else "#" for a, b in zip(old.ljust(width), new.ljust(width), strict=True)
        )
        count += len(_CHANGE.findall(signs))
    return count


def settled(terminal: Terminal) -> None:
    """Wait for the list and for what is read after it."""
    first_machine(terminal)
    terminal.run(6)
