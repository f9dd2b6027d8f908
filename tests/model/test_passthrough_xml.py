"""The XML by which devices come to machines; places for them; findings about them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from tests.model.node_device_samples import UUID, devices
from tui.model import Domain
from tui.model.changes import ChangeSet
from tui.model.device_index import DeviceIndex
from tui.model.host_use import HostUse
from tui.model.passthrough import Devices
from tui.model.passthrough_rules import findings
from tui.model.passthrough_xml import (
    hostdev_of,
    mdev_device,
    pool_interface,
    usb_by_place,
    vf_interface,
    vf_network,
)
from tui.model.pcie_ports import FULL, NO_SLOT, PORT_XML, free_ports
from tui.model.plan import DomainStatus, Effect, plan
from tui.model.surroundings import HostCell

MAC = "52:54:00:ab:cd:01"


def one(xml: str) -> etree._Element:
    return etree.fromstring(xml)


def test_every_kind_of_device_becomes_a_hostdev():
    index = DeviceIndex(devices())
    pci = one(hostdev_of(index.by_pci["0000:05:01.0"]))
    assert {str(k): str(v) for k, v in pci.attrib.items()} == {
        "mode": "subsystem",
        "type": "pci",
        "managed": "yes",
    }
    assert {str(k): str(v) for k, v in pci.find("source/address").items()} == {
        "domain": "0x0000",
        "bus": "0x05",
        "slot": "0x01",
        "function": "0x0",
    }
    usb = one(hostdev_of(index.by_name["usb_1_4_2"]))
    assert usb.find("source/vendor").get("id") == "0x0403"
    mdev = next(d for d in index.by_name.values() if d.mdev)
    assert one(hostdev_of(mdev)).find("source/address").get("uuid") == UUID
    assert one(usb_by_place(1, 5)).find("source/address").get("device") == "5"
    with pytest.raises(ValueError, match="nothing"):
        hostdev_of(index.by_name["net_enp1s0"])


def test_a_function_becomes_a_nic_by_itself_or_by_a_network():
    nic = one(vf_interface("0000:01:10.2", MAC.upper(), "42"))
    assert (nic.get("type"), nic.get("managed")) == ("hostdev", "yes")
    assert nic.find("mac").get("address") == MAC
    assert nic.find("source/address").get("type") == "pci"
    assert nic.find("vlan/tag").get("id") == "42"
    pooled = one(pool_interface("vfs", MAC))
    assert pooled.find("source").get("network") == "vfs"
    assert pooled.find("vlan") is None


@pytest.mark.parametrize(
    ("mac", "vlan", "words"),
    [
        ("52:54:00", "", "six pairs"),
        ("01:54:00:00:00:01", "", "even"),
        (MAC, "0", "1 to 4094"),
        (MAC, "4095", "1 to 4094"),
        (MAC, "ten", "1 to 4094"),
    ],
)
def test_a_nic_that_libvirt_would_refuse(mac: str, vlan: str, words: str):
    with pytest.raises(ValueError, match=words):
        vf_interface("0000:01:10.2", mac, vlan)


def test_networks_name_a_card_or_functions_mediated_devices_a_type():
    whole = one(vf_network("vfs & co", "enp1s0"))
    assert whole.findtext("name") == "vfs & co"
    assert whole.find("forward").get("mode") == "hostdev"
    assert whole.find("forward/pf").get("dev") == "enp1s0"
    listed = one(vf_network("some", addresses=["0000:01:10.0", "0000:01:10.2"]))
    assert [a.get("function") for a in listed.iterfind("forward/address")] == ["0x0", "0x2"]
    made = one(mdev_device("pci_0000_06_00_0", "nvidia-11", UUID.upper()))
    assert made.findtext("capability/uuid") == UUID
    assert one(mdev_device("p", "t")).find("capability/uuid") is None
    with pytest.raises(ValueError, match="UUID"):
        mdev_device("p", "t", "first")


LIVE = """\
<domain type='kvm'><name>m</name><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
<devices><controller type='pci' index='0' model='pcie-root'/>
<controller type='pci' index='1' model='pcie-root-port'>
<address type='pci' bus='0x00' slot='0x02'/></controller>
<controller type='pci' index='2' model='pcie-root-port'>
<address type='pci' bus='0x00' slot='0x02' function='0x1'/></controller>
<interface type='network'><mac address='52:54:00:00:00:09'/><source network='n'/>
<address type='pci' bus='0x01' slot='0x00'/></interface>{more}</devices></domain>
"""


def test_free_ports_of_a_running_machine():
    assert free_ports(Domain.from_xml(LIVE.format(more=""))) == 1
    assert free_ports(Domain.from_xml(LIVE.replace("pc-q35-7.2", "pc-i440fx-7.2"))) is None
    bare = "<domain><os><type machine='q35'>hvm</type></os><devices/></domain>"
    assert free_ports(Domain.from_xml(bare)) is None


def test_what_finds_no_port_waits_for_the_next_boot():
    live = Domain.from_xml(LIVE.format(more=""))
    edited = live.copy()
    for address in ("0000:01:10.0", "0000:01:10.2"):
        edited.add_device(vf_interface(address, MAC[:-2] + address[-1:] + "0"))
    made = plan(ChangeSet(live, edited), DomainStatus(True, True), live)
    assert [(f.effect, f.why) for f in made.forecasts] == [
        (Effect.NOW, ""),
        (Effect.NEXT_BOOT, FULL),
    ]
    edited.add_device(PORT_XML)
    assert not plan(ChangeSet(live, edited), DomainStatus(True, True), live).refused


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        ("<watchdog model='i6300esb'/>", NO_SLOT),
        ("<interface type='user'><mac address='52:54:00:00:00:11'/><model type='e1000'/>"
         "</interface>", NO_SLOT),
        ("<interface type='user'><mac address='52:54:00:00:00:11'/><model type='e1000e'/>"
         "</interface>", ""),
        ("<shmem name='s'/>", NO_SLOT),
        ("<controller type='scsi' index='0' model='lsilogic'/>", NO_SLOT),
        ("<controller type='scsi' index='0' model='virtio-scsi'/>", ""),
        ("<serial type='pty'><target type='pci-serial' port='0'/></serial>", NO_SLOT),
    ],
)  # fmt: skip
def test_conventional_pci_takes_a_slot_of_a_bridge_not_a_port(xml, why):
    """As libvirt places them on q35: what it has no place for while it runs it refuses."""
    bridge = "<controller type='pci' index='3' model='pcie-to-pci-bridge'/>"
    for more, expected in (("", why), (bridge, "")):
        live = Domain.from_xml(LIVE.format(more=more))
        edited = live.copy()
        edited.add_device(xml)
        (forecast,) = plan(ChangeSet(live, edited), DomainStatus(True, True), live).forecasts
        assert forecast.why == expected
        assert forecast.effect is (Effect.NEXT_BOOT if expected else Effect.NOW)


PINNED = """\
<domain type='kvm'><name>m</name><vcpu>1</vcpu><cputune><vcpupin vcpu='0' cpuset='1'/></cputune>
<devices><hostdev mode='subsystem' type='pci' managed='yes'><source>
<address domain='0' bus='1' slot='0x10' function='0'/></source></hostdev>
<hostdev mode='subsystem' type='pci' managed='yes'><source>
<address domain='0' bus='5' slot='1' function='0'/></source></hostdev>
<hostdev mode='subsystem' type='usb'><source><address bus='1' device='77'/></source></hostdev>
</devices></domain>
"""


def test_findings_are_told_at_the_device_they_are_about():
    cells = (HostCell(0, (0, 1)), HostCell(1, (2, 3)))
    found = Devices(DeviceIndex(devices()), use=HostUse(known=True))
    document = Domain.from_xml(PINNED)
    told = {f.key: f.text for f in findings(document, "u", found, cells)}
    assert told == {
        "hostdev pci 0000:01:10.0": (
            "It is on NUMA node 1, the vCPUs are pinned to node 0: every access crosses."
        ),
        "hostdev pci 0000:05:01.0": (
            "Group 15 is not viable until 05:02.0 (8139cp) is detached too."
        ),
        "hostdev usb bus 1 device 77": "USB 1/77 is not on this host.",
    }
    near = (replace(cells[0], cpus=(0,)), HostCell(1, (1, 2, 3)))
    keys = {f.key for f in findings(document, "u", found, near)}
    assert "hostdev pci 0000:01:10.0" not in keys
