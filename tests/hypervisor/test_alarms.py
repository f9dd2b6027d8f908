"""What is active on two hosts at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.hypervisor.test_ssh import NO_FACTS
from tui.hypervisor.alarms import against_start, alarms, versions_differ
from tui.hypervisor.details import shared_disks
from tui.hypervisor.records import DomainDetails, DomainRecord, HostRecord, HostState
from tui.model import Domain
from tui.model.states import DomainState

HOSTS = {
    name: HostRecord(
        name, name, "x:///", state=HostState.CONNECTED, facts=replace(NO_FACTS, hostname=name)
    )
    for name in ("a", "b")
}


def machine(host: str, uuid: str, name: str, number: int = 1, **details: object) -> DomainRecord:
    return DomainRecord(
        host,
        uuid,
        name,
        number,
        DomainState.RUNNING,
        details=DomainDetails(**details),
    )


def found(*domains: DomainRecord, hosts: dict[str, HostRecord] = HOSTS) -> list[tuple[str, str]]:
    return [(alarm.kind, alarm.what) for alarm in alarms(domains, hosts)]


def test_one_machine_on_two_hosts_is_told_once() -> None:
    pair = machine("a", "1", "web", disks=1), machine("b", "1", "web", 7)
    assert found(*pair) == [("machine", "web")]
    assert alarms(pair, HOSTS)[0].is_severe
    assert alarms(pair, HOSTS)[0].words == "machine web is active twice: web on a, web on b"


def test_off_or_stale_machines_are_no_alarm() -> None:
    on = machine("a", "1", "web")
    assert found(on, replace(machine("b", "1", "web", 2), state=DomainState.SHUTOFF)) == []
    assert found(on, replace(machine("b", "1", "web", 2), stale=True)) == []


def test_two_connections_to_one_daemon_are_one_host() -> None:
    same = {name: replace(record, facts=NO_FACTS) for name, record in HOSTS.items()}
    pair = machine("a", "1", "web", macs=("52:54:00:00:00:01",)), machine("b", "1", "web")
    assert found(*pair, hosts=same) == []
    assert found(pair[0], replace(pair[1], id=2), hosts=same) == [("machine", "web")]


def test_hosts_of_one_name_are_two_where_their_uuids_differ() -> None:
    alike = {
        name: replace(record, facts=replace(NO_FACTS, uuid=name)) for name, record in HOSTS.items()
    }
    pair = machine("a", "1", "web"), machine("b", "1", "web")
    assert found(*pair, hosts=alike) == [("machine", "web")]
    slow = {**alike, "b": replace(alike["b"], facts=NO_FACTS)}  # whose UUID has not been read
    assert found(*pair, hosts=slow) == []


def test_one_name_disk_or_address_on_two_machines_is_an_alarm() -> None:
    assert found(machine("a", "1", "web"), machine("b", "2", "web")) == [("name", "web")]
    disk = ("rbd:pool/web",)
    shared = machine("a", "1", "x", shared_disks=disk), machine("b", "2", "y", shared_disks=disk)
    assert found(*shared) == [("disk", "rbd:pool/web")]
    mac = ("52:54:00:00:00:01",)
    twins = machine("a", "1", "x", macs=mac), machine("a", "2", "y", 2, macs=mac)
    assert found(*twins) == [("MAC address", mac[0])]
    assert alarms(twins, HOSTS)[0].words_for(twins[0]) == (
        "MAC address 52:54:00:00:00:01 is that of y on a too"
    )
    assert found(machine("a", "1", "x", macs=mac * 2), machine("b", "2", "y")) == []


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (machine("b", "1", "web", 2), "active on b already"),
        (machine("b", "2", "db", shared_disks=("rbd:pool/web",)), "both would write"),
        (machine("b", "2", "web"), "same name"),
        (machine("b", "2", "db"), ""),
        (replace(machine("b", "1", "web", 2), state=DomainState.SHUTOFF), ""),
    ],
)
def test_what_speaks_against_a_start(other: DomainRecord, words: str) -> None:
    off = replace(
        machine("a", "1", "web", shared_disks=("rbd:pool/web",)), id=None, state=DomainState.SHUTOFF
    )
    reason = against_start(off, [off, other], HOSTS)
    assert words in reason
    assert bool(words) == bool(reason)


def test_versions_are_told_where_hosts_differ() -> None:
    assert versions_differ(HOSTS.values()) == []
    newer = replace(HOSTS["b"], facts=replace(NO_FACTS, libvirt_version="10.0.0"))
    assert versions_differ([HOSTS["a"], newer]) == ["libvirt (QEMU) 10.0.0, 9.0.0"]


def test_disks_that_another_host_can_reach() -> None:
    document = Domain.from_xml(
        """<domain><devices>
        <disk type='file'><source file='/var/lib/libvirt/images/a.qcow2'/></disk>
        <disk type='network'><source protocol='rbd' name='pool/web'><host name='m'/></source></disk>
        <disk type='network'><source protocol='nbd' name='x'><host name='srv'/></source></disk>
        <disk type='network'><source protocol='rbd' name='iso'/><readonly/></disk>
        <disk type='block'><source dev='/dev/disk/by-id/wwn-1'/></disk>
        <disk type='block'><source dev='/dev/disk/by-id/wwn-2'/><shareable/></disk>
        <disk type='block'><source dev='/dev/sdb'/></disk>
        <disk type='file' device='cdrom'/>
        </devices></domain>"""
    )
    assert shared_disks(document) == ("rbd:pool/web", "nbd:srv/x", "/dev/disk/by-id/wwn-1")
