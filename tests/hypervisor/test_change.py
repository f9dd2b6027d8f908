"""The frame around a change: whatever happens inside, its entry ends."""

from __future__ import annotations

import asyncio

import pytest

from tui.hypervisor.change import changing
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.journal import Outcome


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (HypervisorError("Start a", words="no"), Outcome.FAILED),
        (asyncio.CancelledError(), Outcome.CANCELLED),
        (ValueError("a fault of ours"), Outcome.FAILED),
    ],
)
async def test_an_entry_ends_whatever_happens(error: BaseException, outcome: Outcome) -> None:
    host = Fleet().add("h", "test:///default")
    with pytest.raises(type(error)):
        async with changing(host, "a", "start", "virsh start a"):
            raise error
    assert not host.journal.running  # else the program asks for ever whether to quit
    assert host.journal.entries[-1].outcome is outcome
