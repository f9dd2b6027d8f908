"""Giving devices to machines from the devices pane and from the Hardware tab, by keys."""

from __future__ import annotations

from pathlib import Path

import libvirt
from textual.pilot import Pilot
from textual.widgets import Input

from tests.hypervisor.test_node_device_reading import inventory
from tests.model.node_device_samples import UUID
from tests.screens.test_devices import details, go_to, look_at, shown
from tests.screens.test_machines import screen_text
from tests.waiting import until
from tui.app import VirttyApp
from tui.demo import demo_uri
from tui.hypervisor.demo import drivers
from tui.model import Domain
from tui.screens.choose import Choose
from tui.screens.devices.ask_fields import AskFields
from tui.screens.devices.giving import still_leaving
from tui.screens.devices.pane import DevicesPane
from tui.screens.dialogs import AskText, Confirm, Results
from tui.screens.machine.hardware import HardwareTab
from tui.screens.machine.review import Review


async def choose(app: VirttyApp, pilot: Pilot[int], label: str) -> None:
    """Take the offer whose label begins so."""
    await until(lambda: isinstance(app.screen, Choose) and app.screen.query("Options"))
    await pilot.pause()
    dialog = app.screen
    assert isinstance(dialog, Choose)
    labels = [offer.label for offer in dialog.offers]
    dialog.query_one("Options").highlighted = next(
        place for place, text in enumerate(labels) if text.startswith(label)
    )
    await pilot.press("enter")
    await until(lambda: app.screen is not dialog)


async def answer(app: VirttyApp, pilot: Pilot[int], **texts: str) -> None:
    """Fill the lines of the dialog in front and take them."""
    await until(lambda: isinstance(app.screen, AskFields) and app.screen.query(Input))
    dialog = app.screen
    for name, text in texts.items():
        dialog.query_one(f"#ask-{name}", Input).value = text
    await pilot.pause()
    await pilot.press("ctrl+s")


async def apply(app: VirttyApp, pilot: Pilot[int], *expected: str) -> None:
    """The review says what is expected of it; then Enter."""
    await until(lambda: isinstance(app.screen, Review))
    await pilot.pause()
    text = screen_text(app)
    for words in expected:
        assert words in text, text
    tab = app.screen_stack[-2].tab
    edits = tab.session
    await pilot.press("enter")
    await until(lambda: isinstance(app.screen, Results) or tab.session is not edits)
    await pilot.pause()
    if isinstance(app.screen, Results):  # something is left to know
        await pilot.press("enter")


async def stored(app: VirttyApp, name: str) -> Domain:
    def read(connection: libvirt.virConnect) -> str:
        return connection.lookupByName(name).XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)

    return Domain.from_xml(await app.fleet.hosts["host"].call(read))


async def on(pilot: Pilot[int], pane: DevicesPane, address: str, key: str) -> None:
    """A key on a device."""
    await look_at(pilot, pane, address)
    await pilot.press(key)


async def test_a_function_is_given_as_nic_with_mac_and_vlan(tmp_path: Path):
    log = tmp_path / "audit.log"
    async with shown(demo_uri(), audit=log) as (app, pilot, pane):
        await on(pilot, pane, "41:02.1", "a")
        await choose(app, pilot, "web-01")
        await choose(app, pilot, "NIC with MAC")
        await answer(app, pilot, mac="52:54:00:12:34:56", vlan="42")
        await apply(app, pilot, "NIC 52:54:00:12:34:56", "next boot", "virsh define web-01.xml")
        nic = next(n for n in (await stored(app, "web-01")).interfaces if n.type == "hostdev")
        assert (nic.mac, list(nic.vlan), nic.source) == (
            "52:54:00:12:34:56",
            ["42"],
            "0000:41:02.1",
        )
        await until(lambda: not app.screen.unsaved)
        await pilot.press("4")
        await until(lambda: any("web-01" in r.held for r in pane._rows if r.address == "41:02.1"))
    assert "web-01" in log.read_text(encoding="utf-8")


async def test_what_is_wrong_with_a_nic_is_told_before_it_is_taken():
    async with shown(demo_uri()) as (app, pilot, pane):
        await on(pilot, pane, "41:02.1", "a")
        await choose(app, pilot, "web-01")
        await choose(app, pilot, "NIC on network sriov-10g")
        await answer(app, pilot, mac="52:54:00:4b:98:78")
        await pilot.pause()
        assert "pfsense has this MAC address" in screen_text(app)
        assert isinstance(app.screen, AskFields)
        await answer(app, pilot, mac="52:54:00:12:34:57")
        await apply(app, pilot, "NIC 52:54:00:12:34:57")
        nics = (await stored(app, "web-01")).interfaces
        assert any(nic.source == "sriov-10g" for nic in nics)


