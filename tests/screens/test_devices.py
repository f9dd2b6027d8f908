"""The devices pane on the demo host and on inventories of our own, driven by keys."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from tests.hypervisor.test_node_device_reading import inventory
from tests.model.node_device_samples import HOST, devices, pci_name, pci_xml
from tests.screens.test_machines import screen_text
from tests.waiting import until
from tui.app import VirttyApp
from tui.demo import demo_uri
from tui.hypervisor.fleet import Fleet
from tui.model.device_claims import Claim, Holder
from tui.model.device_index import DeviceIndex
from tui.model.host_use import HostUse
from tui.model.node_device_xml import from_xml
from tui.model.passthrough import Devices
from tui.screens.devices.details import device_details, note
from tui.screens.devices.pane import DevicesPane
from tui.screens.devices.rows import GROUPS, TREE, rows_of
from tui.screens.dialogs import Confirm
from tui.screens.machine.screen import MachineScreen
from tui.screens.machines import MachinesPane
from tui.settings import Settings


@contextlib.asynccontextmanager
async def shown(
    uri: str,
    *,
    size: tuple[int, int] = (130, 40),
    readonly: bool = False,
    audit: Path | None = None,
) -> AsyncIterator[tuple[VirttyApp, Pilot[int], DevicesPane]]:
    """The program with the devices pane of one host in front, everything read."""
    fleet = Fleet(audit)
    fleet.add("host", uri, demo=uri == demo_uri(), readonly=readonly).open()
    app = VirttyApp(fleet, Settings())
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(lambda: list(fleet.domains()))
        await pilot.press("4")
        await until(lambda: app.main.query(DevicesPane) and pane_of(app).table.has_focus)
        await until(lambda: fleet.devices_of("host").is_read and pane_of(app).table.rows_total)
        await until(lambda: not fleet.devices_of("host").unread)
        await until(lambda: pane_of(app)._due is None)
        await pilot.pause()
        yield app, pilot, pane_of(app)
    fleet.close()


def pane_of(app: VirttyApp) -> DevicesPane:
    return app.main.query_one(DevicesPane)


def details(pane: DevicesPane) -> str:
    return str(pane.query_one("#device-details", Static).render())


def addresses(pane: DevicesPane) -> list[str]:
    return [row.address for row in pane.table.visible_rows]


async def look_at(pilot: Pilot[int], pane: DevicesPane, address: str) -> None:
    """The cursor on a device, and what follows it."""
    go_to(pane, address)
    await pilot.pause()
    await until(lambda: pane._resting is None)


def go_to(pane: DevicesPane, address: str) -> None:
    """The cursor on a device."""
    row = next(row for row in pane._rows if row.address == address)
    pane.table.move_cursor_to(row.key)


# -- pure ----------------------------------------------------------------------------------


def sample(*holders: Holder) -> Devices:
    return Devices(DeviceIndex(devices()), holders, use=HostUse(known=True))


def test_a_function_says_who_has_it():
    claim = Claim("pci", "0000:01:10.0", mac="52:54:00:ab:cd:01", vlan="42", configured=True)
    running = Holder("web", "u1", Claim("pci", "0000:01:10.0", running=True, configured=True))
    found = sample(running, Holder("idle", "u2", claim))
    rows = {row.address: row for row in rows_of("h", found, TREE, titled=False)}
    assert rows["01:10.0"].held == "web (running) +1"
    assert rows["01:10.0"].troubled  # idle cannot start
    assert rows["01:00.0"].held == "1 of 2 VFs used, max 7"
    assert rows["01:00.0"].what.startswith("Ethernet enp1s0 up Intel 82576")
    text = str(device_details(found, found.index.by_pci["0000:01:10.0"]))
    assert "idle (configured) MAC 52:54:00:ab:cd:01 VLAN 42" in text
    assert "idle: 01:10.0 is held by web" in text
    assert "of 01:00.0 enp1s0" in text


def test_a_shared_group_is_explained():
    found = sample()
    rows = rows_of("h", found, GROUPS, titled=False)
    heading = next(row for row in rows if row.address == "group 15")
    assert "one machine together" in heading.what
    members = [row.address for row in rows if row.group.startswith("15")]
    assert members == ["04:00.0", "05:01.0", "05:02.0"]
    text = str(device_details(found, found.index.by_pci["0000:05:01.0"]))
    assert "group 15 is not viable until 05:02.0 (8139cp) is detached too" in text


def test_without_an_iommu_the_pane_says_what_to_do():
    bare = DeviceIndex([from_xml(pci_xml("09:00.0", driver="igb"))])
    assert "intel_iommu=on" in note([Devices(bare, cpu_vendor="Intel")])
    assert note([sample()]) == ""
    assert note([Devices()]) == ""


def test_names_from_the_host_are_data():
    evil = from_xml(pci_xml("09:00.0", group=9, product=("0x1", "[red]x[/] \u202e\x9b")))
    found = Devices(DeviceIndex([evil]))
    text = str(device_details(found, evil))
    assert "[red]x[/]" in text
    assert "\u202e" not in text
    assert "\x9b" not in text


# -- driven by keys ------------------------------------------------------------------------


async def test_the_demo_host_shows_its_devices():
    async with shown(demo_uri()) as (app, pilot, pane):
        await pilot.press("f5")
        text = screen_text(app)
        assert "1 of 4 VFs used, max 32" in text
        assert "pfsense (running)" in text
        assert "network sriov-10g" in text
        await look_at(pilot, pane, "41:02.0")
        assert "held by  pfsense (running) MAC 52:54:00:4b:98:78" in details(pane)
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, MachineScreen))
        assert app.screen.record.name == "pfsense"


async def test_the_cursor_stays_on_its_device_from_tree_to_groups():
    async with shown(demo_uri()) as (app, pilot, pane):
        go_to(pane, "c1:00.0")
        await pilot.press("t")
        await pilot.pause()
        assert pane.row.address == "c1:00.0"  # the cursor stays on its device
        assert "group 90" in screen_text(app)
        await pilot.press("g")
        await until(lambda: details(pane) == "group 0  1 device")
        go_to(pane, "00:00.0")
        assert "bridges and ports stay" in pane.refusal("detach")
        assert pane.refusal("reset") == "what is behind it would be reset too"
        await pilot.press("t")
        assert "00:00.0" not in addresses(pane)  # a bridge


async def test_the_filter_takes_words_and_drivers():
    async with shown(demo_uri()) as (_app, pilot, pane):
        await pilot.press("slash", *"driver:vfio")
        assert addresses(pane) == ["41:02.0", "82:00.0", "c1:00.0", "c1:00.1"]
        await pilot.press(*"-pci")
        assert addresses(pane) == ["41:02.0", "82:00.0", "c1:00.0", "c1:00.1"]
        await pilot.press("escape", "slash", *"gpu-train")
        assert addresses(pane) == ["c1:00.0", "c1:00.1"]
        await pilot.press("enter", "escape")
        await until(lambda: pane.table.rows_shown == pane.table.rows_total)


async def test_the_pane_follows_the_machines(tmp_path: Path):
    async with shown(inventory(tmp_path)) as (app, _pilot, pane):
        row = next(row for row in pane._rows if row.address == "01:10.0")
        assert row.held == "web (running) +1"
        await app.fleet.hosts["host"].call(lambda c: c.lookupByName("web").destroy())
        await until(lambda: any(r.held == "idle (configured) +1" for r in pane._rows))


async def test_a_narrow_screen_keeps_what_matters():
    async with shown(demo_uri(), size=(80, 24)) as (app, _pilot, _pane):
        text = screen_text(app)
        assert "41:02.0" in text
        assert "pfsense" in text


async def test_fibre_channel_hosts_have_a_line_and_a_lost_host_says_so():
    async with shown("test:///default") as (app, pilot, pane):
        assert "HBA 1000000012341234" in screen_text(app)
        await pilot.press("slash", *"nothing", "enter")
        await pilot.pause()
        assert "No device matches" in screen_text(app)
        await pilot.press("escape")
        app.fleet.remove("host")
        await until(lambda: not pane._rows)
        await until(lambda: "No host" in screen_text(app))


def many() -> list[str]:
    """500 devices in 60 groups: cards with functions, each function with its interface."""
    found = [HOST[0]]
    for card in range(10):
        bus = f"{card + 16:02x}"
        functions = [f"{bus}:{slot:02x}.{number}" for slot in (2, 3, 4) for number in range(8)]
        place = f"{bus}:00.0"
        found.append(pci_xml(place, driver="i40e", group=card, virtual=functions, most=64))
        found += [
            pci_xml(f, driver="iavf", group=10 + card * 5 + n % 5, members=functions[n % 5 :: 5],
                    parent=pci_name(place), physical=place)
            for n, f in enumerate(functions)
        ]  # fmt: skip
        found += [
            f"<device><name>net_{bus}_{n}</name><parent>{pci_name(f)}</parent><capability "
            f"type='net'><interface>en{bus}v{n}</interface><link state='up'/></capability></device>"
            for n, f in enumerate(functions)
        ]
    return found


async def test_five_hundred_devices_are_shown_at_once():
    records = [from_xml(xml) for xml in many()]
    claims = [
        Holder(f"m{n}", f"u{n}", Claim("pci", f"0000:10:0{2 + n // 8}.{n % 8}", running=True))
        for n in range(20)
    ]
    assert len(records) == 491
    assert len(DeviceIndex(records).groups) == 60
    for view in (TREE, GROUPS):
        begin = time.thread_time()
        found = Devices(DeviceIndex(records), tuple(claims), use=HostUse(known=True))
        rows = rows_of("h", found, view, titled=False)
        took = time.thread_time() - begin
        assert len(rows) >= 250
        assert took < 0.2, f"{view}: {took * 1000:.0f} ms"


async def test_five_hundred_devices_scroll(tmp_path: Path):
    file = tmp_path / "many.xml"
    idle = "<domain type='test'><name>m</name><memory>1</memory><os><type>hvm</type></os></domain>"
    file.write_text("<node>" + "".join([*many(), idle]) + "</node>", encoding="utf-8")
    async with shown(f"test://{file}") as (_app, pilot, pane):
        assert pane.table.rows_shown == 250
        begin = time.thread_time()
        for _ in range(20):
            await pilot.press("pagedown")
        took = time.thread_time() - begin
        assert pane.table.cursor == 249
        assert took < 2, f"a page took {took / 20 * 1000:.0f} ms"


async def test_a_machine_that_could_not_start_says_so_in_the_list(tmp_path: Path):
    async with shown(inventory(tmp_path)) as (app, pilot, _pane):
        await pilot.press("1")
        machines = app.main.query_one(MachinesPane)
        await until(
            lambda: any(
                row.warnings and row.record.name == "idle" for row in machines.table.visible_rows
            )
        )
        await pilot.press("slash", *"idle", "enter")
        await until(lambda: "⚠ 01:10.0 is held by web" in screen_text(app))
        assert "not live-migratable" in screen_text(app)
        await pilot.press("s")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.pause()
        assert "01:10.0 is held by web" in screen_text(app)
        await pilot.press("n")


async def test_several_hosts_have_a_heading_each(tmp_path: Path):
    async with shown(demo_uri()) as (app, pilot, pane):
        app.fleet.add("second", inventory(tmp_path)).open()
        await until(lambda: any(row.host == "second" and row.depth for row in pane._rows))
        headings = [row.address for row in pane._rows if row.is_heading]
        assert headings == ["host", "second"]
        await pilot.press("g")
        await until(lambda: details(pane).strip() == "host")
        assert pane.refusal("assign") == "no device selected"
        await look_at(pilot, pane, "05:01.0")
        assert pane.host.record.key == "second"
