"""The harness is worth as much as its slowness: a slow link is slow, a far host is far."""

import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.benchmarks.link import Link
from tests.benchmarks.proxy import Proxy
from tests.benchmarks.terminal import Terminal

pytestmark = pytest.mark.program

WRITER = "import os, time\nos.write(1, b'x' * {count} + b'end')\ntime.sleep(60)"


def _seconds_for(count: int, link: Link | None) -> float:
    with Terminal([sys.executable, "-c", WRITER.format(count=count)], link=link) as terminal:
        terminal.wait_until(lambda: terminal.received > 0, "the first byte")
        begin = terminal.last_read
        return terminal.wait_for_text("end") - begin


def test_a_slow_link_carries_its_rate_and_no_more() -> None:
    assert min(_seconds_for(5_000, None) for _ in range(3)) < 0.4
    # Slow enough that a busy machine, which takes the reader's turn now and then, does not count.
    assert 0.45 < _seconds_for(500, Link(1_000)) < 1.5


def test_a_program_cannot_write_faster_than_the_link_but_for_the_kernels_buffer() -> None:
    # Writing blocks once the kernel holds its fill; the program's own clock shows it.
    program = (
        "import os, time\nbegin = time.monotonic()\nfor _ in range(50): os.write(1, b'x' * 1000)\n"
        "print('took', int(1000 * (time.monotonic() - begin)), 'ms'); time.sleep(60)"
    )
    with Terminal([sys.executable, "-c", program], link=Link(50_000)) as terminal:
        terminal.wait_for_text(" ms")
        took = int(terminal.text().rpartition("took")[2].split()[0])
    assert took > 400


def _echo(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        connection = server.accept()[0]
        while data := connection.recv(1 << 16):
            connection.sendall(data)


def test_the_proxy_adds_the_round_trip_and_keeps_the_throughput(tmp_path: Path) -> None:
    threading.Thread(target=_echo, args=(tmp_path / "echo",), daemon=True).start()
    with (
        Proxy(f"unix://?socket={tmp_path / 'echo'}", tmp_path, 0.5) as proxy,
        socket.socket(socket.AF_UNIX) as client,
    ):
        client.connect(proxy.uri.partition("=")[2])
        took = []
        for _ in range(3):
            begin = time.monotonic()
            client.sendall(b"x")
            assert client.recv(1) == b"x"
            took.append(time.monotonic() - begin)
        assert 0.5 <= min(took) < 0.8

        size = 4 << 20
        threading.Thread(target=client.sendall, args=(b"y" * size,), daemon=True).start()
        begin, received = time.monotonic(), 0
        while received < size:
            received += len(client.recv(1 << 18))
        # At one chunk per round trip this would take eight seconds.
        assert time.monotonic() - begin < 4
