"""A host for the tests of this floor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.waiting import until
from tui.demo import demo_uri
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    """The demo host, connected; its audit log is in ``tmp_path / "state"``."""
    fleet = Fleet(tmp_path / "state" / "audit.log")
    fleet.attach()
    found = fleet.add("demo", demo_uri(), demo=True)
    found.open()
    await until(lambda: found.record.facts is not None)
    yield found
    fleet.close()
