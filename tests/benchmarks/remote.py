"""A host behind a round trip of 100 ms, and many hosts of which some hang."""

import asyncio
import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import libvirt

from tests.benchmarks import inventory, screen
from tests.benchmarks.changes import wait_for_silence
from tests.benchmarks.proxy import Call, Proxy, named
from tests.benchmarks.registry import measure
from tests.benchmarks.result import Figure, median
from tests.benchmarks.stage import Stage
from tests.waiting import until
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.records import HostState

ROUND_TRIP = 0.1
MACHINES = 200
HOSTS, HANGING = 20, 5
F5 = "\x1b[15~"


def round_trips(calls: list[Call]) -> int:
    """Calls that had to wait for one another: those closer than a round trip went together."""
    count, begun = 0, float("-inf")
    for call in sorted(calls, key=lambda call: call.at):
        if call.at - begun > 0.9 * ROUND_TRIP:
            count, begun = count + 1, call.at
    return count


@measure("far-host")
def far_host(stage: Stage) -> Iterator[Figure]:
    """Round trips to a painted list and to an open machine; an event's way to the screen."""
    uri = stage.host_with(MACHINES)
    with stage.proxy(uri, ROUND_TRIP) as proxy:
        begin = time.monotonic()
        with stage.virtty(proxy.uri) as terminal:
            painted = terminal.wait_until(lambda: bool(screen.machines(terminal)), "a list", 60)
            calls = proxy.calls(begin, painted)
            yield Figure(
                f"round trips to a painted list of {MACHINES}, 100 ms away",
                round_trips(calls),
                "round trips",
                12,
                note=f"{1000 * (painted - begin):.0f} ms; {named(calls)}",
            )
            wait_for_silence(proxy, terminal)
            begin = terminal.send("\r")
            terminal.wait_for_text("Overview")
            wait_for_silence(proxy, terminal)
            calls = _once(proxy.calls(begin))
            yield Figure(
                "round trips to open a machine",
                round_trips(calls),
                "round trips",
                4,
                note=named(calls),
            )
    yield from _event(stage, uri)
    yield from _virsh(stage, uri)


def _once(calls: list[Call]) -> list[Call]:
    """The calls until the first pause of half a second: what follows is watching, not opening."""
    kept: list[Call] = []
    for call in calls:
        if kept and call.at - kept[-1].at > 0.5:
            break
        kept.append(call)
    return kept


def _event(stage: Stage, uri: str) -> Iterator[Figure]:
    """From the end of a start elsewhere to the record changed here."""
    connection = libvirt.open(uri)
    domain = connection.lookupByName(inventory.name(0))
    delays = []

    async def watch(proxy: Proxy) -> None:
        fleet = Fleet()
        fleet.attach()
        host = fleet.add("far", proxy.uri)
        host.open()
        await until(lambda: host.record.state is HostState.CONNECTED and host.event_kinds, 30)
        seen = asyncio.Event()
        loop = asyncio.get_running_loop()
        at = [0.0]

        def changed(_change: object) -> None:
            record = host.inventory.domains[domain.UUIDString()]
            if record.state.is_active:
                at[0] = at[0] or time.monotonic()
                seen.set()

        fleet.subscribe(changed)
        for _ in range(stage.repeat(5, 2)):
            at[0] = 0.0
            seen.clear()
            flags = libvirt.VIR_DOMAIN_START_PAUSED
            await loop.run_in_executor(None, domain.createWithFlags, flags)
            done = time.monotonic()
            await asyncio.wait_for(seen.wait(), 10)
            delays.append(at[0] - done)
            await loop.run_in_executor(None, domain.destroy)
            await asyncio.sleep(1)
        fleet.close()

    with stage.proxy(uri, ROUND_TRIP) as proxy:
        asyncio.run(watch(proxy))
    yield Figure(
        "a start elsewhere to the record here, 100 ms away",
        1000 * median(delays),
        "ms",
        1000 * ROUND_TRIP + 60,
        "1 round trip + 60 ms",
    )


def _virsh(stage: Stage, uri: str) -> Iterator[Figure]:
    """What bare clients need over the same link."""
    with stage.proxy(uri, ROUND_TRIP) as proxy:
        begin = time.monotonic()
        seconds = stage.client("list", proxy.uri)["seconds"]
        calls = proxy.calls(begin)
        yield Figure(
            "the same list by a bare client",
            round_trips(calls),
            "round trips",
            note=f"{1000 * seconds:.0f} ms; {named(calls)}",
        )


@measure("refresh")
def refresh(stage: Stage) -> Iterator[Figure]:
    """What reading the list again costs on the connection, beside virsh over the same link."""
    uri = stage.host_with(MACHINES)
    with stage.proxy(uri, ROUND_TRIP) as proxy, stage.virtty(proxy.uri) as terminal:
        terminal.wait_until(lambda: bool(screen.machines(terminal)), "a list", 60)
        wait_for_silence(proxy, terminal)
        begin = terminal.send(F5)
        wait_for_silence(proxy, terminal)
        made = _once(proxy.calls(begin))
        end = made[-1].at + 5 * ROUND_TRIP
        trips, size = round_trips(made), proxy.bytes(begin, end)
    virsh = {}
    for command in ("list --all", "domstats --state"):
        with stage.proxy(uri, ROUND_TRIP) as proxy:
            line = ["virsh", "-q", "-c", proxy.uri, *command.split()]
            subprocess.run(line, check=True, capture_output=True)
            virsh[command] = round_trips(proxy.calls()), proxy.bytes()
    words = [f"virsh {name}: {t} round trips, {b / 1000:.1f} KB" for name, (t, b) in virsh.items()]
    note = "; ".join([*words, "its opening included"])
    reference = virsh["list --all"]
    yield Figure(
        f"round trips of a refresh, {MACHINES} machines",
        trips,
        "round trips",
        reference[0],
        "virsh list --all",
        reference[0],
        note,
    )
    yield Figure(
        f"bytes of a refresh, {MACHINES} machines",
        size / 1000,
        "KB",
        reference[1] / 1000,
        "virsh list --all",
        reference[1] / 1000,
        note,
    )


@measure("many-hosts")
def many_hosts(stage: Stage) -> Iterator[Figure]:
    """20 hosts of which 5 hang: how soon the other 15 are there, beside those 15 alone."""
    uri = stage.test_driver(MACHINES)
    alone, beside = [], []
    with _silent(stage.directory) as silent:
        for _ in range(stage.repeat(7, 3)):
            alone.append(asyncio.run(_connected(uri, [])))
            beside.append(asyncio.run(_connected(uri, [silent] * HANGING)))
    yield Figure(
        f"{HOSTS - HANGING} hosts connected beside {HANGING} that hang",
        1000 * median(beside),
        "ms",
        1200 * median(alone),
        "1.2 × alone",
        1000 * median(alone),
    )


async def _connected(uri: str, hanging: list[str]) -> float:
    """Seconds until every host that answers has its list."""
    fleet = Fleet()
    fleet.attach()
    begin = time.monotonic()
    for number, one in enumerate(hanging):
        fleet.add(f"silent-{number}", one).open()
    good = [fleet.add(f"good-{number}", uri) for number in range(HOSTS - HANGING)]
    for host in good:
        host.open()
    await until(lambda: all(host.record.state is HostState.CONNECTED for host in good), 60)
    took = time.monotonic() - begin
    fleet.close()
    return took


@contextlib.contextmanager
def _silent(directory: Path) -> Iterator[str]:
    """A socket behind which nobody ever answers."""
    path = directory / "silent"
    taken: list[socket.socket] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        yield f"qemu+unix:///system?socket={path}"
