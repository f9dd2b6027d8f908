"""The Hardware tab on the demo host, driven by keys."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import libvirt
import pytest
from textual import events
from textual.pilot import Pilot

from tests.screens.test_machines import screen_text
from tests.waiting import until
from tui.app import VirttyApp
from tui.demo import demo_uri
from tui.hypervisor import lifecycle
from tui.hypervisor.fleet import Fleet
from tui.model import Domain
from tui.screens.choose import OTHER, Choose
from tui.screens.dialogs import AskText, Confirm, Results
from tui.screens.filter_line import FilterLine
from tui.screens.machine.conflict import ConflictDialog
from tui.screens.machine.hardware import HardwareTab
from tui.screens.machine.history import HardwareHistory
from tui.screens.machine.review import Review
from tui.screens.machine.screen import MachineScreen
from tui.screens.machine.xml import XmlTab
from tui.screens.machine.xml_editor import XmlEditor
from tui.settings import Settings
from tui.widgets.field_form import FieldEditor


@contextlib.asynccontextmanager
async def hardware(
    name: str,
    state: Path | None = None,
    *,
    size: tuple[int, int] = (120, 40),
    readonly: bool = False,
) -> AsyncIterator[tuple[VirttyApp, Pilot[int], HardwareTab]]:
    """The program on the demo host with a machine's Hardware tab in front."""
    fleet = Fleet(None if state is None else state / "audit.log")
    fleet.add("demo", demo_uri(), demo=True, readonly=readonly).open()
    app = VirttyApp(fleet, Settings())
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(lambda: any(record.name == name for record in fleet.domains()))
        record = next(record for record in fleet.domains() if record.name == name)
        app.open_machine(record.key, "hardware")
        await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab is not None)
        tab = app.screen.tab
        assert isinstance(tab, HardwareTab)
        await until(lambda: tab.session is not None and tab.list.option_count > 5)
        await until(lambda: tab.surroundings.networks)
        yield app, pilot, tab
    fleet.close()


async def stored(app: VirttyApp, name: str) -> Domain:
    """The definition as libvirt has it, not as the tab does."""

    def read(connection: libvirt.virConnect) -> str:
        flags = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
        return connection.lookupByName(name).XMLDesc(flags)

    return Domain.from_xml(await app.fleet.hosts["demo"].call(read))


async def go_to(pilot: Pilot[int], tab: HardwareTab, key: str, field: str) -> None:
    """The cursor on a device's field."""
    tab.list.focus()
    tab.list.highlighted = tab.keys.index(key)
    await pilot.pause()
    names = [row.name for row in tab.form.lines.rows]
    await pilot.press("enter")
    tab.form.lines.action_move(names.index(field) - tab.form.lines.cursor)
    await pilot.pause()


async def choose(app: VirttyApp, pilot: Pilot[int], value: str) -> None:
    """Take an offer of the list in front."""
    await until(lambda: isinstance(app.screen, Choose))
    await pilot.pause()
    dialog = app.screen
    assert isinstance(dialog, Choose)
    wanted = [offer.id for offer in dialog.offers].index(value)
    dialog.query_one("Options").highlighted = wanted
    await pilot.press("enter")
    await until(lambda: app.screen is not dialog)


async def test_several_edits_are_one_review_and_one_commit(tmp_path: Path):
    async with hardware("web-01", tmp_path) as (app, pilot, tab):
        before = await stored(app, "web-01")
        await go_to(pilot, tab, "disk vda", "cache")
        await pilot.press("enter")
        await choose(app, pilot, "directsync")
        await go_to(pilot, tab, "cpu", "current")
        await pilot.press("enter", "6", "enter")
        await go_to(pilot, tab, "general", "heading")
        await pilot.press("enter", *"ed", "enter")
        await until(lambda: "3 changes" in tab.note)
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.pause()
        text = screen_text(app)
        assert "Disk vda: Cache mode" in text
        assert "next boot" in text
        assert "virsh define web-01.xml" in text
        assert (await stored(app, "web-01")).to_xml() == before.to_xml()
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Results))
        await pilot.press("enter")
        after = await stored(app, "web-01")
        assert after.disks[0].cache == "directsync"
        assert after.cpu.current == 6
        assert after.general.heading == "ed"
        await until(lambda: tab.session is not None and not tab.session.changes)

        await pilot.press("h")
        await until(lambda: isinstance(app.screen, HardwareHistory))
        await until(lambda: "Disk vda: Cache mode" in screen_text(app))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Results))
        undone = await stored(app, "web-01")
        assert undone.disks[0].cache == before.disks[0].cache
        assert undone.general.heading == before.general.heading


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
        await until(lambda: app.focused is tab.form.query_one(FieldEditor))
        await pilot.press(*"/x", "enter")
        await until(lambda: tab.session.edited.disks[0].source == "/x")


