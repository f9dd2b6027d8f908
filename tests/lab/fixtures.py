"""The lab for pytest. Nothing starts before a test asks for it."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.daemon import IsolatedDaemon
from tests.lab.guests import Guest
from tests.lab.lab import Lab
from tests.lab.passthrough import PassthroughGuest, PassthroughHost
from tests.lab.sshd import Account, SshServer, account
from tests.lab.workspace import PREFIX


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the lab, so that `-m "not guests"` leaves it out."""
    for item in items:
        if {"lab", "ssh_account"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("guests")


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A libvirtd for the whole run; see tests.lab.Lab."""
    with Lab() as lab:
        yield lab


@pytest.fixture
def guest(lab: Lab) -> Iterator[Callable[..., Guest]]:
    """Make guests that go with the test: `guest("web", state="paused", memory_mib=16)`."""
    made: list[Guest] = []

    def make(name: str, **options: Any) -> Guest:
        made.append(lab.guest(name, **options))
        return made[-1]

    yield make
    for one in made:
        one.remove()


@pytest.fixture
def isolated_daemon(lab: Lab) -> Iterator[IsolatedDaemon]:
    """A second libvirtd, empty, that the test may kill, stop and restart."""
    with lab.isolated_daemon() as daemon:
        yield daemon


@pytest.fixture(scope="session")
def ssh_account() -> Iterator[Account]:
    """A user of this machine for the run, to sign in as."""
    with account() as made:
        yield made


@pytest.fixture
def ssh_server(ssh_account: Account) -> Iterator[Callable[..., SshServer]]:
    """Make an sshd that goes with the test: `ssh_server(password=True)`."""
    made: list[SshServer] = []
    # Where another user may look: pytest keeps its own folders to itself.
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-ssh-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)

        def make(**options: Any) -> SshServer:
            made.append(SshServer(folder / f"sshd-{len(made)}", ssh_account, **options))
            return made[-1]

        yield make
        for one in made:
            one.close()


@pytest.fixture(scope="session")
def passthrough_host() -> Iterator[PassthroughHost]:
    """A host with an IOMMU and two network cards of four virtual functions each, and more.

    Started once for the whole run: a test leaves its devices as it has found them.
    """
    with PassthroughHost() as host:
        yield host


@pytest.fixture
def passthrough_guest(
    passthrough_host: PassthroughHost,
) -> Iterator[Callable[..., PassthroughGuest]]:
    """Make guests that go with the test: `passthrough_guest("web", devices_xml)`."""
    made: list[PassthroughGuest] = []

    def make(name: str, devices: str = "", **options: Any) -> PassthroughGuest:
        made.append(passthrough_host.guest(name, devices, **options))
        return made[-1]

    yield make
    for one in made:
        one.remove()
