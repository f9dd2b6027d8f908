"""What the hardware editor asks of libvirt, and what it makes of the answers."""

from __future__ import annotations

import libvirt
import pytest

from tests.waiting import until
from tui.demo import demo_uri
from tui.hypervisor.apply import apply
from tui.hypervisor.definition import read_addresses
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.hardware import read_live, read_pools, read_stored, read_surroundings
from tui.hypervisor.host import Host
from tui.hypervisor.volumes import create_volume, delete_volume, list_volumes, plan_volume
from tui.model import Domain


def machine(host: Host, name: str):
    return next(r for r in host.inventory.domains.values() if r.name == name)


class Counting:
    """Stands before one of libvirt's objects and counts what is called."""

    def __init__(self, thing: object, calls: list[str]) -> None:
        self._thing, self._calls = thing, calls

    def __getattr__(self, name: str):
        def call(*arguments: object):
            self._calls.append(name)
            answer = getattr(self._thing, name)(*arguments)
            return Counting(answer, self._calls) if hasattr(answer, "XMLDesc") else answer

        return call


async def test_the_stored_definition_takes_three_calls(host, monkeypatch):
    calls: list[str] = []

    async def call(work):
        return work(Counting(host._calls.connection, calls))

    record = machine(host, "db-primary")
    monkeypatch.setattr(host, "call", call)
    hardware = await read_stored(host, record)
    assert calls == ["lookupByUUIDString", "autostart", "XMLDesc"]
    assert hardware.stored.name == "db-primary"
    assert hardware.live is None
    whole = await read_live(host, record, hardware)
    assert whole.live is not None
    assert whole.status.driver == "TEST"


async def test_a_volume_takes_one_call(host, monkeypatch):
    pool = (await read_pools(host))[0].name
    connection = host._calls.connection
    told = {
        volume.name(): (volume.path(), *volume.info()[1:])
        for volume in connection.storagePoolLookupByName(pool).listAllVolumes()
    }

    def refuse(*_arguments: object) -> None:
        raise AssertionError("a round trip for what its XML tells")

    monkeypatch.setattr(libvirt.virStorageVol, "info", refuse)
    monkeypatch.setattr(libvirt.virStorageVol, "path", refuse)
    found = await list_volumes(host, pool)
    assert len(found) > 1
    assert {one.name: (one.path, one.capacity, one.allocation) for one in found} == told


async def test_a_volume_that_goes_while_its_pool_is_read_takes_nothing_along(host, monkeypatch):
    pool, name = "default", "zz-nobodys.qcow2"
    await create_volume(host, await plan_volume(host, pool, name, 1 << 20, "qcow2"))
    known = [volume.name for volume in await list_volumes(host, pool)]
    assert known[-1] == name
    stock = libvirt.virStoragePool.listAllVolumes

    def going(pool: libvirt.virStoragePool, flags: int = 0) -> list[libvirt.virStorageVol]:
        listed = sorted(stock(pool, flags), key=libvirt.virStorageVol.name)
        listed[0].delete(0)
        return listed

    monkeypatch.setattr(libvirt.virStoragePool, "listAllVolumes", going)
    assert [volume.name for volume in await list_volumes(host, pool)] == known[1:]
    await delete_volume(host, f"{pool}/{name}")  # looks who has it, also among its volumes
    monkeypatch.undo()
    assert [volume.name for volume in await list_volumes(host, pool)] == known[2:-1]


async def test_what_a_driver_cannot_tell_is_empty(host, monkeypatch):
    def refuse(*_arguments: object) -> str:
        # As the test driver does up to libvirt 10.
        error = libvirt.libvirtError("")
        error.err = (libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_FROM_TEST, "no", 2, "", "", "", -1, -1)
        raise error

    monkeypatch.setattr(libvirt.virConnect, "getDomainCapabilities", refuse)
    hardware = await read_stored(host, machine(host, "web-01"))
    around = await read_surroundings(host, hardware.stored)
    assert around.capabilities is None
    assert "backend" in around.networks
    assert around.pools


async def test_a_definition_that_libvirt_refuses_changes_nothing(host, tmp_path):
    record = machine(host, "scratch")
    base = (await read_stored(host, record)).stored
    broken = Domain.from_xml(base.to_xml().replace("</devices>", "<nonsense/></devices>"))
    broken.general.on_crash = "explode"
    with pytest.raises(HypervisorError):
        await apply(host, record, base, broken)
    assert (await read_stored(host, record)).stored.to_xml() == base.to_xml()


async def test_a_machine_that_is_gone_is_told(host):
    record = machine(host, "scratch")
    base = (await read_stored(host, record)).stored
    await host.call(lambda c: c.lookupByUUIDString(record.uuid).undefine())
    edited = base.copy()
    edited.general.on_crash = "preserve"
    with pytest.raises(HypervisorError):
        await apply(host, record, base, edited)


async def test_who_may_only_read_sees_the_addresses_that_the_agent_is_not_needed_for(tmp_path):
    fleet = Fleet(tmp_path / "audit.log")
    fleet.attach()
    try:
        # Not test:///default: that is one host for the whole process, and others change it.
        found = fleet.add("demo", demo_uri(), readonly=True)
        found.open()
        await until(lambda: found.record.facts is not None)
        addresses = await read_addresses(found, machine(found, "web-01"))
        assert {address.source for address in addresses} >= {"lease"}
    finally:
        fleet.close()
