"""The lab for pytest. Nothing starts before a test asks for it."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

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
        if {"lab", "ssh_account", "passthrough_hosts"} & set(getattr(item, "fixturenames", ())):
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


class PassthroughHosts:
    """The passthrough host of the run, and another one when its emulator has died."""

    def __init__(self) -> None:
        self._host: PassthroughHost | None = None

    def present(self) -> PassthroughHost:
        """The one that runs, started if need be."""
        if self._host is not None and not self._host.is_alive:
            self.close()
        if self._host is None:
            self._host = PassthroughHost()
        return self._host

    def death(self) -> str | None:
        """What the emulator said before it died; None while it lives or where there is none."""
        if self._host is None or self._host.is_alive:
            return None
        return self._host.emulator_log or f"it ended with status {self._host.status}"

    def close(self) -> None:
        """End it."""
        if self._host is not None:
            self._host.close()
            self._host = None


_passthrough = PassthroughHosts()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A test whose passthrough host dies under it is run once more, on another host.

    QEMU emulating a whole machine with an IOMMU has ended by itself once in a long while: that
    says nothing of what is tested. Any other failure stands.
    """
    if "passthrough_host" not in getattr(item, "fixturenames", ()):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    death = _passthrough.death()
    if death is not None and any(report.failed for report in reports):
        item.warn(pytest.PytestWarning(f"the passthrough host died, run again: {death}"))
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(scope="session")
def passthrough_hosts() -> Iterator[PassthroughHosts]:
    """Ends the passthrough host with the run."""
    yield _passthrough
    _passthrough.close()


@pytest.fixture
def passthrough_host(passthrough_hosts: PassthroughHosts) -> PassthroughHost:
    """A host with an IOMMU and two network cards of four virtual functions each, and more.

    The same for the whole run: a test leaves its devices as it has found them.
    """
    return passthrough_hosts.present()


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
