"""What may be wrong on the far side of a sign-in, and with the names of hosts."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.terminal import Terminal
from tests.lab import IsolatedDaemon, Lab
from tests.lab.commands import poll, run
from tests.lab.far import connected, connecting, far_daemon, far_socket, processes, ssh_processes
from tests.lab.names import NameServer
from tests.lab.sshd import Account, SshServer
from tests.waiting import until
from tui.hypervisor.records import HostState


@pytest.fixture(scope="module")
def daemon(lab: Lab, ssh_account: Account) -> IsolatedDaemon:
    return far_daemon(lab, ssh_account)


@pytest.mark.parametrize(
    ("tools", "proxy", "words", "advice"),
    [
        ("sh grep", "auto", "nc: not found", "Install netcat-openbsd on that host"),
        ("sh grep nc", "native", "virt-ssh-helper: not found", "choose netcat"),
    ],
)
async def test_a_helper_that_is_not_there(
    daemon: IsolatedDaemon,
    ssh_server: Callable[..., SshServer],
    tools: str,
    proxy: str,
    words: str,
    advice: str,
) -> None:
    sshd = ssh_server(publickey=True)
    sshd.know()
    path = sshd.directory / "bin"
    path.mkdir(mode=0o755)
    for tool in tools.split():
        (path / tool).symlink_to(run(["which", tool]).strip())
    sshd.set(f"SetEnv PATH={path}")
    async with connecting(sshd.uri(far_socket(daemon), keyfile=sshd.key(), proxy=proxy)) as host:
        await until(lambda: host.record.error is not None, 15)
        error = host.record.error
        assert error is not None
        assert words in error.words
        assert advice in error.advice
        assert host.record.state is HostState.FAILED
        assert host.record.retry_at is None


@pytest.mark.parametrize(
    ("mode", "words", "advice", "state"),
    [
        (0o600, "Permission denied", "usermod -aG libvirt", HostState.FAILED),
        (0o777, "Connection refused", "Start it there", HostState.LOST),
    ],
)
async def test_a_socket_that_lets_nobody_in(
    ssh_server: Callable[..., SshServer],
    mode: int,
    words: str,
    advice: str,
    state: HostState,
) -> None:
    sshd = ssh_server(publickey=True)
    sshd.know()
    path = sshd.directory / "libvirt-sock"
    with socket.socket(socket.AF_UNIX) as unused:
        unused.bind(str(path))
    path.chmod(mode)
    async with connecting(sshd.uri(path, keyfile=sshd.key())) as host:
        await until(lambda: host.record.error is not None, 15)
        error = host.record.error
        assert error is not None
        assert words in error.words
        assert advice in error.advice
        assert host.record.state is state


async def test_the_master_is_killed_and_a_key_brings_it_back(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(publickey=True)
    sshd.know()
    async with connecting(sshd.uri(far_socket(daemon), keyfile=sshd.key())) as host:
        await connected(host)
        mine = ssh_processes()
        rows = [line.split() for line in processes()]
        (master,) = [int(row[0]) for row in rows if row[0] in mine and row[3] == "ssh"]
        os.kill(master, signal.SIGKILL)
        await until(lambda: host.record.state is not HostState.CONNECTED, 10)
        assert all(domain.stale for domain in host.inventory.domains.values())
        await connected(host)
        await until(lambda: not mine & ssh_processes())
        assert sshd.sign_ins == 2


@pytest.mark.guests
async def test_a_host_that_no_name_server_knows_is_lost_with_advice(tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    with NameServer(tmp_path, silent=False) as names:
        command = shlex.join(names.asking("ssh", "-F", "/dev/null"))
        ssh.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        ssh.chmod(0o755)
        async with connecting(f"qemu+ssh://me@far.example/system?command={ssh}") as host:
            await until(lambda: host.record.error is not None, 15)
            assert host.record.error is not None
            assert "Could not resolve hostname far.example" in host.record.error.words
            assert "No such host" in host.record.error.advice
            assert host.record.state is HostState.LOST


@pytest.mark.guests
def test_a_name_server_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    folders = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "STATE", "CACHE")}
    env = {**os.environ, "TERM": "xterm-256color", **folders}
    hosts = ("qemu+ssh://me@far.example/system", "qemu+tcp://far.example/system")
    with NameServer(tmp_path, silent=True) as names:
        program = names.asking(sys.executable, "-m", "tui", *hosts, "test:///default")
        with Terminal(program, columns=160, rows=30, env=env) as terminal:
            terminal.wait_for_text("running   ")
            terminal.wait_until(lambda: "1 of 3 hosts" in terminal.lines()[0], "the one is there")
            assert names.asked.wait(10)
            terminal.wait_for_text("not responding", timeout=15)
            for key, words in (("5", "Disconnect"), ("1", "Shut down")):
                sent = terminal.send(key)
                assert terminal.wait_for_text(words) - sent < 1.0
            begin = terminal.send("q")
            assert terminal._process.wait(5) == 0
            assert time.monotonic() - begin < 1.5
        poll(lambda: not hanging(), "no ssh is left", timeout=10)


def hanging() -> list[str]:
    """Processes that are about the host whose name nobody knows."""
    return [line for line in processes() if "far.example" in line and "pytest" not in line]
