"""The Hardware tab on the demo host, driven by keys."""

from __future__ import annotations

import libvirt
import pytest
from textual import events

from tests.screens.hardware_tab import choose, go_to, hardware, stored
from tests.screens.test_machines import screen_text
from tests.waiting import until
from tui.hypervisor import lifecycle
from tui.screens.choose import OTHER, Choose
from tui.screens.dialogs import AskText, Confirm
from tui.screens.filter_line import FilterLine
from tui.screens.machine.review import Review
from tui.screens.machine.screen import MachineScreen
from tui.screens.machine.xml import XmlTab
from tui.widgets.field_form import FieldEditor


async def test_a_refused_combination_is_told_before_libvirt_is_asked():
    async with hardware("web-01") as (app, pilot, tab):
        await go_to(pilot, tab, "disk vda", "cache")
        await pilot.press("enter")
        await choose(app, pilot, "writeback")
        await go_to(pilot, tab, "disk vda", "io")
        await pilot.press("enter")
        await choose(app, pilot, "native")
        await pilot.pause()
        assert "native needs the cache mode none or directsync" in screen_text(app)
        assert "! Disk vda" in screen_text(app)


async def test_a_medium_is_chosen_from_the_pools_as_they_are_now():
    def make(connection: libvirt.virConnect) -> None:
        active = libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE
        pool = connection.listAllStoragePools(active)[0]
        pool.createXML(
            "<volume><name>rescue.iso</name><capacity>4096</capacity>"
            "<target><format type='raw'/></target></volume>"
        )

    async with hardware("web-01") as (app, pilot, tab):
        await app.fleet.hosts["demo"].call(make)
        await go_to(pilot, tab, "disk vda", "source")
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Choose))
        wanted = next(o for o in app.screen.offers if o.label == "rescue.iso")
        assert "KiB raw in" in wanted.note
        await choose(app, pilot, wanted.id)
        await until(lambda: tab.session.edited.disks[0].source == wanted.id)
        assert tab.session.edited.disks[0].format == "raw"
        await pilot.press("enter")
        await choose(app, pilot, OTHER)
        await until(lambda: isinstance(app.focused, FieldEditor))
        await pilot.press(*"/x", "enter")
        await until(lambda: tab.session.edited.disks[0].source == "/x")


async def test_a_disk_takes_a_size_that_is_one():
    async with hardware("scratch") as (app, pilot, tab):
        await pilot.press("a")
        await choose(app, pilot, "disk")
        await until(lambda: isinstance(app.screen, Choose))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, AskText))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, AskText) and "Size" in app.screen.question)
        await pilot.press(*"lots", "enter")
        await until(lambda: "not 'lots'" in screen_text(app))
        await pilot.press("ctrl+u", *"8M", "enter")
        await choose(app, pilot, "virtio")
        await until(lambda: len(tab.session.changes) == 1)


async def test_undo_takes_the_last_edit_back():
    async with hardware("web-01") as (app, pilot, tab):
        await go_to(pilot, tab, "general", "on_crash")
        await pilot.press("enter")
        await choose(app, pilot, "preserve")
        await until(lambda: "1 change" in tab.note)
        await pilot.press("ctrl+z")
        await until(lambda: not tab.session.changes)
        assert "change" not in tab.note


async def test_what_cannot_be_typed_is_told_and_nothing_changes():
    async with hardware("web-01") as (app, pilot, tab):
        await go_to(pilot, tab, "cpu", "maximum")
        await pilot.press("enter", *"many", "enter")
        await until(lambda: "a whole number" in screen_text(app))
        assert not tab.session.changes
        await pilot.press(*"6", "enter")
        await until(lambda: tab.session.edited.cpu.maximum == 6)


async def test_autostart_is_an_edit_like_the_others():
    async with hardware("web-01") as (app, pilot, tab):
        key = tab.key
        was = app.fleet.domain(key).autostart
        await go_to(pilot, tab, "boot", "autostart")
        await pilot.press("space")
        await until(lambda: "1 change" in tab.note)
        await pilot.press("ctrl+s")
        await until(lambda: "virsh autostart" in screen_text(app))
        await pilot.press("enter")
        await until(lambda: app.fleet.domain(key).autostart != was)
        await until(lambda: not tab.session.changes)
        # Someone else's hand is seen as well.
        await pilot.press("A")
        await until(lambda: app.fleet.domain(key).autostart == was)
        await until(lambda: tab.session.base.boot.autostart == was)


async def test_edits_are_never_dropped_silently():
    async with hardware("web-01") as (app, pilot, tab):
        await go_to(pilot, tab, "general", "on_crash")
        await pilot.press("enter")
        await choose(app, pilot, "preserve")
        await pilot.press("1")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert "1 change to the hardware of web-01" in screen_text(app)
        await pilot.press("n")
        await until(lambda: isinstance(app.screen, MachineScreen))
        assert tab.session.changes


