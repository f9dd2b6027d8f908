"""The demo host's inventory, as libvirt's test driver understands it."""

import collections
import shutil
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import libvirt
import pytest

import tui.demo
from tui.demo import demo_uri
from tui.hypervisor import demo

TAGS = "{https://virtty.org/domain/1}tag"


@pytest.fixture
def host():
    connection = libvirt.open(demo_uri())
    demo.prepare(connection)
    yield connection
    connection.close()


def test_uri_is_absolute():
    path = Path(unquote(demo_uri().removeprefix("test://")))
    assert path.is_absolute()
    assert path.is_file()


def test_it_is_found_in_a_folder_of_any_name(tmp_path, monkeypatch):
    folder = tmp_path / "my täler, 100% #1?"
    folder.mkdir()
    shutil.copy(Path(tui.demo.__file__).with_name("demo.xml"), folder)
    monkeypatch.setattr(tui.demo, "__file__", str(folder / "__init__.py"))
    connection = libvirt.open(demo_uri())
    assert connection.numOfDomains() > 0
    connection.close()


def test_machines_are_in_every_state(host):
    states = collections.Counter(domain.state()[0] for domain in host.listAllDomains())
    assert states[libvirt.VIR_DOMAIN_RUNNING] >= 20
    assert states[libvirt.VIR_DOMAIN_SHUTOFF] >= 5
    assert set(states) == {
        libvirt.VIR_DOMAIN_RUNNING,
        libvirt.VIR_DOMAIN_BLOCKED,
        libvirt.VIR_DOMAIN_PAUSED,
        libvirt.VIR_DOMAIN_SHUTDOWN,
        libvirt.VIR_DOMAIN_SHUTOFF,
        libvirt.VIR_DOMAIN_CRASHED,
        libvirt.VIR_DOMAIN_PMSUSPENDED,
    }


def test_running_machines_fit_the_host(host):
    running = host.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
    memory_kib = sum(domain.info()[2] for domain in running)
    assert 0.5 < memory_kib / (host.getInfo()[1] * 1024) < 0.9
    vcpus = sum(domain.info()[3] for domain in running)
    assert host.getInfo()[2] <= vcpus <= 4 * host.getInfo()[2]


def test_the_demo_has_machines_of_every_special_kind(host):
    domains = host.listAllDomains()
    named = {domain.name(): domain for domain in domains}
    assert [d.name() for d in domains if not d.isPersistent()] == ["ci-runner-03"]
    assert [d.name() for d in domains if d.hasManagedSaveImage()] == ["win11-office"]
    assert {d.name() for d in domains if d.autostart()} == set(demo.AUTOSTARTED_MACHINES)
    assert "edge-東京" in named
    assert "[bold red]" in named["scratch"].metadata(libvirt.VIR_DOMAIN_METADATA_TITLE, None)


def test_some_definitions_differ_from_the_running_machine(host):
    for name, vcpus in demo.VCPUS_AT_NEXT_BOOT.items():
        domain = host.lookupByName(name)
        assert domain.vcpusFlags(libvirt.VIR_DOMAIN_AFFECT_CONFIG) == vcpus
        assert domain.vcpusFlags(libvirt.VIR_DOMAIN_AFFECT_LIVE) != vcpus


def test_machines_can_be_asked_for_their_addresses(host):
    """A NIC on a network without an address would crash the process in libvirt 9.0."""
    addressed = {
        network.name() for network in host.listAllNetworks() if "<ip " in network.XMLDesc()
    }
    for domain in host.listAllDomains():
        sources = ElementTree.fromstring(domain.XMLDesc()).iterfind(
            ".//interface[@type='network']/source"
        )
        assert {source.get("network") for source in sources} <= addressed
    web = host.lookupByName("web-01").interfaceAddresses(
        libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE
    )
    assert web["testnet0"]["addrs"][0]["addr"].startswith("10.30.")


def test_the_demo_has_tags(host):
    tags = collections.Counter(
        tag.text
        for domain in host.listAllDomains()
        for tag in ElementTree.fromstring(domain.XMLDesc()).iter(TAGS)
    )
    assert tags["k8s"] == 7
    assert {"web", "db", "ci", "prod", "windows", "template"} <= set(tags)


def test_the_demo_has_a_tree_of_snapshots(host):
    domain = host.lookupByName("staging-web")
    parents = {
        snapshot.getName(): ElementTree.fromstring(snapshot.getXMLDesc()).findtext("parent/name")
        for snapshot in domain.listAllSnapshots()
    }
    assert len(parents) == 8
    assert parents["base"] is None
    assert parents["new-checkout"] == parents["shop-4.2-rc"] == "shop-4.1"
    assert domain.snapshotCurrent().getName() == "new-checkout-fix"
    with_snapshots = [d for d in host.listAllDomains() if d.snapshotNum()]
    assert len(with_snapshots) == 6


def test_snapshot_can_be_reverted_to(host):
    domain = host.lookupByName("staging-web")
    domain.revertToSnapshot(domain.snapshotLookupByName("shop-4.0"))
    assert domain.snapshotCurrent().getName() == "shop-4.0"


def test_the_demo_has_networks_of_every_kind(host):
    networks = {network.name(): network for network in host.listAllNetworks()}
    modes = {
        name: (ElementTree.fromstring(network.XMLDesc()).find("forward"), network.isActive())
        for name, network in networks.items()
    }
    assert {name for name, (_, active) in modes.items() if not active} == set(demo.STOPPED_NETWORKS)
    forwards = {forward.get("mode") for forward, _ in modes.values() if forward is not None}
    assert forwards == {"nat", "route", "bridge", "hostdev"}
    assert modes["backend"][0] is None


def test_the_demo_has_pools_of_many_kinds_with_volumes(host):
    pools = {pool.name(): pool for pool in host.listAllStoragePools()}
    assert {name for name, pool in pools.items() if not pool.isActive()} == set(demo.STOPPED_POOLS)
    kinds = {ElementTree.fromstring(pool.XMLDesc()).get("type") for pool in pools.values()}
    assert kinds == {"dir", "logical", "netfs", "rbd", "iscsi"}
    for pool in pools.values():
        _, capacity, allocation, available = pool.info()
        assert 0 < allocation < capacity
        assert available == capacity - allocation
    assert pools["default"].numOfVolumes() > 20


def test_the_demo_has_devices_of_every_kind(host):
    devices = {device.name(): device for device in host.listAllDevices()}
    physical = ElementTree.fromstring(devices["pci_0000_41_00_0"].XMLDesc())
    virtual = physical.findall(".//capability[@type='virt_functions']/address")
    assert len(virtual) == 4
    assert {cap for device in devices.values() for cap in device.listCaps()} >= {
        "system",
        "pci",
        "net",
        "storage",
        "usb_device",
        "scsi_host",
    }


def test_passed_through_devices_exist_on_the_host(host):
    devices = {device.name() for device in host.listAllDevices()}
    for domain in host.listAllDomains():
        for address in ElementTree.fromstring(domain.XMLDesc()).iterfind(
            ".//hostdev[@type='pci']/source/address"
        ):
            bus, slot, function = (int(address.attrib[k], 16) for k in ("bus", "slot", "function"))
            assert f"pci_0000_{bus:02x}_{slot:02x}_{function}" in devices
