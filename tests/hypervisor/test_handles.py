"""Handles of machines: kept for as long as the connection, good for whatever becomes of one."""

from __future__ import annotations

import gc
import weakref

import libvirt
import pytest

from tui.demo import demo_uri
from tui.hypervisor import lifecycle
from tui.hypervisor.definition import read_xml
from tui.hypervisor.errors import GoneError
from tui.hypervisor.handles import domain_of, keep_handles
from tui.hypervisor.host import Host
from tui.hypervisor.opening import close_quietly
from tui.hypervisor.records import DomainRecord


def machine(host: Host, name: str) -> DomainRecord:
    return next(r for r in host.inventory.domains.values() if r.name == name)


async def test_a_machine_of_the_list_is_not_looked_up(host: Host, monkeypatch) -> None:
    looked_up: list[str] = []
    plain = libvirt.virConnect.lookupByUUIDString

    def look_up(connection: libvirt.virConnect, uuid: str) -> libvirt.virDomain:
        looked_up.append(uuid)
        return plain(connection, uuid)

    monkeypatch.setattr(libvirt.virConnect, "lookupByUUIDString", look_up)
    record = machine(host, "web-01")
    assert "web-01" in await read_xml(host, record, inactive=False)
    assert record.uuid not in looked_up


async def test_what_becomes_of_a_machine_leaves_its_handle_good(host: Host) -> None:
    record = machine(host, "scratch")
    await lifecycle.rename(host, record, "other")
    xml = await read_xml(host, record, inactive=True)
    assert "<name>other</name>" in xml
    await host.call(lambda connection: domain_of(connection, record.uuid).undefine())
    with pytest.raises(GoneError):
        await read_xml(host, record, inactive=True)
    await host.call(lambda connection: connection.defineXML(xml).name())
    assert "<name>other</name>" in await read_xml(host, record, inactive=True)


def test_a_closed_connection_is_let_go_of() -> None:
    connection = libvirt.open(demo_uri())
    keep_handles(connection, connection.listAllDomains())
    handle = domain_of(connection, connection.listAllDomains()[0].UUIDString())
    gone = weakref.ref(handle)
    del handle
    assert gone() is not None
    gc.disable()
    try:
        close_quietly(connection)
        assert gone() is None
    finally:
        gc.enable()
