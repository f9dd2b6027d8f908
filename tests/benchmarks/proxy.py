"""A libvirt socket at a distance: delays both directions and writes down every call.

Run as a process of its own, so that what it costs disturbs nothing that is measured:
`python -m tests.benchmarks.proxy LISTEN UPSTREAM ROUND_TRIP MULTIPLY LOG`.
"""

import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TextIO

from tests.benchmarks.rpc import GET_ALL_DOMAIN_STATS, NAMES, Splitter

_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Call:
    """A call that went through: when (time.monotonic), which, and the groups of statistics."""

    at: float
    procedure: int
    groups: int
    flags: int


class Proxy:
    """The proxy process in front of the libvirtd behind `uri`; `self.uri` is its own."""

    def __init__(
        self, uri: str, directory: Path, round_trip: float = 0.0, *, multiply_events: bool = False
    ) -> None:
        base, _, upstream = uri.partition("?socket=")
        number = len(list(directory.glob("proxy-*.log")))
        listen = directory / f"proxy-{number}"
        self._log = directory / f"proxy-{number}.log"
        self._log.touch()
        self.uri = f"{base}?socket={listen}"
        arguments = (
            str(listen),
            upstream,
            str(round_trip),
            str(int(multiply_events)),
            str(self._log),
        )
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.proxy", *arguments],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise OSError(f"no proxy on {listen}")

    def calls(self, since: float = 0.0, until: float = float("inf")) -> list[Call]:
        """The calls that clients made in a span of time.monotonic."""
        calls = []
        for at, *words in self._lines():
            if len(words) == 1:
                continue
            call = Call(float(at), *map(int, words))
            if since <= call.at < until:
                calls.append(call)
        return calls

    def bytes(self, since: float = 0.0, until: float = float("inf")) -> int:
        """What went through, both ways, in a span of time.monotonic."""
        return sum(
            int(words[0])
            for at, *words in self._lines()
            if len(words) == 1 and since <= float(at) < until
        )

    def _lines(self) -> list[list[str]]:
        return [line.split() for line in self._log.read_text().splitlines()]

    def close(self) -> None:
        """End the process and its connections."""
        self._process.terminate()
        self._process.communicate()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def named(calls: list[Call]) -> str:
    """The calls by kind, in words."""
    counts = Counter(NAMES.get(call.procedure, f"procedure {call.procedure}") for call in calls)
    return ", ".join(f"{count} × {name}" for name, count in counts.most_common())


def serve(listen: str, upstream: str, round_trip: float, multiply: bool, log: TextIO) -> None:
    """Accept connections for ever; each gets a connection to `upstream`."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(listen)
        server.listen(16)
        print("listening", flush=True)
        while True:
            client = server.accept()[0]
            daemon = socket.socket(socket.AF_UNIX)
            daemon.connect(upstream)
            _join(client, daemon, round_trip / 2, log, is_client=True)
            change = Multiplier().feed if multiply else None
            _join(daemon, client, round_trip / 2, log, change)


class Multiplier:
    """Makes five lifecycle events of one: by turns itself and the one before of that domain.

    So every one of the five changes the state, and the last is what libvirtd said last.
    """

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._last: dict[bytes, bytes] = {}

    def feed(self, data: bytes) -> bytes:
        """Take what comes from the daemon and return what the client gets."""
        out = []
        for message in self._splitter.feed(data):
            out.append(message.whole)
            if (domain := message.lifecycle_domain) is not None:
                if before := self._last.get(domain):
                    out += 2 * [before, message.whole]
                self._last[domain] = message.whole
        return b"".join(out)


def _join(
    source: socket.socket,
    target: socket.socket,
    delay: float,
    log: TextIO,
    change: Callable[[bytes], bytes] | None = None,
    *,
    is_client: bool = False,
) -> None:
    """Carry bytes one way, each `delay` seconds late, however many are under way.

    `change` may hold back, alter or add; `log` is given how much comes, and a client's calls.
    """
    under_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
    splitter = Splitter()

    def receive() -> None:
        while True:
            try:
                data = source.recv(_CHUNK)
            except OSError:
                data = b""
            now = time.monotonic()
            passed = change(data) if change and data else data
            if delay:
                under_way.put((now + delay, passed))
            elif passed or not data:
                _pass_on(target, passed)
            log.write(f"{now} {len(data)}\n")
            if is_client:
                _note(log, now, splitter, data)
            log.flush()
            if not data:
                return

    def send() -> None:
        while True:
            due, data = under_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            _pass_on(target, data)
            if not data:
                return

    threading.Thread(target=receive, daemon=True).start()
    if delay:
        threading.Thread(target=send, daemon=True).start()


def _pass_on(target: socket.socket, data: bytes) -> None:
    try:
        if data:
            target.sendall(data)
        else:
            target.shutdown(socket.SHUT_WR)
    except OSError:  # the other end has gone; its own direction sees that too
        return


def _note(log: TextIO, at: float, splitter: Splitter, data: bytes) -> None:
    for message in splitter.feed(data):
        if message.is_call:
            groups, flags = (
                message.stats_arguments() if message.procedure == GET_ALL_DOMAIN_STATS else (0, 0)
            )
            log.write(f"{at} {message.procedure} {groups} {flags}\n")


if __name__ == "__main__":
    listen, upstream, round_trip, multiply, log_path = sys.argv[1:]
    os.umask(0)
    with Path(log_path).open("a") as log_file:
        serve(listen, upstream, float(round_trip), multiply == "1", log_file)
