"""Signing in to a real sshd, every way there is, down to machines on the list."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab import IsolatedDaemon, Lab
from tests.lab.commands import run
from tests.lab.far import (
    FLEETS,
    answer,
    asked,
    connected,
    connecting,
    far_daemon,
    far_socket,
    processes,
    ssh_processes,
)
from tests.lab.guests import GuestSpec
from tests.lab.sshd import Account, SshServer
from tests.waiting import until
from tui.hypervisor import definition
from tui.hypervisor.console import open_console
from tui.hypervisor.records import HostState
from tui.hypervisor.signin import QuestionKind
from tui.hypervisor.support import lacking


@pytest.fixture(scope="module")
def daemon(lab: Lab, ssh_account: Account) -> IsolatedDaemon:
    return far_daemon(lab, ssh_account)


async def test_a_password_asked_once_serves_libvirt_and_a_log(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(password=True)
    sshd.know()
    async with connecting(sshd.uri(far_socket(daemon))) as host:
        assert "password" in await asked(host)
        assert host.record.state is HostState.NEEDS_AUTHENTICATION
        await answer(host, sshd.account.password)
        await connected(host)
        assert (await host.remote("id -un")).decode().strip() == sshd.account.name
        assert sshd.account.password not in run(["ps", "-eo", "args", "eww"])
        host.close()
    assert sshd.sign_ins == 1


async def test_a_key_needs_nobody_and_comes_back_after_a_cut(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(publickey=True)
    sshd.know()
    async with connecting(sshd.uri(far_socket(daemon), keyfile=sshd.key())) as host:
        await connected(host)
        sshd.cut()
        await until(lambda: host.record.state is not HostState.CONNECTED)
        await until(lambda: all(d.stale for d in host.inventory.domains.values()))
        await connected(host)
        assert host.question is None
    assert sshd.sign_ins == 2


async def test_a_passphrase_is_asked_for_until_it_is_right(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(publickey=True)
    sshd.know()
    async with connecting(sshd.uri(far_socket(daemon), keyfile=sshd.key("s3cret"))) as host:
        assert "passphrase" in await asked(host)
        await answer(host, "wrong")
        assert "passphrase" in await asked(host)
        assert host.question is not None
        assert host.question.attempt == 2
        await answer(host, "s3cret")
        await connected(host)


async def test_keyboard_interactive_signs_in(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(keyboard=True)
    sshd.know()
    async with connecting(sshd.uri(far_socket(daemon))) as host:
        assert "Password" in await asked(host)
        await answer(host, sshd.account.password)
        await connected(host)


async def test_the_ssh_libraries_of_libvirt_ask_the_same_way(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(password=True)
    transports = [name for name in ("libssh", "libssh2") if name not in lacking()]
    assert transports
    for transport in transports:
        where = f"{sshd.account.name}@127.0.0.1:{sshd.port}"
        known = sshd.directory / f"known-by-{transport}"
        known.touch()
        uri = (
            f"qemu+{transport}://{where}/system?socket={far_socket(daemon)}"
            f"&known_hosts={known}&sshauth=password"
        )
        async with connecting(uri) as host:
            await asked(host)
            assert host.question is not None
            assert host.question.kind is QuestionKind.HOST_KEY
            await answer(host, "yes")  # as the dialog's button does
            assert "password" in await asked(host)
            assert host.question is not None
            assert host.question.attempt == 1
            await answer(host, sshd.account.password)
            await connected(host)


async def test_an_unknown_host_key_is_shown_and_may_be_refused(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(publickey=True)
    async with connecting(sshd.uri(far_socket(daemon), keyfile=sshd.key())) as host:
        assert sshd.fingerprint in await asked(host)
        assert host.question is not None
        assert host.question.kind is QuestionKind.HOST_KEY
        await answer(host, "no")
        await until(lambda: host.record.error is not None)
        assert host.record.error is not None
        assert host.record.state is HostState.NEEDS_AUTHENTICATION
        assert host.record.retry_at is None
        assert sshd.sign_ins == 0
        host.retry()
        await asked(host)
        await answer(host, "yes")
        await connected(host)


async def test_a_changed_host_key_is_refused_with_words(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(publickey=True, password=True)
    sshd.know()
    sshd.close()
    sshd.new_host_key()
    sshd.start()
    async with connecting(sshd.uri(far_socket(daemon), keyfile=sshd.key())) as host:
        await until(lambda: host.record.error is not None, 15)
        error = host.record.error
        assert error is not None
        assert host.record.state is HostState.FAILED
        assert "host key has changed" in error.words
        assert sshd.fingerprint in error.words
        assert "known_hosts:1" in error.words
        assert sshd.sign_ins == 0
        run(shlex.split(error.advice.partition("Then: ")[2]))
        host.retry()
        assert sshd.fingerprint in await asked(host)


async def test_a_jump_host_and_the_host_behind_it_ask_one_after_the_other(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    gate, sshd = ssh_server(password=True), ssh_server(password=True)
    sshd.know()
    known = (sshd.directory / "known_hosts").read_text()
    gate.know()
    (sshd.directory / "known_hosts").write_text(
        known + (gate.directory / "known_hosts").read_text()
    )
    jump = f"{gate.account.name}@127.0.0.1:{gate.port}"
    async with connecting(sshd.uri(far_socket(daemon), jump=jump)) as host:
        for _ in range(2):
            await asked(host)
            assert host.question is not None
            assert host.question.attempt == 1  # neither refused the other's
            await answer(host, sshd.account.password)
        await connected(host)
    assert (gate.sign_ins, sshd.sign_ins) == (1, 1)


async def test_a_wrong_password_three_times(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(password=True)
    sshd.know()
    async with connecting(sshd.uri(far_socket(daemon))) as host:
        for attempt in (1, 2, 3):
            await asked(host)
            assert host.question is not None
            assert host.question.attempt == attempt
            await answer(host, "wrong")
        await until(lambda: host.record.error is not None, 15)
        assert host.record.state is HostState.NEEDS_AUTHENTICATION
        assert host.record.error is not None
        assert "Permission denied" in host.record.error.words
        assert host.record.retry_at is None


async def test_put_off_and_taken_up_again(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(password=True)
    sshd.know()
    async with connecting(sshd.uri(far_socket(daemon))) as host:
        await asked(host)
        assert ssh_processes()
        host.put_off()
        assert host.record.state is HostState.NEEDS_AUTHENTICATION
        await until(lambda: not ssh_processes(), 10)
        host.retry()
        await asked(host)
        await answer(host, sshd.account.password)
        await connected(host)


async def test_where_nothing_listens_it_says_so_and_tries_again(
    ssh_server: Callable[..., SshServer],
) -> None:
    sshd = ssh_server(password=True)
    sshd.close()
    async with connecting(sshd.uri(Path("/nowhere"))) as host:
        await until(lambda: host.record.state is HostState.LOST, 15)
        assert host.record.error is not None
        assert "Connection refused" in host.record.error.words
        assert "No SSH server" in host.record.error.advice
        assert host.record.retry_at is not None


PROGRAM = """
import asyncio, signal, sys
from tui.hypervisor import definition
from tui.hypervisor.console import open_console
from tui.hypervisor.fleet import Fleet
async def main():
    fleet = Fleet(); fleet.attach()
    host = fleet.add("far", sys.argv[1]); host.open()
    while not host.is_connected: await asyncio.sleep(0.05)
    print("connected", flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
async def test_however_virtty_ends_no_ssh_is_left(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer], number: signal.Signals
) -> None:
    sshd = ssh_server(publickey=True)
    sshd.know()
    uri = sshd.uri(far_socket(daemon), keyfile=sshd.key())
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, uri, stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    assert await asyncio.wait_for(program.stdout.readline(), 20)
    mine = [line.split(maxsplit=3) for line in processes() if "virtty-ssh" in line]
    keepers = {pid for pid, parent, _, _ in mine if parent == str(program.pid)}
    assert len(keepers) == 1
    program.send_signal(number)
    await program.wait()
    await until(lambda: not any(line.split()[2] in keepers for line in processes()), 10)