async def test_data_goes_only_with_its_disk_and_as_was_said_last():
    async with hardware("scratch") as (app, pilot, tab):
        data = tab.session.base.disks[0].source

        async def remove(*, delete: bool) -> None:
            tab.list.focus()
            tab.list.highlighted = tab.keys.index("disk vda")
            await pilot.press("delete")
            await choose(app, pilot, "delete" if delete else "keep")
            if delete:
                await until(lambda: isinstance(app.screen, AskText))
                await pilot.press(*data.rpartition("/")[2], "enter")
            await until(lambda: "disk vda" not in tab.keys)

        async def review(told: bool) -> None:
            await pilot.press("ctrl+s")
            await until(lambda: isinstance(app.screen, Review))
            await until(lambda: "virsh define" in screen_text(app))
            assert (f"Deleted for good: {data}" in screen_text(app)) is told
            await pilot.press("escape", "ctrl+z")
            await until(lambda: isinstance(app.screen, MachineScreen) and not tab.session.changes)

        await remove(delete=True)
        await review(told=True)
        tab.edit("disk vda", "source", "/another")
        await review(told=False)
        await remove(delete=False)
        await review(told=False)


async def test_the_review_says_what_does_not_fit():
    async with hardware("scratch") as (app, pilot, tab):
        tab.edit("cpu", "sockets", "7")
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await until(lambda: "! CPU: The topology has 7 CPUs" in screen_text(app))
        assert "it is off" in screen_text(app)
        await pilot.press("escape")
        await until(lambda: isinstance(app.screen, MachineScreen))


async def test_a_saved_state_is_said_to_bring_back_its_hardware():
    async with hardware("scratch") as (app, pilot, tab):
        host, key = app.fleet.hosts["demo"], tab.key
        await lifecycle.start(host, app.fleet.domain(key))
        await until(lambda: app.fleet.domain(key).state.is_active)
        await lifecycle.save(host, app.fleet.domain(key))
        await until(lambda: app.fleet.domain(key).managed_save)
        tab.edit("cpu", "current", "3")
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await until(lambda: "the next start brings back the hardware of then" in screen_text(app))


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


async def test_what_is_being_typed_is_reviewed_as_well():
    async with hardware("web-01") as (app, pilot, tab):
        await go_to(pilot, tab, "cpu", "current")
        await pilot.press("enter", *"two", "ctrl+s")
        await until(lambda: "a whole number" in screen_text(app))
        assert isinstance(app.screen, MachineScreen)
        await pilot.press("2", "ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        assert tab.session.edited.cpu.vcpus == 2


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


async def test_a_clash_with_another_hand_is_asked_about_and_nothing_is_lost():
    async with hardware("scratch") as (app, pilot, tab):
        await go_to(pilot, tab, "general", "on_crash")
        await pilot.press("enter")
        await choose(app, pilot, "preserve")
        await until(lambda: bool(tab.session.changes))
        theirs = await stored(app, "scratch")
        theirs.general.on_crash = "restart"
        await app.fleet.hosts["demo"].call(lambda c: c.defineXML(theirs.to_xml()))
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, ConflictDialog))
        await pilot.pause()
        assert "Their change" in screen_text(app)
        assert (await stored(app, "scratch")).general.on_crash == "restart"
        await pilot.press("m")
        await until(lambda: not isinstance(app.screen, ConflictDialog))
        await until(lambda: tab.session is not None and not tab.session.changes)
        assert (await stored(app, "scratch")).general.on_crash == "preserve"


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


async def test_the_xml_editor_shows_no_password_and_keeps_it():
    async with hardware("web-01") as (app, pilot, tab):
        await go_to(pilot, tab, "graphics vnc", "password")
        await pilot.press("enter", *"tiger7", "enter")
        await until(lambda: bool(tab.session.changes))
        assert "tiger7" not in screen_text(app)
        await pilot.press("escape", "X")
        await until(lambda: isinstance(app.screen, XmlEditor))
        editor = app.screen
        assert isinstance(editor, XmlEditor)
        assert "tiger7" not in editor.area.text
        editor.area.text = editor.area.text.replace("<on_crash>destroy", "<on_crash>preserve")
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.pause()
        assert "tiger7" not in screen_text(app)
        assert tab.session.edited.graphics[0].password == "tiger7"
        assert tab.session.edited.general.on_crash == "preserve"


async def test_what_is_not_well_formed_stays_in_the_editor():
    async with hardware("web-01") as (app, pilot, tab):
        await pilot.press("X")
        await until(lambda: isinstance(app.screen, XmlEditor))
        editor = app.screen
        assert isinstance(editor, XmlEditor)
        editor.area.text = editor.area.text.replace("</os>", "")
        await pilot.press("ctrl+s")
        await until(lambda: "Not well-formed" in screen_text(app))
        assert not tab.session.changes
        await pilot.press("escape")
        await until(lambda: isinstance(app.screen, Confirm))


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


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("sh -c 'sed -i s/web-01/web-0x/ $0'", ""),
        ("sh -c 'printf \"\\\\351\" >$0'", "utf-8"),
        ("vi 'half", "quotation"),
        ("/nowhere/vi", "No such file"),
    ],
)
async def test_the_own_editor(monkeypatch: pytest.MonkeyPatch, command: str, told: str):
    monkeypatch.setenv("VISUAL", command)
    async with hardware("web-01") as (app, pilot, _tab):
        monkeypatch.setattr(app, "suspend", contextlib.nullcontext)
        await pilot.press("X")
        await until(lambda: isinstance(app.screen, XmlEditor))
        editor = app.screen
        assert isinstance(editor, XmlEditor)
        before = editor.area.text
        await pilot.press("ctrl+e")
        await pilot.pause()
        after = before if told else before.replace("web-01", "web-0x")
        assert editor.area.text == after
        assert any(told in notice.message for notice in app._notifications) == bool(told)


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
        await until(lambda: app.screen.query_one(FilterLine).value == "sr1")
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
