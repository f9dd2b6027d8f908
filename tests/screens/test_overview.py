"""A machine's screen: what is long stays readable, and what is gone is said to be gone."""

from __future__ import annotations

import libvirt

from tests.screens.test_machines import go_to, running, screen_text
from tests.waiting import until
from tui.hypervisor.records import DomainDetails, DomainRecord
from tui.model import Domain
from tui.model.states import DomainState
from tui.screens.dialogs import Confirm
from tui.screens.machine.edit_text import EditText
from tui.screens.machine.facts import LABEL, blocks, lines
from tui.screens.machine.screen import MachineScreen

XML = """\
<domain type='kvm'><name>web</name><title>{title}</title>
<description>one two three
four</description></domain>
"""


def test_a_long_value_goes_on_under_itself():
    domain = Domain.from_xml(XML.format(title="word " * 20))
    shown = [line.plain for line in lines(blocks(DomainRecord("h", "u", "n" * 90), domain, ()), 50)]
    assert all(len(line) <= 50 for line in shown)
    at = next(place for place, line in enumerate(shown) if line.startswith("  Title"))
    assert shown[at + 1].startswith(" " * (LABEL + 2) + "word")
    at = next(place for place, line in enumerate(shown) if line.startswith("  Description"))
    assert shown[at].endswith("one two three")
    assert shown[at + 1].strip() == "four"
    assert "  none" in shown


def test_a_machine_that_was_started_for_its_disks_only_says_so():
    domain, details = Domain.from_xml(XML.format(title="")), DomainDetails(held_open=True)
    for state, told in ((DomainState.PAUSED, True), (DomainState.RUNNING, False)):
        record = DomainRecord("h", "u", "web", state=state, details=details)
        shown = "\n".join(line.plain for line in lines(blocks(record, domain, ()), 80))
        assert ("started for work on its disks only" in shown) is told


async def test_the_heading_says_that_the_next_boot_changes_something():
    async with running(size=(100, 24)) as (app, pilot):
        for name, differs in (("monitoring", True), ("gitlab", False)):
            go_to(app, name)
            await pilot.press("enter")
            await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab)
            await until(lambda: app.subjects()[0].details is not None)
            await pilot.pause()
            heading = screen_text(app).split("\n")[0]
            assert name in heading
            assert ("config differs from live" in heading) is differs
            await pilot.press("q")


async def test_what_was_changed_for_the_next_boot_without_an_event_is_read_again():
    """virsh setvcpus --config: libvirt tells nobody."""
    config = libvirt.VIR_DOMAIN_AFFECT_CONFIG
    async with running(size=(100, 24)) as (app, pilot):
        go_to(app, "web-01")
        await until(lambda: app.subjects()[0].details is not None)
        record = app.subjects()[0]

        async def set_vcpus(number: int) -> None:
            await app.fleet.hosts[record.host].call(
                lambda c: c.lookupByName("web-01").setVcpusFlags(number, config)
            )

        def differs() -> bool:
            now = app.fleet.domain(record.key)
            return now is not None and now.details is not None and bool(now.details.pending)

        before = record.vcpus or 1
        assert not differs()
        await set_vcpus(before - 1)
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab)
        await until(differs)
        await set_vcpus(before)
        await pilot.press("f5")
        await until(lambda: not differs())


async def test_a_machine_that_is_gone_says_so_instead_of_its_last_state():
    async with running("test:///default", size=(100, 24)) as (app, pilot):
        go_to(app, "test")
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab)
        record = app.subjects()[0]
        host = app.fleet.hosts[record.host]
        host.inventory.remove(record.uuid)
        await until(lambda: "this machine is gone" in screen_text(app).split("\n")[0])
        assert "running" not in screen_text(app).split("\n")[0]
        await pilot.press("p")
        await until(lambda: "Pause/Resume: this machine is gone" in screen_text(app))
        await pilot.press("t")
        await until(lambda: "only in the XML tab" in screen_text(app))


async def test_a_description_that_was_written_is_not_dropped_silently():
    async with running(size=(100, 24)) as (app, pilot):
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, MachineScreen))
        for typed in ("", "x"):
            await pilot.press("D")
            await until(lambda: isinstance(app.screen, EditText))
            await pilot.pause()
            await pilot.press(*typed, "escape")
            if typed:
                await until(lambda: isinstance(app.screen, Confirm))
                await pilot.press("y")
            await until(lambda: isinstance(app.screen, MachineScreen))