async def test_the_daemon_there_is_killed_and_comes_back_without_a_new_sign_in(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(password=True)
    sshd.know()
    async with connecting(sshd.uri(far_socket(daemon))) as host:
        await asked(host)
        await answer(host, sshd.account.password)
        await connected(host)
        daemon.kill()
        await until(lambda: host.record.state is not HostState.CONNECTED, 10)
        daemon.start()
        await connected(host)
        assert host.question is None
    assert sshd.sign_ins == 1


async def test_the_sign_in_dies_and_a_person_is_needed_again(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(password=True)
    sshd.know()
    async with connecting(sshd.uri(far_socket(daemon))) as host:
        await asked(host)
        await answer(host, sshd.account.password)
        await connected(host)
        sshd.cut()
        await until(lambda: host.question is not None, 15)
        assert host.record.state is HostState.NEEDS_AUTHENTICATION
        assert not host.wanted_now
        assert [domain.stale for domain in host.inventory.domains.values()] == [True]
        await answer(host, sshd.account.password)
        await connected(host)


async def test_nobody_behind_the_socket_there(ssh_server: Callable[..., SshServer]) -> None:
    sshd = ssh_server(publickey=True)
    sshd.know()
    uri = sshd.uri(Path("/nonexistent/libvirt-sock"), keyfile=sshd.key())
    async with connecting(uri) as host:
        await until(lambda: host.record.error is not None, 15)
        assert host.record.error is not None
        assert "/nonexistent/libvirt-sock" in host.record.error.words


async def test_two_connections_share_a_sign_in(
    daemon: IsolatedDaemon, ssh_server: Callable[..., SshServer]
) -> None:
    sshd = ssh_server(password=True)
    sshd.know()
    async with connecting(sshd.uri(far_socket(daemon))) as host:
        await asked(host)
        await answer(host, sshd.account.password)
        await connected(host)
        states: list[HostState] = []
        trial = FLEETS[-1].trial(host.record.uri, True, lambda one: states.append(one.record.state))
        trial.open()
        await until(lambda: trial.record.state is HostState.CONNECTED, 15)
        assert HostState.NEEDS_AUTHENTICATION not in states
        trial.close()
        assert await host.remote("echo here") == b"here\n"
    assert sshd.sign_ins == 1


async def test_one_sign_in_for_libvirt_a_console_and_a_log(
    daemon: IsolatedDaemon,
    ssh_server: Callable[..., SshServer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guest = daemon.guest(GuestSpec(name="far-console", kernel=True))
    sshd = ssh_server(password=True)
    sshd.know()
    logs = sshd.directory / "logs"
    logs.mkdir(mode=0o755)
    (logs / f"{guest.name}.log").write_text("last words\n")
    monkeypatch.setattr(definition, "LOGS", logs)
    try:
        async with connecting(sshd.uri(far_socket(daemon))) as host:
            await asked(host)
            await answer(host, sshd.account.password)
            await until(lambda: host.record.facts is not None, 20)
            record = host.inventory.domains[guest.uuid]
            await until(lambda: host.inventory.domains[guest.uuid].started is not None)
            heard = bytearray()
            console = await open_console(host, record, heard.extend, lambda _reason: None)
            await until(lambda: bool(heard), 60)
            heard.clear()
            console.write(b"echo $((40 + 2))\n")
            await until(lambda: b"42" in heard, 60)
            console.close()
            assert await definition.read_log(host, record) == ("last words\n", "")
            (logs / f"{guest.name}.log").unlink()
            text, why_not = await definition.read_log(host, record)
            assert text == ""
            assert "No such file" in why_not
        assert sshd.sign_ins == 1
    finally:
        guest.remove()
