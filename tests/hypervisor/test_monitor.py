"""What is read of a host while somebody looks: one that does not answer holds up nobody else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.waiting import until
from tui.hypervisor import monitor as monitor_module
from tui.hypervisor.details import Read
from tui.hypervisor.errors import NotRespondingError
from tui.hypervisor.inventory import Inventory
from tui.hypervisor.listing import DomainSize
from tui.hypervisor.monitor import Monitor
from tui.hypervisor.records import DomainDetails, DomainRecord
from tui.model.states import DomainState

ANSWERS: dict[str, dict[str, int]] = {"Looking for snapshots": {}, "Reading DHCP leases": {}}


class StubHost:
    """A host of two machines with an agent each; the first agent asked hangs."""

    def __init__(self) -> None:
        self.record = SimpleNamespace(name="h", round_trip=0.001, facts=None, is_slow=False)
        self.inventory = Inventory("h", lambda _change: None, lambda _uuid: None)
        self.is_connected = True
        self.asked = 0
        for uuid in ("a", "b"):
            self.inventory.put(DomainRecord("h", uuid, uuid, state=DomainState.RUNNING))

    def addresses(self, uuid: str) -> tuple[str, ...] | None:
        details = self.inventory.domains[uuid].details
        return None if details is None else details.addresses

    async def read(self, _work, _lane):
        with_agent = DomainDetails(agent=True)
        return {uuid: Read(with_agent, DomainSize(1, 1024)) for uuid in ("a", "b")}

    async def reread_unannounced(self) -> None:
        pass

    async def run(self, _work, *, lane, what, timeout=None):
        if what in ANSWERS:
            return ANSWERS[what]
        self.asked += 1
        if self.asked == 1:
            raise NotRespondingError(what, words="no answer")
        return ("192.0.2.7",)


async def test_an_agent_that_hangs_keeps_nobody_from_asking_the_next():
    host = StubHost()
    monitor = Monitor(host)
    monitor.show(frozenset(), ("a", "b"))
    await until(lambda: host.addresses("b") == ("192.0.2.7",))
    assert host.addresses("a") == ()
    monitor.close()


class StrangeHost(StubHost):
    """Its first answer cannot be understood."""

    answers = 0

    async def read(self, _work, _lane):
        self.answers += 1
        if self.answers == 1:
            raise ValueError("no number")
        return await super().read(_work, _lane)


async def test_what_cannot_be_understood_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(monitor_module, "SLOW_EVERY", 0.01)
    host = StrangeHost()
    monitor = Monitor(host)
    monitor.show(frozenset(), ("a", "b"))
    await until(lambda: host.answers == 1)
    host.inventory.unread.update(("a", "b"))
    monitor.wake()
    await until(lambda: host.addresses("b") == ("192.0.2.7",))
    monitor.close()


async def test_since_when_machines_run_is_asked_again_of_a_host_that_was_away(monkeypatch):
    asked = 0

    async def start_times(_host: object) -> dict[str, float]:
        nonlocal asked
        asked += 1
        return {}

    monkeypatch.setattr(monitor_module, "start_times", start_times)
    monkeypatch.setattr(monitor_module, "BASE_INTERVAL", 0.01)
    monkeypatch.setattr(monitor_module, "SLOW_EVERY", 0.01)
    host = StubHost()
    monitor = Monitor(host)
    looks = 0

    async def look_around() -> None:
        nonlocal looks
        looks += 1

    monkeypatch.setattr(host, "reread_unannounced", look_around)
    await until(lambda: looks > 5)
    assert asked == 1  # once is enough of one connection
    for host.is_connected in (False, True):
        monitor.wake()
    await until(lambda: asked == 2)
    monitor.close()
