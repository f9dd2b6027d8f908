"""Editing a running guest, checked from outside with virsh."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab import Guest, IsolatedDaemon
from tests.lab.guests import GuestSpec
from tests.waiting import until
from tui.hypervisor import history
from tui.hypervisor.apply import Applied, ConflictError, apply
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.hardware import (
    Hardware,
    read_live,
    read_neighbours,
    read_stored,
    read_surroundings,
)
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.volumes import create_volume, delete_volume, plan_volume, resize_disk
from tui.model import Domain
from tui.model.session import remove as remove_hardware
from tui.model.templates import TEMPLATES

MIB = 1024**2
PORTS = "".join(
    f"<controller type='pci' index='{n}' model='pcie-root-port'/>" for n in range(1, 12)
)
DEVICES = (
    PORTS
    + "<controller type='scsi' index='0' model='virtio-scsi'/>"
    + "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>"
    + "<target dev='sda' bus='sata'/><readonly/></disk>"
    + "<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1' passwd='s3cret'/>"
    + "<video><model type='vga'/></video>"
)
PASSWORD = "s3cret"


@dataclass
class Bench:
    """A machine under the knife."""

    host: Host
    guest: Guest
    history: Path

    @property
    def record(self) -> DomainRecord:
        return self.host.inventory.domains[self.guest.uuid]

    async def read(self) -> Hardware:
        return await read_live(self.host, self.record, await read_stored(self.host, self.record))

    async def edit(self, *edits: Callable[[Domain], object]) -> Applied:
        """Apply edits as one change."""
        base = (await self.read()).stored
        edited = base.copy()
        for edit in edits:
            edit(edited)
        applied = await apply(self.host, self.record, base, edited)
        for step in applied.steps:
            assert step.error is None, step
        return applied

    def dump(self, *options: str) -> ElementTree.Element:
        """The definition as virsh tells it."""
        return ElementTree.fromstring(self.guest.virsh("dumpxml", "--security-info", *options))

    @property
    def live(self) -> ElementTree.Element:
        return self.dump()

    @property
    def config(self) -> ElementTree.Element:
        return self.dump("--inactive")


@pytest.fixture
async def bench(isolated_daemon: IsolatedDaemon, tmp_path: Path) -> AsyncIterator[Bench]:
    """A running Linux guest with a CD drive, a display with a password, and free ports."""
    guest = isolated_daemon.guest(
        GuestSpec(
            name="knife", vcpus=2, max_vcpus=4, memory_mib=192, disk=True, network=True,
            devices=DEVICES,
        )
    )  # fmt: skip
    guest.wait_for_output()
    fleet = Fleet(tmp_path / "state" / "audit.log")
    fleet.attach()
    host = fleet.add("lab", isolated_daemon.uri)
    host.open()
    await until(lambda: guest.uuid in host.inventory.domains)
    await until(lambda: host.record.facts is not None)
    yield Bench(host, guest, tmp_path / "state" / "history")
    fleet.close()


def new(kind: str, document: Domain, **answers: str) -> None:
    template = next(one for one in TEMPLATES if one.name == kind)
    for xml in template.xml(document, answers):
        document.add_device(xml)


async def test_vcpus_memory_and_disk_modes(bench: Bench):
    await bench.edit(lambda d: setattr(d.cpu, "current", 3))
    assert bench.live.find("vcpu").get("current") == "3"
    assert bench.config.find("vcpu").get("current") == "3"
    applied = await bench.edit(lambda d: setattr(d.cpu, "current", 1))
    assert [f.change.what for f in applied.waiting] == ["vCPUs"]
    assert bench.live.find("vcpu").get("current") == "3"
    assert bench.config.find("vcpu").get("current") == "1"

    await bench.edit(lambda d: setattr(d.memory, "current", 160 * MIB))
    assert bench.config.findtext("currentMemory") == str(160 * 1024)
    await until(lambda: bench.live.findtext("currentMemory") == str(160 * 1024))

    def direct(document: Domain) -> None:
        document.disks[0].cache, document.disks[0].io = "none", "native"

    applied = await bench.edit(direct)
    assert {f.change.what for f in applied.waiting} == {"Cache mode", "I/O mode"}
    driver = bench.config.find("devices/disk/driver")
    assert (driver.get("cache"), driver.get("io")) == ("none", "native")
    assert bench.live.find("devices/disk/driver").get("io") is None
    assert bench.config.find("devices/graphics").get("passwd") == PASSWORD


async def test_devices_come_and_go(bench: Bench, isolated_daemon: IsolatedDaemon):
    image = isolated_daemon.image("extra.qcow2")
    await bench.edit(
        lambda d: new("disk", d, source=str(image), format="qcow2", bus="virtio"),
        lambda d: new(
            "nic", d, source=f"network {d.interfaces[0].source}", model="virtio",
            mac="52:54:00:aa:bb:cc",
        ),
    )  # fmt: skip
    for definition in (bench.live, bench.config):
        assert definition.find(f"devices/disk/source[@file='{image}']") is not None
        assert definition.find("devices/interface/mac[@address='52:54:00:aa:bb:cc']") is not None

    def unplug(document: Domain) -> None:
        document.interfaces[1].link = False

    await bench.edit(unplug)
    for definition in (bench.live, bench.config):
        assert definition.findall("devices/interface")[1].find("link").get("state") == "down"

    await bench.edit(lambda d: remove_hardware(d, "disk vdb"))
    for definition in (bench.live, bench.config):
        assert definition.find(f"devices/disk/source[@file='{image}']") is None


async def test_what_is_wanted_now_only_is_not_stored(bench: Bench):
    before = await bench.read()
    edited = before.stored.copy()
    device = edited.add_device(
        "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
    )
    edited.general.heading = "both"
    only = {(device.key, "")}
    applied = await apply(bench.host, bench.record, before.stored, edited, now_only=only)
    assert not applied.failed
    after = await bench.read()
    assert after.stored.device(device.key) is None
    assert after.live.device(device.key) is not None
    assert after.stored.general.heading == "both"


async def test_network_media_and_limits_change_live(bench: Bench, isolated_daemon: IsolatedDaemon):
    other = isolated_daemon.add_network("other", "192.168.213")
    cd = isolated_daemon.image("cd.iso", "raw")

    def edits(document: Domain) -> None:
        document.interfaces[0].where = f"network {other}"
        document.disks[1].source = str(cd)
        document.disks[0].total_iops = 500
        document.disks[0].total_bytes = 10 * MIB

    await bench.edit(edits)
    for definition in (bench.live, bench.config):
        assert definition.find("devices/interface/source").get("network") == other
        assert definition.find(f"devices/disk/source[@file='{cd}']") is not None
        assert definition.findtext("devices/disk/iotune/total_iops_sec") == "500"
    await bench.edit(
        lambda d: setattr(d.disks[1], "source", ""),
        lambda d: setattr(d.disks[0], "total_iops", None),
    )
    for definition in (bench.live, bench.config):
        assert definition.find(f"devices/disk/source[@file='{cd}']") is None
        assert definition.findtext("devices/disk/iotune/total_iops_sec") in (None, "0")


async def test_a_disk_comes_and_goes_with_its_volume(bench: Bench, isolated_daemon: IsolatedDaemon):
    pool = isolated_daemon.add_pool("shelf")
    volume = await create_volume(
        bench.host, await plan_volume(bench.host, pool, "data.qcow2", 32 * MIB, "qcow2")
    )
    assert "data.qcow2" in isolated_daemon.virsh("vol-list", pool)
    with pytest.raises(HypervisorError, match="free"):
        await create_volume(
            bench.host, await plan_volume(bench.host, pool, "huge.raw", 1 << 50, "raw")
        )
    await bench.edit(
        lambda d: new("disk", d, source=volume.path, format=volume.format, bus="virtio")
    )
    assert bench.live.find(f"devices/disk/source[@file='{volume.path}']") is not None
    await resize_disk(bench.host, bench.record, "vdb", volume.path, 48 * MIB)
    assert str(48 * MIB) in bench.guest.virsh("domblkinfo", "vdb")
    await bench.edit(lambda d: remove_hardware(d, "disk vdb"))
    await delete_volume(bench.host, volume.path)
    for definition in (bench.live, bench.config):
        assert definition.find(f"devices/disk/source[@file='{volume.path}']") is None
    assert "data.qcow2" not in isolated_daemon.virsh("vol-list", pool)


async def test_a_vlan_is_for_the_next_boot(bench: Bench):
    applied = await bench.edit(lambda d: setattr(d.interfaces[0], "vlan", ("42",)))
    assert [forecast.change.what for forecast in applied.waiting] == ["VLAN tags"]
    assert bench.config.find("devices/interface/vlan/tag").get("id") == "42"
    assert bench.live.find("devices/interface/vlan") is None


async def test_five_edits_at_once_and_the_way_back(bench: Bench):
    before = (await bench.read()).stored

    def five(document: Domain) -> None:
        document.cpu.current = 3
        document.memory.current = 128 * MIB
        document.disks[0].cache = "writethrough"
        document.interfaces[0].link = False
        document.interfaces[0].mtu = 1400

    applied = await bench.edit(five)
    assert len(applied.steps) == 4  # the define, vCPUs, memory, link
    assert bench.live.find("vcpu").get("current") == "3"
    config = bench.config
    assert config.find("devices/interface/mtu").get("size") == "1400"
    assert config.find("devices/disk/driver").get("cache") == "writethrough"

    versions = history.versions(bench.history, bench.host.record.uri, bench.guest.uuid)
    assert [version.name for version in versions] == [before.name]
    assert versions[0].path.stat().st_mode & 0o777 == 0o600
    kept = history.read(versions[0])
    now = (await bench.read()).stored
    await apply(bench.host, bench.record, now, kept)
    assert bench.config.find("devices/interface/mtu") is None
    assert bench.config.find("devices/disk/driver").get("cache") is None
    assert bench.config.find("vcpu").get("current") == "2"
    assert bench.live.find("devices/interface/link") is None or (
        bench.live.find("devices/interface/link").get("state") == "up"
    )
    assert bench.config.find("devices/graphics").get("passwd") == PASSWORD


async def test_what_someone_else_edits_meanwhile_is_merged_or_a_conflict(bench: Bench):
    base = (await bench.read()).stored
    ours = base.copy()
    ours.disks[0].cache = "none"
    bench.guest.virsh("desc", "--config", "by another hand")
    applied = await apply(bench.host, bench.record, base, ours)
    assert applied.merged
    assert bench.config.findtext("description") == "by another hand"
    assert bench.config.find("devices/disk/driver").get("cache") == "none"

    base = (await bench.read()).stored
    ours = base.copy()
    ours.general.description = "mine"
    bench.guest.virsh("desc", "--config", "theirs")
    with pytest.raises(ConflictError):
        await apply(bench.host, bench.record, base, ours)
    assert bench.config.findtext("description") == "theirs"


async def test_what_the_host_offers_is_read(bench: Bench):
    stored = (await bench.read()).stored
    around = await read_surroundings(bench.host, stored)
    assert around.capabilities is not None
    assert "virtio" in (around.capabilities.enum("devices/disk", "bus") or ())
    assert around.cpus
    assert stored.interfaces[0].source in around.networks
    assert any("q35" in machine for machine in around.machines)
    await asyncio.wait_for(read_neighbours(bench.host, bench.guest.uuid), 10)