async def test_hardware_is_added_and_removed():
    async with hardware("scratch") as (app, pilot, tab):
        await pilot.press("a")
        await choose(app, pilot, "watchdog")
        await until(lambda: "watchdog" in tab.key_here)
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.press("enter")
        await until(lambda: tab.session is not None and not tab.session.changes)
        assert (await stored(app, "scratch")).device("watchdog") is not None
        tab.list.highlighted = tab.keys.index("watchdog")
        await pilot.press("delete")
        await until(lambda: "watchdog" not in tab.keys)
        assert tab.list.highlighted > len(tab.session.edited.sections), "beside what has gone"
        await pilot.press("ctrl+z")
        await until(lambda: "watchdog" in tab.keys)


async def test_a_pending_difference_is_taken_back():
    async with hardware("k8s-worker-2") as (app, pilot, tab):
        await until(lambda: tab.hardware.live is not None)
        await until(lambda: "≠ CPU" in screen_text(app))
        await pilot.press("P")
        await choose(app, pilot, "0")
        await until(lambda: bool(tab.session.changes))
        assert [change.what for change in tab.session.changes.changes] == ["vCPUs"]


async def test_a_read_only_connection_edits_nothing():
    async with hardware("web-01", readonly=True) as (app, pilot, tab):
        await go_to(pilot, tab, "general", "on_crash")
        await pilot.press("enter")
        await until(lambda: "read-only" in screen_text(app))
        await pilot.press("escape", "a")
        await pilot.pause()
        assert isinstance(app.screen, MachineScreen)
        assert not tab.session.changes


async def test_it_fits_a_small_terminal():
    async with hardware("db-primary", size=(80, 24)) as (app, pilot, tab):
        lines = screen_text(app).splitlines()
        assert "CPU" in lines[3]
        assert any("Name" in line and "db-primary" in line for line in lines)
        await go_to(pilot, tab, "boot", "autostart")
        await pilot.press("space")
        await until(lambda: "1 change, ^S reviews" in screen_text(app).splitlines()[0])
        await go_to(pilot, tab, "memory", "swap_hard_limit")
        assert "Memory and swap limit not set" in screen_text(app)


async def test_another_kind_of_device_begins_at_its_first_field():
    async with hardware("web-01") as (_app, pilot, tab):
        await go_to(pilot, tab, "disk vda", "target")
        tab.list.highlighted = tab.keys.index(tab.session.edited.interfaces[0].key)
        await until(lambda: tab.form.row and tab.form.row.name == "type")


async def test_what_is_typed_right_behind_a_key_is_for_what_it_opens():
    async with hardware("scratch") as (app, pilot, tab):

        async def burst(*keys: str) -> None:
            for key in keys:
                app.post_message(events.Key(key, key if len(key) == 1 else None))
            await pilot.pause()

        await go_to(pilot, tab, "general", "heading")
        await burst("enter", *"sr1", "enter")
        await until(lambda: tab.session.edited.general.heading == "sr1")
        await pilot.press("escape", "x")
        await until(lambda: isinstance(tab.screen.tab, XmlTab))
        await burst("slash", *"sr1")
        await until(lambda: [line.value for line in app.screen.query(FilterLine)] == ["sr1"])
        assert app.screen is tab.screen
        assert not any(entry.virsh for entry in app.fleet.journal.entries)


async def test_the_arrows_go_to_the_form_and_back():
    async with hardware("scratch") as (_app, pilot, tab):
        await pilot.press("right")
        assert tab.form.lines.has_focus
        await pilot.press("left")
        assert tab.list.has_focus


TRANSIENT = """
<domain type='test'><name>brief</name><memory>1024</memory><os><type>hvm</type></os></domain>"""


async def test_a_restart_names_its_commands_and_is_refused_to_a_transient_machine():
    async with hardware("web-01") as (app, pilot, tab):
        await pilot.press("B")
        await until(lambda: isinstance(app.screen, Confirm))
        assert [*app.screen.lines] == ["virsh shutdown web-01", "virsh start web-01"]
        await pilot.press("n")
        (host,) = app.fleet.hosts.values()
        await host.call(lambda connection: connection.createXML(TRANSIENT))
        await until(lambda: any(record.name == "brief" for record in app.fleet.domains()))
        brief = next(record for record in app.fleet.domains() if record.name == "brief")
        assert not tab.refusal("restart_to_apply")
        await pilot.press("q")
        app.open_machine(brief.key, "hardware")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab is not tab)
        await until(lambda: app.screen.tab is not None and app.screen.tab.session)
        await pilot.press("B")
        await until(lambda: any("transient" in told.message for told in app._notifications))
        assert not isinstance(app.screen, Confirm)


async def test_forcing_a_tray_open_asks_with_its_command():
    async with hardware("win11-office") as (app, pilot, tab):
        host, record = tab.machine or pytest.fail("it is gone")
        await lifecycle.start(host, record)
        await until(lambda: tab.hardware is not None and tab.hardware.live is not None)
        await go_to(pilot, tab, "disk sda", "source")
        await pilot.press("E")
        await until(lambda: isinstance(app.screen, Confirm))
        command = "virsh change-media win11-office sda --eject --live --force"
        assert app.screen.lines[-1] == command
