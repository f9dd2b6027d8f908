"""From the command to the first painted machine; memory and size of what stands then."""

from collections.abc import Iterator

from tests.benchmarks import screen
from tests.benchmarks.process import memory_mib
from tests.benchmarks.proxy import Proxy
from tests.benchmarks.registry import measure
from tests.benchmarks.result import Figure, median
from tests.benchmarks.stage import Stage
from tests.benchmarks.terminal import Terminal

ROUND_TRIP = 0.05


def first_machine(terminal: Terminal) -> float:
    """Seconds from the start of the process to the first painted machine."""
    painted = terminal.wait_until(lambda: bool(screen.machines(terminal)), "a machine", 60)
    return painted - terminal.started


def first_frame(terminal: Terminal) -> float:
    """Seconds from the start of the process to the empty app's only text."""
    return terminal.wait_for_text("0 keys") - terminal.started


def _start(stage: Stage, count: int) -> Iterator[Figure]:
    uri = stage.test_driver(count)
    ours, frames, opens = [], [], []
    for _ in range(stage.repeat(9, 3)):
        with stage.virtty(uri) as terminal:
            ours.append(first_machine(terminal))
        with stage.empty_app() as terminal:
            frames.append(first_frame(terminal))
        opens.append(stage.client("open", uri)["seconds"])
    reference = median(frames) + median(opens)
    yield Figure(
        f"start to the first machine, {count} on test://",
        1000 * median(ours),
        "ms",
        1600 * reference,
        "1.6 × reference",
        1000 * reference,
        f"empty app {1000 * median(frames):.0f} ms + open {1000 * median(opens):.0f} ms",
    )


@measure("start-1000")
def start_1000(stage: Stage) -> Iterator[Figure]:
    """1000 machines on test://."""
    yield from _start(stage, 1000)


@measure("start-5000")
def start_5000(stage: Stage) -> Iterator[Figure]:
    """5000 machines on test://."""
    yield from _start(stage, 5000)


@measure("start-far")
def start_far(stage: Stage) -> Iterator[Figure]:
    """1000 machines in a real libvirtd behind a round trip of 50 ms."""
    ours, bare = [], []
    calls = ""
    with stage.proxy(stage.defined_host, ROUND_TRIP) as proxy:
        for _ in range(stage.repeat(7, 3)):
            with stage.virtty(proxy.uri) as terminal:
                ours.append(first_machine(terminal))
                calls = _count(proxy, terminal)
            bare.append(stage.client("list", proxy.uri)["seconds"])
    yield Figure(
        "start to the first machine, 1000 in a libvirtd 50 ms away",
        1000 * median(ours),
        "ms",
        1000 * (median(bare) + 0.7),
        "reference + 700 ms",
        1000 * median(bare),
        f"{calls} calls before it, the opening included",
    )


def _count(proxy: Proxy, terminal: Terminal) -> str:
    return str(len(proxy.calls(terminal.started, terminal.last_read)))


@measure("start-bytes")
def start_bytes(stage: Stage) -> Iterator[Figure]:
    """Bytes from the start to a settled list."""
    with stage.virtty(stage.test_driver(1000)) as terminal:
        first_machine(terminal)
        terminal.settle(2.0)
        received = terminal.received
    yield Figure("bytes from start to a settled list", received / 1000, "KB", 60)


@measure("memory")
def memory(stage: Stage) -> Iterator[Figure]:
    """Resident memory with 1000 and 5000 machines, after scrolling through them."""
    for count, bar in ((1000, 80), (5000, 150)):
        with stage.virtty(stage.test_driver(count)) as terminal:
            first_machine(terminal)
            terminal.run(3)
            for key in "Ggww":
                terminal.send(key if key != "w" else "\x1b[6~")
                terminal.run(0.3)
            terminal.run(stage.repeat(10, 3))
            resident, proportional = memory_mib(terminal.pid)
        yield Figure(
            f"resident memory, {count} machines", resident, "MiB", bar,
            note=f"{proportional:.0f} MiB with shared pages divided",
        )  # fmt: skip


@measure("visible")
def visible(stage: Stage) -> Iterator[Figure]:
    """Machines visible at once."""
    for columns, rows, bar in ((160, 45, 38), (80, 24, 18)):
        with stage.virtty(stage.test_driver(1000), columns=columns, rows=rows) as terminal:
            first_machine(terminal)
            terminal.settle(1.0)
            count = len(screen.machines(terminal))
        yield Figure(f"machines visible at {columns}×{rows}", count, "", bar, at_least=True)
