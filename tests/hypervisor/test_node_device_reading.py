"""A host's devices on libvirt's test driver: read, held, followed, given up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import libvirt
import pytest

from tests.model.node_device_samples import HOST, address_xml
from tests.waiting import until
from tui.demo import demo_uri
from tui.hypervisor.events import Event
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.node_device_reading import read_devices
from tui.hypervisor.node_devices import NodeDevices
from tui.hypervisor.shell import _run_here
from tui.model.host_use import PROBE, parse_probe

MACHINE = """\
<domain type='test'><name>{name}</name><memory>65536</memory><os><type>hvm</type></os><devices>
<interface type='hostdev' managed='yes'><mac address='52:54:00:ab:cd:0{number}'/>
<source>{address}</source></interface>
<interface type='network'><mac address='52:54:00:ab:ce:0{number}'/><source network='n'/></interface>
</devices>{off}</domain>
"""
OFF = "<test:runstate xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>5</test:runstate>"


def inventory(folder: Path) -> str:
    """The URI of a host with the sample devices and two machines that want one function."""
    place = address_xml("01:10.0", "type='pci' ")
    machines = [
        MACHINE.format(name="web", number=1, address=place, off=""),
        MACHINE.format(name="idle", number=2, address=place, off=OFF),
    ]
    file = folder / "host.xml"
    file.write_text("<node>" + "".join([*HOST, *machines]) + "</node>", encoding="utf-8")
    return f"test://{file}"


@contextlib.asynccontextmanager
async def reading(uri: str, *, demo: bool = False) -> AsyncIterator[tuple[Fleet, NodeDevices]]:
    """A fleet with one host, its devices read."""
    fleet = Fleet()
    fleet.add("host", uri, demo=demo).open()
    fleet.attach()
    try:
        reader = fleet.devices_of("host")
        reader.want()
        await until(lambda: reader.is_read)
        await until(lambda: all(d.details is not None for d in fleet.domains()))
        yield fleet, reader
    finally:
        fleet.close()


async def test_devices_and_their_holders(tmp_path: Path):
    async with reading(inventory(tmp_path)) as (fleet, reader):
        function = reader.devices.index.by_pci["0000:01:10.0"]
        await until(lambda: len(reader.devices.holders_of(function)) == 2)
        holders = [h.words for h in reader.devices.holders_of(function)]
        assert holders == ["web (running)", "idle (configured)"]
        records = {d.name: d for d in fleet.domains()}
        assert fleet.device_warnings(records["idle"]) == ("01:10.0 is held by web",)
        assert fleet.device_warnings(records["web"]) == ()
        bound = "not live-migratable: 01:10.0 without <teaming>"
        assert fleet.why_not_migratable(records["web"]) == bound
        assert not reader.devices.use.known  # this machine's own devices are not the host's


async def test_holders_follow_the_machines(tmp_path: Path):
    async with reading(inventory(tmp_path)) as (fleet, reader):
        web = next(d for d in fleet.domains() if d.name == "web")
        await fleet.hosts["host"].call(lambda c: c.lookupByName("web").destroy())
        await until(lambda: not fleet.domain(web.key).state.is_active)
        idle = next(d for d in fleet.domains() if d.name == "idle")
        await until(lambda: fleet.device_warnings(idle) == ())
        function = reader.devices.index.by_pci["0000:01:10.0"]
        await until(lambda: not any(h.claim.running for h in reader.devices.holders_of(function)))


async def test_a_device_that_goes_is_forgotten_and_its_card_read_again(tmp_path: Path):
    async with reading(inventory(tmp_path)) as (fleet, reader):
        said: list[bool] = []
        fleet.subscribe(lambda change: said.append(change.node_devices))
        name = "pci_0000_01_10_2"
        host = fleet.hosts["host"]
        for observer in tuple(host.observers):
            observer(Event("node-device", name, name, (1, 0)))
        assert name not in reader.devices.index.by_name
        assert any(said)
        # The test driver still has it: an event that names it brings it back.
        for observer in tuple(host.observers):
            observer(Event("node-device", name, name, (0, 0)))
        await until(lambda: name in reader.devices.index.by_name)


async def test_a_device_named_by_an_event_may_be_gone_already(tmp_path: Path):
    async with reading(inventory(tmp_path)) as (fleet, reader):
        before = len(reader.devices.index)
        for observer in tuple(fleet.hosts["host"].observers):
            observer(Event("node-device", "pci_0000_99_00_0", "pci_0000_99_00_0", (0, 0)))
        await reader.refresh()
        assert len(reader.devices.index) == before
        assert reader.error is None


async def test_a_lost_host_is_read_again_when_it_is_back(tmp_path: Path):
    async with reading(inventory(tmp_path)) as (fleet, reader):
        fleet.hosts["host"].close()
        await until(lambda: not reader.is_read)
        fleet.hosts["host"].open()
        await until(lambda: reader.is_read)


async def test_the_demo_host_has_devices_worth_looking_at():
    async with reading(demo_uri(), demo=True) as (_fleet, reader):
        devices = reader.devices
        card = devices.index.by_pci["0000:41:00.0"]
        assert card.driver == "i40e"
        assert len(devices.index.virtual_functions(card)) == 4
        await until(lambda: devices is not reader.devices or devices.functions_in_use(card) == 1)
        assert reader.devices.functions_in_use(card) == 1
        office = devices.index.by_pci["0000:04:00.0"]
        assert "forwards through it" in reader.devices.guard(office).words


async def test_what_an_event_told_outlives_a_reading_that_began_before(tmp_path: Path):
    async with reading(inventory(tmp_path)) as (fleet, reader):
        name = "pci_0000_01_10_2"
        under_way = asyncio.ensure_future(reader.refresh())
        await asyncio.sleep(0)  # the list has been asked for
        for observer in tuple(fleet.hosts["host"].observers):
            observer(Event("node-device", name, name, (1, 0)))
        await under_way
        assert name not in reader.devices.index.by_name


class Vanishing:
    """A node device that goes while libvirt describes it."""

    def __init__(self, code: int) -> None:
        self.code = code

    def XMLDesc(self, _flags: int) -> str:
        error = libvirt.libvirtError("gone")
        error.err = (self.code, 0, "No such file or directory", 0, "", None, None, 0, 0)
        raise error


def test_a_device_that_vanishes_under_the_reading_loses_only_itself():
    vanishing = [Vanishing(libvirt.VIR_ERR_SYSTEM_ERROR), Vanishing(libvirt.VIR_ERR_NO_NODE_DEVICE)]
    assert read_devices(vanishing) == []
    with pytest.raises(libvirt.libvirtError):
        read_devices([Vanishing(libvirt.VIR_ERR_RPC)])


def test_this_machine_can_be_looked_at():
    assert parse_probe(_run_here(PROBE, 30).decode(errors="replace")).known


async def test_devices_that_come_and_go_leave_nothing_behind(tmp_path: Path):
    """Every machine that starts brings a network device with a name of its own."""
    async with reading(inventory(tmp_path)) as (fleet, reader):
        for number in range(50):
            for observer in tuple(fleet.hosts["host"].observers):
                observer(Event("node-device", f"net_vnet{number}", f"net_vnet{number}", (1, 0)))
        assert not reader._touched