async def test_what_the_host_uses_is_refused_unless_its_name_is_typed():
    async with shown(demo_uri()) as (app, pilot, pane):
        for typed, taken in (("yes", False), ("04:00.0", True)):
            await on(pilot, pane, "04:00.0", "a")
            await choose(app, pilot, "web-01")
            await until(lambda: isinstance(app.screen, AskText))
            await pilot.pause()
            assert "forwards through it" in screen_text(app)
            await pilot.press(*typed, "enter")
            wanted = Review if taken else type(app.main)
            await until(lambda kind=wanted: isinstance(app.screen, kind))  # type: ignore[misc]
        await pilot.press("escape")


async def test_a_device_that_runs_elsewhere_is_asked_about():
    async with shown(demo_uri()) as (app, pilot, pane):
        await on(pilot, pane, "82:00.0", "a")
        await choose(app, pilot, "web-02")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert "82:00.0 is held by nas" in screen_text(app)
        await pilot.press("n")
        await until(lambda: app.screen is app.main)
        assert not (await stored(app, "web-02")).hostdevs


async def test_bridges_and_disks_are_not_given():
    async with shown(demo_uri()) as (_app, _pilot, pane):
        go_to(pane, "nvme0n1")
        assert "81:00.0 instead" in pane.refusal("assign")
        assert pane.refusal("detach") == "only PCI devices"
        go_to(pane, "41:00.1")
        assert "no virtual functions yet" in pane.refusal("make_network")
    async with shown(demo_uri(), readonly=True) as (_app, _pilot, pane):
        go_to(pane, "41:02.1")
        assert "read-only" in pane.refusal("assign")
        assert pane.refusal("open_holder") == "no machine has it"


async def test_the_whole_group_goes_in_one_step(tmp_path: Path):
    async with shown(inventory(tmp_path)) as (app, pilot, pane):
        reader = app.fleet.devices_of("host")
        reader._drivers = drivers((tmp_path / "host.xml").as_uri())  # the test driver drops them
        await reader.refresh()
        await until(lambda: any(row.driver == "e1000" for row in pane._rows))
        await look_at(pilot, pane, "05:01.0")
        assert "not viable until 05:02.0 (8139cp)" in details(pane)
        await pilot.press("a")
        await choose(app, pilot, "idle")
        await choose(app, pilot, "Give all 2")
        await apply(app, pilot, "Host device pci 0000:05:01.0", "Host device pci 0000:05:02.0")
        given = [device.address for device in (await stored(app, "idle")).hostdevs]
        assert given == ["0000:05:01.0", "0000:05:02.0"]


async def test_the_rest_of_a_group_is_detached_when_it_is_applied(tmp_path: Path):
    async with shown(inventory(tmp_path)) as (app, pilot, pane):
        reader = app.fleet.devices_of("host")
        reader._drivers = drivers((tmp_path / "host.xml").as_uri())
        await reader.refresh()
        await until(lambda: any(row.driver == "e1000" for row in pane._rows))
        await on(pilot, pane, "05:01.0", "a")
        await choose(app, pilot, "idle")
        await choose(app, pilot, "Only this one, detach")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.pause()
        assert "virsh nodedev-detach pci_0000_05_02_0 --driver vfio" in screen_text(app)
        await pilot.press("escape")
        tab = app.screen_stack[-1].tab
        assert isinstance(tab, HardwareTab)
        await until(lambda: app.screen is tab.screen)
        tab.edit("general", "heading", "kept")
        key = "hostdev pci 0000:05:01.0"
        assert list(still_leaving(tab._leaving, tab.session.edited)) == ["pci_0000_05_02_0"]
        tab.session.remove(key)  # with the device its group's rest stays where it is
        assert not still_leaving(tab._leaving, tab.session.edited)
        tab.undo()
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.press("enter")
        # The test driver cannot detach: nothing of the machine is changed then.
        await until(lambda: not isinstance(app.screen, Review))
        await until(lambda: "detach device" in app.fleet.journal.entries[-1].text)
        assert not (await stored(app, "idle")).hostdevs


async def test_usb_devices_are_added_from_the_hardware_tab():
    async with shown(demo_uri()) as (app, pilot, _pane):
        record = next(r for r in app.fleet.domains() if r.name == "web-02")
        app.open_machine(record.key, "hardware")
        await until(lambda: isinstance(getattr(app.screen, "tab", None), HardwareTab))
        tab = app.screen.tab
        await tab.when_read()
        await pilot.press("a")
        await choose(app, pilot, "USB device of the host")
        await choose(app, pilot, "USB 1:5")
        await choose(app, pilot, "By place")
        await until(lambda: any(device.type == "usb" for device in tab.session.edited.hostdevs))
        await pilot.press("ctrl+s")
        await apply(app, pilot, "Host device usb bus 1 device 5")
        (usb,) = (await stored(app, "web-02")).hostdevs
        assert usb.address == "bus 1 device 5"


