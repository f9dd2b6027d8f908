"""What is asked and done about snapshots, apart from the tab that shows them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tui.hypervisor.errors import GoneError
from tui.hypervisor.records import DomainRecord
from tui.screens.machine import snapshot_work


async def test_a_machine_that_is_gone_once_it_was_reverted_is_told_by_its_host(
    monkeypatch: pytest.MonkeyPatch,
):
    record = DomainRecord("h", "uuid", "web")
    domains = {"uuid": record}
    made = SimpleNamespace(refusal="", lost=(), steps=(), discarded=(), guided=True)

    async def revert_by_hand(*_arguments: object) -> None:
        domains.clear()

    async def start(_host: object, started: DomainRecord) -> None:
        raise GoneError(f"Start {started.name}", words="it is gone")

    async def choose(_dialog: object) -> str:
        return "running"

    async def ask(*_question: object) -> bool:
        return True

    monkeypatch.setattr(snapshot_work, "plan_reversion", lambda *_arguments: made)
    monkeypatch.setattr(snapshot_work, "revert_by_hand", revert_by_hand)
    monkeypatch.setattr(snapshot_work.lifecycle, "start", start)
    app: Any = SimpleNamespace(push_screen_wait=choose, ask=ask, say=print)
    host: Any = SimpleNamespace(inventory=SimpleNamespace(domains=domains))
    looked: Any = SimpleNamespace(situation=SimpleNamespace(snapshot=lambda _name: "one"))
    take: Any = None
    with pytest.raises(GoneError):
        await snapshot_work.revert(app, take, "before", host, record, looked)
