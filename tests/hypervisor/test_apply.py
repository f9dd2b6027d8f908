"""Applying edits to libvirt's test driver, with faults in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import libvirt
import pytest

from tests.waiting import until
from tui.hypervisor import history, lifecycle
from tui.hypervisor.apply import Applied, ConflictError, RefusedError, apply
from tui.hypervisor.errors import HypervisorError, NotConnectedError
from tui.hypervisor.hardware import read_stored
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.volumes import (
    InUseError,
    create_volume,
    delete_volume,
    list_volumes,
    plan_volume,
)
from tui.model import Domain
from tui.model.plan import DomainStatus
from tui.model.session import EditSession
from tui.screens.machine.applied import result_lines

MIB = 1024**2
ODD = """<domain type='test'><name>odd</name><memory>65536</memory><vcpu>1</vcpu>
<os><type>hvm</type></os><devices><disk type='file' device='disk'><source file='/x'/>
<target dev='vda' bus='virtio'/><serial>{serial}</serial></disk>
<graphics type='vnc' passwd='s3cret'/></devices></domain>"""

OTHER = "<mac address='52:54:00:00:00:77'/>"


def told(applied: Applied) -> str:
    """What the person reads of it."""
    return "\n".join(line.plain for line in result_lines(applied))


async def define(host: Host, xml: str) -> DomainRecord:
    uuid = await host.call(lambda connection: connection.defineXML(xml).UUIDString())
    await until(lambda: uuid in host.inventory.domains)
    return host.inventory.domains[uuid]


async def machine(host: Host) -> tuple[DomainRecord, Domain]:
    record = await define(host, ODD.format(serial="S1"))
    return record, (await read_stored(host, record)).stored


async def stored(host: Host, record: DomainRecord) -> Domain:
    return (await read_stored(host, record)).stored


def with_edit(base: Domain, edit: Callable[[Domain], object]) -> Domain:
    edited = base.copy()
    edit(edited)
    return edited


def explode(document: Domain) -> None:
    """What libvirt refuses."""
    document.general.on_crash = "explode"


async def store_directly(host: Host, document: Domain) -> None:
    """As someone else would."""
    await host.call(lambda connection: connection.defineXML(document.to_xml()))


async def test_what_was_replaced_is_kept_and_what_is_secret_stays(host: Host, tmp_path: Path):
    record, base = await machine(host)
    applied = await apply(
        host, record, base, with_edit(base, lambda d: setattr(d.disks[0], "cache", "none"))
    )
    assert [step.what for step in applied.steps] == ["stored the definition"]
    assert (applied.merged, applied.altered, applied.warning) == (False, (), "")
    now = await stored(host, record)
    assert now.disks[0].cache == "none"
    assert now.graphics[0].password == "s3cret"
    kept = history.versions(tmp_path / "state" / "history", host.record.uri, record.uuid)
    assert [version.why for version in kept] == [("Disk vda: Cache mode",)]
    assert history.read(kept[0]).to_xml() == base.to_xml()
    host.journal.flush()
    assert "s3cret" not in (tmp_path / "state" / "audit.log").read_text()
    assert not any("s3cret" in str(entry) for entry in host.journal.entries)


async def test_what_is_brought_back_is_what_libvirt_had_to_the_letter(host: Host, tmp_path: Path):
    """What is no business of ours, what cannot be seen and the white space of it included."""
    note = (
        "<own:n xmlns:own='urn:own' a='1'>\n  keep <own:b/>  this\u2028\u202e<!-- and --> </own:n>"
    )
    words = "one &amp; two\n  three\x85\u200b"
    xml = ODD.format(serial="S1").replace(
        "<memory>", f"<description>{words}</description><metadata>{note}</metadata><memory>"
    )
    record = await define(host, xml)

    async def told() -> str:
        secure = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
        return await host.call(lambda c: c.lookupByUUIDString(record.uuid).XMLDesc(secure))

    before = await told()
    assert "\u2028" in before

    def edit(document: Domain) -> None:
        document.disks[0].cache = "none"
        document.memory.maximum = 128 * MIB
        document.general.set("description", "other")
        document.remove_device(document.graphics[0])
        document.add_device(
            "<rng model='virtio'><backend model='random'>/dev/random</backend></rng>"
        )

    base = await stored(host, record)
    await apply(host, record, base, with_edit(base, edit))
    assert await told() != before
    (version,) = history.versions(tmp_path / "state" / "history", host.record.uri, record.uuid)
    session = EditSession(await stored(host, record))
    session.replace(history.read(version))
    await apply(host, record, session.base, session.edited)
    assert await told() == before


async def test_what_libvirt_refused_has_replaced_nothing(host: Host, tmp_path: Path):
    record, base = await machine(host)
    with pytest.raises(HypervisorError):
        await apply(host, record, base, with_edit(base, explode))
    folder = tmp_path / "state" / "history"
    assert history.versions(folder, host.record.uri, record.uuid) == []


async def test_a_place_that_cannot_be_written_stops_it(host: Host, tmp_path: Path):
    record, base = await machine(host)
    (tmp_path / "state").mkdir(exist_ok=True)
    (tmp_path / "state" / "history").write_text("in the way")
    with pytest.raises(HypervisorError, match="could not be kept"):
        await apply(
            host, record, base, with_edit(base, lambda d: setattr(d.disks[0], "cache", "none"))
        )
    assert (await stored(host, record)).to_xml() == base.to_xml()


async def test_another_editor_is_merged_with_or_asked_about(host: Host):
    record, base = await machine(host)
    await store_directly(host, with_edit(base, lambda d: setattr(d.general, "heading", "theirs")))
    ours = with_edit(base, lambda d: setattr(d.disks[0], "cache", "none"))
    assert (await apply(host, record, base, ours)).merged
    both = await stored(host, record)
    assert (both.title, both.disks[0].cache) == ("theirs", "none")

    await store_directly(host, with_edit(both, lambda d: setattr(d.disks[0], "cache", "unsafe")))
    gone = with_edit(both, lambda d: d.remove_device(d.disks[0]))
    with pytest.raises(ConflictError) as conflict:
        await apply(host, record, both, gone)
    assert conflict.value.theirs.disks[0].cache == "unsafe"
    assert (await stored(host, record)).disks[0].cache == "unsafe"


async def test_a_rename_and_the_rest_are_one(host: Host):
    record, base = await machine(host)

    def both(document: Domain) -> None:
        document.general.name = "renamed"
        document.disks[0].cache = "none"

    with pytest.raises(HypervisorError):
        await apply(host, record, base, with_edit(with_edit(base, both), explode))
    assert (await stored(host, record)).to_xml() == base.to_xml()
    applied = await apply(host, record, base, with_edit(base, both))
    assert len(applied.steps) == 2
    now = await stored(host, record)
    assert (now.name, now.disks[0].cache) == ("renamed", "none")


async def test_a_rename_is_undone_before_its_event_has_been_heard(host: Host, monkeypatch):
    record, base = await machine(host)
    monkeypatch.setattr(host.inventory, "domains", MappingProxyType({record.uuid: record}))
    monkeypatch.setattr(host.inventory, "put", lambda _record: None)
    monkeypatch.setattr(host.inventory, "_patch", lambda _record, **_changes: None)

    def both(document: Domain) -> None:
        document.general.name = "renamed"

    with pytest.raises(HypervisorError, match="on_crash"):
        await apply(host, record, base, with_edit(with_edit(base, both), explode))
    assert (await stored(host, record)).name == record.name


async def test_why_it_failed_at_first_is_told_though_it_cannot_be_undone(host: Host, monkeypatch):
    record, base = await machine(host)

    async def rename(_host: Host, known: DomainRecord, name: str) -> None:
        if known.name != record.name:
            raise NotConnectedError(f"Rename {known.name} {name}", words="it is not connected")

    def both(document: Domain) -> None:
        document.general.name = "renamed"
        explode(document)

    monkeypatch.setattr(lifecycle, "rename", rename)
    with pytest.raises(HypervisorError) as raised:
        await apply(host, record, base, with_edit(base, both))
    assert raised.value.what.startswith("Change the hardware")


async def test_autostart_is_set_beside_the_definition_or_not_at_all(host: Host):
    record, base = await machine(host)

    def on(document: Domain) -> None:
        document.boot.autostart = True

    with pytest.raises(HypervisorError):
        await apply(host, record, base, with_edit(with_edit(base, on), explode))
    assert not (await stored(host, record)).boot.autostart
    applied = await apply(host, record, base, with_edit(base, on))
    assert [step.what for step in applied.steps] == ["autostart on"]
    assert (await stored(host, record)).boot.autostart
    commands = [entry.virsh for entry in host.journal.entries if entry.virsh]  # events aside
    assert commands[-1] == f"virsh autostart {record.name}"


async def test_a_running_machine_is_not_renamed(host: Host):
    record, base = await machine(host)
    await host.call(lambda connection: connection.lookupByUUIDString(record.uuid).create())
    with pytest.raises(RefusedError, match="while it is off"):
        await apply(
            host, record, base, with_edit(base, lambda d: setattr(d.general, "name", "other"))
        )


async def test_what_the_schema_refuses_is_told_apart_from_what_it_always_refused(host: Host):
    record = await define(host, ODD.format(serial="not@valid"))
    base = await stored(host, record)
    ours = with_edit(base, lambda d: setattr(d.disks[0], "cache", "none"))
    assert "did not before either" in (await apply(host, record, base, ours)).warning
    assert (await stored(host, record)).disks[0].cache == "none"
    assert [e.outcome.value for e in host.journal.entries if "change the hard" in e.text] == [
        "done"
    ]

    await host.call(lambda connection: connection.lookupByUUIDString(record.uuid).undefine())
    record, base = await machine(host)
    with pytest.raises(HypervisorError, match="schema"):
        await apply(
            host, record, base, with_edit(base, lambda d: setattr(d.disks[0], "serial", "a@b"))
        )
    assert (await stored(host, record)).to_xml() == base.to_xml()


async def test_a_live_step_that_fails_leaves_the_definition(host: Host, monkeypatch):
    record, base = await machine(host)
    await host.call(lambda connection: connection.lookupByUUIDString(record.uuid).create())
    record = host.inventory.domains[record.uuid]
    real = read_stored

    async def as_if_qemu(host: Host, record: DomainRecord):
        found = await real(host, record)
        return type(found)(found.stored, found.live, DomainStatus(True, True, "QEMU"))

    monkeypatch.setattr("tui.hypervisor.apply.read_stored", as_if_qemu)
    nic = "<interface type='network'><source network='backend'/></interface>"
    applied = await apply(host, record, base, with_edit(base, lambda d: d.add_device(nic)))
    (failed,) = applied.failed  # no test driver attaches such a one
    assert failed.error is not None
    assert failed.error.words
    stored = (await real(host, record)).stored
    assert len(stored.interfaces) == len(base.interfaces) + 1
    assert "comes at the next boot" in told(applied)
    mac = stored.interfaces[-1].mac
    edited = with_edit(stored, lambda d: d.add_device(nic.replace("<source", OTHER + "<source")))
    (added,) = {d.key for d in edited.devices} - {d.key for d in stored.devices}
    applied = await apply(host, record, stored, edited, now_only={(added, "")})
    assert applied.failed
    assert [one.mac for one in (await real(host, record)).stored.interfaces] == [mac]
    assert "Nothing of it is stored." in told(applied)
    assert "next boot" not in told(applied), "what was wanted now only does not come then"


async def test_what_is_stored_counts_though_the_host_is_lost_behind_it(host: Host, monkeypatch):
    """Else the person would be told of a conflict with their own change."""
    record, base = await machine(host)
    real = read_stored
    readings = 0

    async def once(host: Host, record: DomainRecord):
        nonlocal readings
        readings += 1
        if readings > 1:
            raise HypervisorError("Asking demo", words="demo is not connected")
        return await real(host, record)

    monkeypatch.setattr("tui.hypervisor.apply.read_stored", once)
    edited = with_edit(base, lambda d: setattr(d.general, "heading", "kept"))
    applied = await apply(host, record, base, edited)
    assert readings == 2
    assert [step.what for step in applied.steps] == ["stored the definition"]
    assert (await stored(host, record)).general.heading == "kept"
    with pytest.raises(HypervisorError) as failed:
        await apply(host, record, base, edited)
    assert failed.value.what == "Change the hardware of odd", "not only that a host was asked"


async def test_a_new_nic_has_one_address_however_it_came(host: Host):
    record, base = await machine(host)
    nic = "<interface type='network'><source network='backend'/></interface>"
    await apply(host, record, base, with_edit(base, lambda d: [d.add_device(nic) for _ in "ab"]))
    macs = {nic.mac for nic in (await stored(host, record)).interfaces}
    assert len(macs) == 2
    assert all(mac.startswith("52:54:00:") for mac in macs)


async def test_data_that_a_machine_has_is_not_deleted(host: Host):
    def with_folder(connection: libvirt.virConnect) -> str:
        pools = connection.listAllStoragePools(libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE)
        return next(pool.name() for pool in pools if "<path>" in pool.XMLDesc())

    pool = await host.call(with_folder)
    volume = await create_volume(host, await plan_volume(host, pool, "data.qcow2", MIB, "qcow2"))
    record = await define(host, ODD.format(serial="S1").replace("/x", volume.path))
    with pytest.raises(InUseError, match="odd"):
        await delete_volume(host, volume.path)
    by_name = ODD.format(serial="S1").replace("file=", f"pool='{pool}' volume=")
    by_name = by_name.replace("/x", volume.name).replace("type='file'", "type='volume'")
    await host.call(lambda c: c.lookupByUUIDString(record.uuid).undefine())
    record = await define(host, by_name)
    with pytest.raises(InUseError, match="odd"):
        await delete_volume(host, volume.path)
    await host.call(lambda c: c.lookupByUUIDString(record.uuid).undefine())
    await delete_volume(host, volume.path)
    assert volume.name not in {one.name for one in await list_volumes(host, pool)}


async def test_what_is_gone_is_told(host: Host):
    record, base = await machine(host)
    await host.call(lambda connection: connection.lookupByUUIDString(record.uuid).undefine())
    with pytest.raises(HypervisorError) as error:
        await apply(host, record, base, with_edit(base, explode))
    assert error.value.code == libvirt.VIR_ERR_NO_DOMAIN
