"""Bare libvirt clients: the references. Each runs in a process of its own and prints JSON.

`python -m tests.benchmarks.client open|list|events|stats|storm URI …`
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import libvirt


def open_(uri: str) -> None:
    """Print the seconds that libvirt's own open takes."""
    begin = time.monotonic()
    libvirt.open(uri)
    _say(seconds=time.monotonic() - begin)


def list_(uri: str) -> None:
    """Print the seconds for open, listAllDomains and the state of all in one call."""
    begin = time.monotonic()
    connection = libvirt.open(uri)
    connection.listAllDomains()
    states = connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE)
    _say(seconds=time.monotonic() - begin, domains=len(states))


def events(uri: str) -> None:
    """Print the moment of every lifecycle event, until standard input is closed."""
    libvirt.virEventRegisterDefaultImpl()
    # As in the program: without a timer the loop sleeps past the first new handle.
    libvirt.virEventAddTimeout(60_000, lambda _timer, _opaque: None, None)
    threading.Thread(target=_run_events, daemon=True).start()
    connection = libvirt.open(uri)

    def seen(_connection: Any, domain: Any, event: int, detail: int, _opaque: Any) -> None:
        at = time.monotonic()
        _say(at=at, name=domain.name(), event=event, detail=detail)

    connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, seen, None)
    _say(ready=True)
    sys.stdin.read()


def _run_events() -> None:
    while True:
        libvirt.virEventRunDefaultImpl()


def stats(uri: str, groups: str, flags: str, interval: str, count: str) -> None:
    """Call getAllDomainStats so often and print the processor time that it took."""
    connection = libvirt.open(uri)
    connection.getAllDomainStats(int(groups), int(flags))
    begin = time.process_time()
    for _ in range(int(count)):
        time.sleep(float(interval))
        connection.getAllDomainStats(int(groups), int(flags))
    _say(cpu=time.process_time() - begin)


def storm(uri: str, seconds: str, rate: str, *names: str) -> None:
    """Suspend and resume the named domains side by side, at most `rate` calls a second."""
    end = time.monotonic() + float(seconds)
    spacing = len(names) / float(rate)
    calls: list[int] = []

    def shake(name: str) -> None:
        domain = libvirt.open(uri).lookupByName(name)
        due = time.monotonic()
        done = 0
        while time.monotonic() < end:
            if done % 2 == 0:
                domain.suspend()
            else:
                domain.resume()
            done += 1
            due += spacing
            time.sleep(max(0.0, due - time.monotonic()))
        if done % 2:
            domain.resume()
        calls.append(done)

    threads = [threading.Thread(target=shake, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _say(calls=sum(calls))


def _say(**values: object) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    work: dict[str, Callable[..., None]] = {
        "open": open_,
        "list": list_,
        "events": events,
        "stats": stats,
        "storm": storm,
    }
    work[sys.argv[1]](*sys.argv[2:])