async def test_a_network_of_functions_is_made():
    async with shown(demo_uri()) as (app, pilot, pane):
        await on(pilot, pane, "41:00.0", "N")
        await choose(app, pilot, "Only the 3 free ones")
        await answer(app, pilot, name="default")
        await pilot.pause()
        assert "There is a network default already" in screen_text(app)
        await answer(app, pilot, name="vfs")
        xml = ""

        async def is_there() -> bool:
            def read(connection: libvirt.virConnect) -> str:
                return next(
                    (n.XMLDesc(0) for n in connection.listAllNetworks() if n.name() == "vfs"), ""
                )

            nonlocal xml
            xml = await app.fleet.hosts["host"].call(read)
            return bool(xml)

        while not await is_there():
            await pilot.pause()
        assert "mode='hostdev'" in xml
        assert xml.count("<address type='pci'") == 3
        await until(lambda: any(p.name == "vfs" for p in pane.devices.pools))


async def test_the_number_of_functions_is_a_command_where_it_cannot_be_set():
    async with shown(demo_uri()) as (app, pilot, pane):
        await on(pilot, pane, "41:00.1", "v")
        await until(lambda: isinstance(app.screen, AskFields))
        await answer(app, pilot, count="33")
        await pilot.pause()
        assert "A number from 0 to 32" in screen_text(app)
        app.screen.query_one("#ask-count", Input).value = "8"
        await pilot.pause()
        assert "echo 8 > /sys/bus/pci/devices/0000:41:00.1/sriov_numvfs" in screen_text(app)
        await pilot.press("ctrl+s")
        await until(lambda: app.screen is app.main)
        await on(pilot, pane, "41:00.0", "v")
        await answer(app, pilot, count="8")
        await pilot.pause()
        assert "1 of its functions are in use" in screen_text(app)
        await pilot.press("escape")


async def test_a_lower_number_of_functions_tells_who_goes_without(tmp_path: Path):
    async with shown(inventory(tmp_path)) as (app, pilot, pane):
        await app.fleet.hosts["host"].call(lambda c: c.lookupByName("web").destroy())
        card = pane.devices.index.by_pci[CARD]
        await until(lambda: not pane.devices.functions_in_use(card))
        await on(pilot, pane, "01:00.0", "v")
        await until(lambda: isinstance(app.screen, AskFields) and app.screen.query(Input))
        app.screen.query_one("#ask-count", Input).value = "0"
        await pilot.pause()
        assert "idle is configured with 01:10.0, gone then" in screen_text(app)
        await pilot.press("escape")


async def test_detaching_asks_first():
    async with shown(demo_uri()) as (app, pilot, pane):
        await on(pilot, pane, "41:02.1", "d")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert "virsh nodedev-detach pci_0000_41_02_1 --driver vfio" in screen_text(app)
        await pilot.press("n")
        await until(lambda: app.screen is app.main)
        go_to(pane, "82:00.0")
        assert pane.refusal("detach") == "it is kept for machines already"
        assert pane.refusal("reattach") == "nas is running with it"


async def test_a_card_whose_functions_would_go_is_asked_about(tmp_path: Path):
    async with shown(inventory(tmp_path)) as (app, pilot, pane):
        reader = app.fleet.devices_of("host")
        await app.fleet.hosts["host"].call(lambda c: c.lookupByName("web").destroy())
        await until(lambda: not reader.devices.functions_in_use(pane.devices.index.by_pci[CARD]))
        await on(pilot, pane, "01:00.0", "a")
        await choose(app, pilot, "idle")
        await until(lambda: isinstance(app.screen, AskText))
        await pilot.press(*"01:00.0", "enter")  # nobody knows whether the host uses it
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert "Its 2 virtual functions go away" in screen_text(app)
        await pilot.press("y")
        await apply(app, pilot, "Host device pci 0000:01:00.0")


CARD = "0000:01:00.0"


async def test_mediated_devices_are_made_removed_and_given(tmp_path: Path):
    async with shown(inventory(tmp_path)) as (app, pilot, pane):
        await look_at(pilot, pane, UUID)
        assert "nvidia-11, started" in details(pane)
        assert pane.refusal("start_mdev") == "it is started"
        assert pane.refusal("autostart_mdev") == "it is not defined"
        assert pane.refusal("make_mdev") == "it makes no mediated devices"
        await pilot.press("delete")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert "nodedev-destroy" in screen_text(app)
        await pilot.press("n")
        await on(pilot, pane, "06:00.0", "m")
        await until(lambda: isinstance(app.screen, Choose))
        await pilot.pause()
        assert "nvidia-11, 16 more fit" in screen_text(app)
        await choose(app, pilot, "GRID M60-0B")
        await choose(app, pilot, "Keep it")
        # The test driver makes none: the error has a name, and the journal the command.
        await until(lambda: app.fleet.journal.entries[-1].error is not None)
        assert app.fleet.journal.entries[-1].virsh == "virsh nodedev-define mdev.xml"
        record = next(r for r in app.fleet.domains() if r.name == "idle")
        await on(pilot, pane, UUID, "a")
        await choose(app, pilot, "idle")
        await apply(app, pilot, f"Host device mdev {UUID}")
        (given,) = (await stored(app, record.name)).hostdevs
        assert (given.type, given.address) == ("mdev", UUID)
