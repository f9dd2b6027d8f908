"""qemu+tls with certificates of our own, qemu+tcp, and certificates that do not fit."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.lab.tls import NetworkSockets, authority, certificate
from tests.waiting import until
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.records import HostState


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of certificates: of the right authority, and of another one."""
    folder = tmp_path_factory.mktemp("pki")
    for name in ("right", "wrong"):
        certificate(authority(folder, name), folder / f"{name}-client", "client")
    return folder


@pytest.fixture(scope="module")
def sockets(lab: Lab, pki: Path) -> Iterator[NetworkSockets]:
    sockets = NetworkSockets(lab.isolated_daemon(), pki / "right")
    yield sockets
    sockets.close()


@contextlib.asynccontextmanager
async def connecting(uri: str) -> AsyncIterator[Host]:
    fleet = Fleet()
    fleet.attach()
    host = fleet.add("far", uri)
    host.open()
    yield host
    fleet.close()


async def test_the_right_certificate_connects(sockets: NetworkSockets, pki: Path) -> None:
    path = pki / "right-client"
    uri = f"qemu+tls://127.0.0.1:{sockets.port['tls']}/system?pkipath={path}"
    async with connecting(uri) as host:
        await until(lambda: host.record.state is HostState.CONNECTED, 15)


async def test_a_wrong_certificate_is_refused_with_words(
    sockets: NetworkSockets, pki: Path
) -> None:
    path = pki / "wrong-client"
    uri = f"qemu+tls://127.0.0.1:{sockets.port['tls']}/system?pkipath={path}"
    async with connecting(uri) as host:
        await until(lambda: host.record.error is not None, 15)
        error = host.record.error
        assert error is not None
        assert "certificate" in error.words
        assert "both sides trust" in error.advice
        assert host.record.state is HostState.FAILED
        assert host.record.retry_at is None


async def test_tcp_connects(sockets: NetworkSockets) -> None:
    async with connecting(f"qemu+tcp://127.0.0.1:{sockets.port['tcp']}/system") as host:
        await until(lambda: host.record.state is HostState.CONNECTED, 15)


def test_nothing_is_written_over_the_screen(sockets: NetworkSockets, pki: Path) -> None:
    path = pki / "wrong-client"
    uri = f"qemu+tls://127.0.0.1:{sockets.port['tls']}/system?pkipath={path}"
    program = (
        "import sys, tui.hypervisor.eventloop as e, libvirt; e.ensure_running()\n"
        "try: libvirt.open(sys.argv[1])\n"
        "except libvirt.libvirtError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, uri], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("refused\n", "")
