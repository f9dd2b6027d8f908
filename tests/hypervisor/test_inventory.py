"""libvirt's events become records."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import libvirt
import pytest

from tests.waiting import until
from tui.hypervisor.events import Event
from tui.hypervisor.inventory import Inventory
from tui.hypervisor.records import DomainRecord, HostChange, Usage
from tui.model.states import DomainState

UUID = "00000000-0000-4000-8000-000000000001"


class Fixture:
    """An inventory that notes what it tells and what it wants read again."""

    def __init__(self) -> None:
        self.changes: list[HostChange] = []
        self.verified: list[str] = []
        self.inventory = Inventory("h", self.changes.append, self.verified.append)

    def lifecycle(self, type_: int, detail: int = 0, name: str = "a", number: int | None = 7):
        self.inventory.apply(Event("lifecycle", UUID, name, (type_, detail), number))

    @property
    def record(self) -> DomainRecord | None:
        return self.inventory.domains.get(UUID)


@pytest.fixture
async def fixture() -> Fixture:
    made = Fixture()
    made.inventory.load([DomainRecord("h", UUID, "a", state=DomainState.SHUTOFF)])
    await until(lambda: made.changes)
    made.changes.clear()
    return made


def state(fixture: Fixture) -> DomainState:
    assert fixture.record is not None
    return fixture.record.state


async def test_start_suspend_resume_stop(fixture):
    for type_, detail, after in (
        (libvirt.VIR_DOMAIN_EVENT_STARTED, 0, DomainState.RUNNING),
        (libvirt.VIR_DOMAIN_EVENT_SUSPENDED, 0, DomainState.PAUSED),
        (libvirt.VIR_DOMAIN_EVENT_RESUMED, 0, DomainState.RUNNING),
        (libvirt.VIR_DOMAIN_EVENT_STOPPED, 1, DomainState.SHUTOFF),
    ):
        fixture.lifecycle(type_, detail)
        assert state(fixture) is after
    assert fixture.record.id is None
    assert fixture.verified


async def test_a_transition_lasts_until_the_event(fixture):
    fixture.inventory.set_transition(UUID, "starting")
    assert fixture.record.transition == "starting"
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STARTED)
    assert fixture.record.transition is None
    assert fixture.record.started is not None


async def test_a_start_that_was_seen_counts_more_than_what_the_host_told_before(fixture):
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STARTED)
    seen = fixture.record.started
    fixture.inventory.set_started(UUID, 1000.0)  # of the QEMU before this one
    assert fixture.record.started == seen
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STOPPED, 1)
    fixture.inventory.set_started(UUID, 1000.0)
    assert fixture.record.started is None


async def test_figures_that_come_after_the_end_of_a_machine_are_not_taken(fixture):
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STARTED)
    fixture.inventory.load_usage({UUID: Usage(cpu=0.5)})
    assert fixture.inventory.usage
    assert fixture.inventory.history
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_DESTROYED)
    fixture.inventory.load_usage({UUID: Usage(cpu=0.5)})
    assert not fixture.inventory.usage
    assert not fixture.inventory.history


async def test_a_machine_that_is_being_saved_is_not_shown_as_paused_nor_as_off(fixture):
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STARTED)
    fixture.inventory.set_transition(UUID, "saving")
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_SUSPENDED)
    assert (state(fixture), fixture.record.transition) == (DomainState.PAUSED, "saving")
    fixture.inventory.refresh(UUID, replace(fixture.record, transition=None))
    assert fixture.record.transition == "saving"
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_SAVED)
    assert (fixture.record.transition, fixture.record.managed_save) == (None, True)


async def test_one_that_was_saved_to_a_file_has_no_managed_save(fixture):
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STARTED)
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_SAVED)
    assert not fixture.record.managed_save


async def test_a_save_that_was_aborted_is_over(fixture):
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STARTED)
    fixture.inventory.set_transition(UUID, "saving")
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_SUSPENDED)
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_RESUMED)
    assert fixture.record.transition is None


async def test_a_transient_machine_vanishes_when_it_stops(fixture):
    fixture.inventory.put(DomainRecord("h", UUID, "a", state=DomainState.RUNNING, persistent=False))
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STOPPED)
    assert fixture.record is None


async def test_undefined_while_running_becomes_transient(fixture):
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STARTED)
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_UNDEFINED)
    assert fixture.record.persistent is False
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STOPPED)
    assert fixture.record is None


async def test_a_renamed_domain_has_its_new_name(fixture):
    fixture.lifecycle(
        libvirt.VIR_DOMAIN_EVENT_UNDEFINED, libvirt.VIR_DOMAIN_EVENT_UNDEFINED_RENAMED
    )
    fixture.lifecycle(
        libvirt.VIR_DOMAIN_EVENT_DEFINED, libvirt.VIR_DOMAIN_EVENT_DEFINED_RENAMED, name="b"
    )
    assert fixture.record.name == "b"


async def test_a_definition_that_changes_nothing_of_the_record_is_told_of(fixture):
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_DEFINED)
    await until(lambda: [change.domains for change in fixture.changes] == [{UUID}])
    assert UUID in fixture.inventory.unread


async def test_an_unknown_domain_is_read(fixture):
    other = "00000000-0000-4000-8000-000000000002"
    fixture.inventory.apply(Event("lifecycle", other, "new", (0, 0)))
    assert fixture.verified == [other]
    fixture.inventory.apply(Event("lifecycle", other, "new", (1, 0)))
    assert other not in fixture.inventory.unread  # gone before it could be read


async def test_a_thousand_events_are_told_in_a_few_words(fixture):
    for _ in range(500):
        fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_SUSPENDED)
        fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_RESUMED)
    await until(lambda: fixture.changes)
    await asyncio.sleep(0)
    assert len(fixture.changes) <= 3
    assert fixture.changes[0].domains == {UUID}


async def test_stale_until_read_again(fixture):
    fixture.lifecycle(libvirt.VIR_DOMAIN_EVENT_STARTED)
    fixture.inventory.mark_stale(True)
    assert fixture.record.stale
    fixture.inventory.load([DomainRecord("h", UUID, "a", 7, DomainState.PAUSED)])
    assert not fixture.record.stale
    assert state(fixture) is DomainState.PAUSED


async def test_a_fresh_list_forgets_what_is_gone_and_keeps_what_it_does_not_tell(fixture):
    fixture.inventory.put(DomainRecord("h", UUID, "a", vcpus=4, autostart=True))
    fixture.inventory.load([DomainRecord("h", UUID, "a", state=DomainState.RUNNING)])
    assert fixture.record.vcpus == 4
    assert fixture.record.autostart
    fixture.inventory.load([])
    assert fixture.inventory.domains == {}
