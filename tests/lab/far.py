"""A host behind an sshd, as the tests of remote connections drive it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from tests.lab.commands import run
from tests.lab.daemon import IsolatedDaemon
from tests.lab.lab import Lab
from tests.lab.sshd import Account
from tests.waiting import until
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.records import HostState

DOMAIN = """<domain type='qemu'><name>far</name><memory unit='MiB'>16</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"""

FLEETS: list[Fleet] = []
"""The last one is the one in use."""
KEEPERS: set[str] = set()
"""Ids of the shells that keep the sign-ins of this process, those that have gone too."""


def far_daemon(lab: Lab, account: Account) -> IsolatedDaemon:
    """A libvirtd with one machine, `far`, whose socket the account may use."""
    daemon = lab.isolated_daemon()
    account.may_reach(far_socket(daemon))
    definition = daemon.workspace.path / "far.xml"
    definition.write_text(DOMAIN)
    daemon.virsh("define", str(definition))
    return daemon


def far_socket(daemon: IsolatedDaemon) -> Path:
    """The Unix socket of an isolated libvirtd."""
    return Path(daemon.uri.partition("socket=")[2])


@contextlib.asynccontextmanager
async def connecting(uri: str) -> AsyncIterator[Host]:
    """A host being opened; at the end no ssh of it may be left."""
    fleet = Fleet()
    fleet.attach()
    FLEETS[:] = [fleet]
    host = fleet.add("far", uri)
    host.open()
    try:
        yield host
    finally:
        ssh_processes()
        fleet.close()
        await until(lambda: not ssh_processes(), 10)


def processes() -> list[str]:
    """Id, parent, session and command line of every process that has not ended.

    In a container, what has ended may stay on the list: its first process collects nobody.
    """
    listed = run(["ps", "-ww", "-eo", "stat=,pid=,ppid=,sess=,args="]).splitlines()
    alive = (line.strip().partition(" ")[2].strip() for line in listed if line.strip()[:1] != "Z")
    return [line for line in alive if len(line.split()) > 3]


def ssh_processes() -> set[str]:
    """Ids of every process in the sessions of the sign-ins that this process has started."""
    rows = [line.split(maxsplit=3) for line in processes()]
    KEEPERS.update(
        pid for pid, parent, _, args in rows if parent == str(os.getpid()) and "virtty-ssh" in args
    )
    return {pid for pid, _, session, _ in rows if session in KEEPERS}


async def asked(host: Host, seconds: float = 15) -> str:
    """What the host asks now, all of it."""
    await until(lambda: host.question is not None, seconds)
    question = host.question
    assert question is not None
    return "\n".join([question.text, *(field.prompt for field in question.fields)]).strip()


async def answer(host: Host, *answers: str) -> None:
    """Answer what the host asks, and wait until it has the answer."""
    question = host.question
    assert question is not None
    question.answer(list(answers))
    await until(lambda: host.question is not question, 15)


async def connected(host: Host) -> None:
    """Wait for the machine of :func:`far_daemon` on the list."""
    await until(lambda: host.record.state is HostState.CONNECTED, 20)
    assert [domain.name for domain in host.inventory.domains.values()] == ["far"]
