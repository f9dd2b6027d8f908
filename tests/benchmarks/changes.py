"""How virtty follows what happens on a host, and what it asks of it meanwhile."""

import json
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import libvirt

from tests.benchmarks import screen
from tests.benchmarks.live import settled
from tests.benchmarks.proxy import Proxy, named
from tests.benchmarks.registry import measure
from tests.benchmarks.result import Figure, median
from tests.benchmarks.rpc import GET_LIB_VERSION
from tests.benchmarks.stage import Stage
from tests.benchmarks.terminal import Terminal

STORM_GUESTS = 24
STORM_RATE = 240
"""Calls that bring an event each; the proxy makes five of one."""


class Listener:
    """A bare client that says when libvirt's event callback was called."""

    def __init__(self, stage: Stage, uri: str) -> None:
        self.events: deque[dict[str, Any]] = deque()
        self._process = stage.client_process("events", uri)
        assert self._process.stdout is not None
        self._process.stdout.readline()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))

    def close(self) -> None:
        """End the client."""
        self._process.communicate()


@measure("calls")
def calls(stage: Stage) -> Iterator[Figure]:
    """Libvirt calls for a refresh (F5), and for a filter and a sort, with 1000 machines."""
    with stage.proxy(stage.defined_host) as proxy, stage.virtty(proxy.uri) as terminal:
        settled(terminal)
        wait_for_silence(proxy, terminal)
        for measure_, keys, bar in (
            ("libvirt calls per refresh, 1000 machines", ("\x1b[15~",), 3),
            ("libvirt calls for a filter", ("/", "w", "e", "b", "\x1b", "\x1b"), 0),
            ("libvirt calls for a sort", (">", ">", "<"), 0),
        ):
            begin = time.monotonic()
            for key in keys:
                terminal.send(key)
                terminal.run(0.3)
            terminal.run(1.5)
            made = proxy.calls(begin)
            heartbeats = [call for call in made if call.procedure == GET_LIB_VERSION]
            made = [call for call in made if call.procedure != GET_LIB_VERSION]
            yield Figure(
                measure_, len(made), "", bar,
                note=named(made) + (f"; {len(heartbeats)} heartbeat" if heartbeats else ""),
            )  # fmt: skip


def wait_for_silence(proxy: Proxy, terminal: Terminal) -> None:
    """Wait until the definitions that are read in passing have been read."""
    for _ in range(60):
        begin = time.monotonic()
        terminal.run(2)
        if len(proxy.calls(begin)) <= 1:
            return


@measure("resume", with_guests=True)
def resume(stage: Stage) -> Iterator[Figure]:
    """`virsh resume` of a real guest: the changed cell beside libvirt's own callback."""
    uri = stage.running_host
    connection = libvirt.open(uri)
    listener = Listener(stage, uri)
    painted, called, between = [], [], []
    with stage.virtty(uri) as terminal:
        settled(terminal)
        y, _x, name = screen.machines(terminal)[5]
        domain = connection.lookupByName(name)
        for _ in range(stage.repeat(30, 8)):
            domain.suspend()
            terminal.wait_until(lambda: "paused" in terminal.lines()[y], "paused")
            terminal.run(0.7)
            listener.events.clear()
            begin = time.monotonic()
            with subprocess.Popen(
                ["virsh", "-q", "-c", uri, "resume", name], stdout=subprocess.DEVNULL
            ):
                cell = terminal.wait_until(lambda: "running" in terminal.lines()[y], "running")
            at = listener.events[0]["at"]
            painted.append(cell - begin)
            called.append(at - begin)
            between.append(cell - at)
            terminal.run(0.3)
    listener.close()
    connection.close()
    yield Figure(
        "virsh resume to the changed cell, p50",
        1000 * median(painted),
        "ms",
        1000 * median(called) + 40,
        "reference + 40 ms",
        1000 * median(called),
        f"p50 of the single differences {1000 * median(between):.1f} ms, "
        f"worst {1000 * max(between):.1f} ms",
    )


@measure("storm", with_guests=True)
def storm(stage: Stage) -> Iterator[Figure]:
    """A thousand lifecycle events in a second, and keys meanwhile.

    libvirtd and its guests bring about some three hundred on four processors: the proxy
    makes five of one, for both clients (see `proxy.Multiplier`).
    """
    uri, seconds = stage.running_host, stage.repeat(10, 4)
    with (
        stage.proxy(uri, multiply_events=True) as proxy,
        stage.virtty(proxy.uri) as terminal,
    ):
        listener = Listener(stage, proxy.uri)
        settled(terminal)
        names = screen.names(terminal)[:STORM_GUESTS]
        cursor = screen.Cursor.find(terminal)
        listener.events.clear()
        process = stage.client_process("storm", uri, str(seconds), str(STORM_RATE), *names)
        terminal.run(1)
        times: list[float] = []
        while process.poll() is None:
            step = 1 if len(times) // 25 % 2 == 0 else -1
            times.append(cursor.move(step))
            terminal.run(0.05)
        assert process.stdout is not None
        process.communicate()
        terminal.run(1)
        moments = [event["at"] for event in listener.events]
        listener.close()
    rate = max(
        sum(begin <= at < begin + 1 for at in moments)
        for begin in (moments[0] + second / 2 for second in range(2 * seconds))
    )
    yield Figure("lifecycle events in the busiest second", rate, "", 1000, at_least=True)
    yield Figure(
        "a storm of lifecycle events: worst key to paint",
        1000 * max(times),
        "ms",
        100,
        note=f"{rate} events in the busiest second, {len(moments) / seconds:.0f}/s over "
        f"{seconds} s (a fifth from libvirtd); p50 {1000 * median(times):.1f} ms, "
        f"{len(times)} keys",
    )
