"""From a key to its paint, on a fast terminal and on slow links, and what it writes."""

import random
from collections.abc import Iterator, Sequence
from functools import partial

from tests.benchmarks import screen
from tests.benchmarks.inventory import FAMILIES
from tests.benchmarks.link import Link
from tests.benchmarks.registry import measure
from tests.benchmarks.result import Figure, median, percentile
from tests.benchmarks.stage import Stage
from tests.benchmarks.start import first_frame, first_machine
from tests.benchmarks.terminal import Terminal

STRIDE = 25
"""Rows that the cursor goes down before it goes up again: it stays inside the view."""
SHAKEN = 20
"""Machines that change each second while keys go over a slow link."""


def _up_and_down(cursor: screen.Cursor, count: int, pauses: tuple[float, float]) -> list[float]:
    random.seed(1)
    times = []
    for number in range(count):
        times.append(cursor.move(1 if number // STRIDE % 2 == 0 else -1))
        cursor.terminal.run(random.uniform(*pauses))
    return times


@measure("key-to-paint")
def key_to_paint(stage: Stage) -> Iterator[Figure]:
    """`j` inside the view with 5000 machines, beside the echo of an empty app."""
    count = stage.repeat(300, 60)
    with stage.virtty(stage.test_driver(5000)) as terminal:
        first_machine(terminal)
        terminal.settle(2.0)
        ours = _up_and_down(screen.Cursor.find(terminal), count, (0.03, 0.06))
    yield from _beside_an_echo(stage, "key to paint, 5000 machines", ours)


def _beside_an_echo(stage: Stage, name: str, ours: Sequence[float]) -> Iterator[Figure]:
    """Median and worst of our seconds, beside those of an empty app at as many keys."""
    with stage.empty_app() as terminal:
        first_frame(terminal)
        random.seed(1)
        bare = []
        for number in range(1, len(ours) + 1):
            sent = terminal.send("j")
            bare.append(terminal.wait_for_text(f"{number} keys") - sent)
            terminal.run(random.uniform(0.03, 0.06))
    for share, factor in ((0.5, 2), (0.99, 3)):
        reference = 1000 * percentile(bare, share)
        yield Figure(
            f"{name}, p{share * 100:.0f}",
            1000 * percentile(ours, share),
            "ms",
            factor * reference,
            f"{factor} × reference",
            reference,
        )


def _has_mark(terminal: Terminal, x: int, y: int, mark: object) -> bool:
    return terminal.mark(x, y) == mark


@measure("form-key")
def form_key(stage: Stage) -> Iterator[Figure]:
    """`j` in the form of a machine's hardware, beside the echo of an empty app."""
    count = stage.repeat(200, 50)
    with stage.virtty("--demo", "--vm", "db-primary") as terminal:
        terminal.wait_for_text("Identity")
        terminal.settle(2.0)
        terminal.send("e")
        terminal.wait_for_text("Machine type")
        terminal.settle(2.0)
        terminal.send("\r")
        terminal.settle(0.5)
        lines = terminal.lines()
        y = next(y for y, line in enumerate(lines) if "│  Name " in line)
        x = lines[y].index("│  Name ") + 3
        mark, ours = terminal.mark(x, y), []
        random.seed(1)
        for number in range(count):
            step = 1 if number // 10 % 2 == 0 else -1
            y += step
            sent = terminal.send("j" if step > 0 else "k")
            painted = terminal.wait_until(partial(_has_mark, terminal, x, y, mark), "the cursor")
            ours.append(painted - sent)
            terminal.run(random.uniform(0.03, 0.06))
    yield from _beside_an_echo(stage, "key to paint in a form", ours)


@measure("scroll-bytes")
def scroll_bytes(stage: Stage) -> Iterator[Figure]:
    """One step of `j` at the bottom of the view."""
    with stage.virtty(stage.test_driver(1000)) as terminal:
        first_machine(terminal)
        terminal.settle(2.0)
        for _ in range(len(screen.machines(terminal)) + 2):
            terminal.send("j")
            terminal.run(0.03)
        terminal.settle(0.5)
        sizes = []
        for _ in range(stage.repeat(30, 10)):
            before = terminal.received
            terminal.send("j")
            terminal.settle(0.3)
            sizes.append((terminal.received - before) / 1000)
    yield Figure(
        "bytes for one scroll step at 160×45", median(sizes), "KB", 9,
        note=f"at most {max(sizes):.1f} KB",
    )  # fmt: skip


@measure("filter")
def filter_(stage: Stage) -> Iterator[Figure]:
    """Each keystroke in the filter, until the last of the machines that it shows is painted."""
    times = []
    with stage.virtty(stage.test_driver(5000)) as terminal:
        first_machine(terminal)
        terminal.settle(2.0)
        for word in FAMILIES[: stage.repeat(8, 3)] * stage.repeat(3, 1):
            terminal.send("/")
            terminal.settle(0.3)
            took = [_until_names_rest(terminal, key) for key in f"{word} run"]
            times += [one for one in took if one is not None]
            terminal.send("\x1b")
            terminal.settle(0.4)
            terminal.send("\x1b")
            terminal.settle(0.4)
    yield Figure(
        "filter keystroke over 5000 machines to repaint, p99",
        1000 * percentile(times, 0.99),
        "ms",
        50,
        note=f"p50 {1000 * median(times):.1f} ms, {len(times)} keystrokes that changed the table",
    )


def _until_names_rest(terminal: Terminal, key: str) -> float | None:
    """Seconds to the last change of the table's names; None when the key changed none."""
    shown = screen.names(terminal)
    changed: float | None = None

    def look() -> None:
        nonlocal shown, changed
        now = screen.names(terminal)
        if now != shown:
            shown, changed = now, terminal.last_read

    sent = terminal.send(key)
    terminal.run(0.25, look)
    return None if changed is None else changed - sent


@measure("links", with_guests=True)
def links(stage: Stage) -> Iterator[Figure]:
    """Keys over slow links, while cells of twenty machines change each second.

    virtty samples fifty guests less than once a second, so that each of the twenty is
    also paused or resumed each second, which changes more cells than a sample does.
    """
    for rate, limits in ((100, (15, 60)), (30, (15, 80)), (10, (15, 250))):
        with stage.virtty(stage.running_host) as terminal:
            first_machine(terminal)
            terminal.run(6)
            terminal.link = Link(rate * 1000)
            cursor = screen.Cursor.find(terminal)
            before = terminal.received
            names = screen.names(terminal)[:SHAKEN]
            shaker = stage.client_process(
                "storm", stage.running_host, str(stage.repeat(36, 12)), str(SHAKEN), *names
            )
            begin = terminal.last_read
            times = _up_and_down(cursor, stage.repeat(150, 40), (0.1, 0.3))
            received = terminal.received - before
            seconds = terminal.last_read - begin
            while shaker.poll() is None:
                terminal.run(0.5)
        for share, bar in zip((0.5, 0.99), limits, strict=True):
            yield Figure(
                f"key to paint over {rate} KB/s, live columns, p{share * 100:.0f}",
                1000 * percentile(times, share),
                "ms",
                bar,
                note=f"{received / seconds / 1000:.1f} KB/s in all, {len(times)} keys",
            )
