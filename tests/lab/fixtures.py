"""The lab for pytest. Nothing starts before a test asks for it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab.daemon import IsolatedDaemon
from tests.lab.guests import Guest
from tests.lab.lab import Lab


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the lab, so that `-m "not guests"` leaves it out."""
    for item in items:
        if "lab" in getattr(item, "fixturenames", ()):
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
