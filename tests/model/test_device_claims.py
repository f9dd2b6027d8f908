"""Which devices of the host a definition claims."""

from __future__ import annotations

from tests.model.node_device_samples import UUID, address_xml
from tui.model import Domain
from tui.model.device_claims import Holder, VfPool, claims_of, joined, vf_pool


def domain(devices_xml: str) -> Domain:
    return Domain.from_xml(f"<domain><name>m</name><devices>{devices_xml}</devices></domain>")


VF_ADDRESS = address_xml("01:10.0", "type='pci' ")
VF_NIC = (
    "<interface type='hostdev' managed='yes'><mac address='52:54:00:AB:CD:01'/>"
    f"<source>{VF_ADDRESS}</source><vlan><tag id='42'/></vlan></interface>"
)
POOL_NIC = (
    "<interface type='network'><mac address='52:54:00:ab:cd:01'/>"
    "<source network='vfs'/></interface>"
)


def test_claims_of_every_kind():
    document = domain(
        VF_NIC
        + "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
        + address_xml("05:01.0")
        + "</source></hostdev>"
        "<hostdev mode='subsystem' type='usb'><source startupPolicy='optional'>"
        "<vendor id='0x0403'/><product id='0x6001'/></source></hostdev>"
        "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='5'/></source>"
        "</hostdev>"
        "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
        f"<address uuid='{UUID}'/></source></hostdev>"
        "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host2'/>"
        "<address bus='0' target='1' unit='2'/></source></hostdev>"
        "<hostdev mode='capabilities' type='misc'><source><char>/dev/x</char></source></hostdev>"
    )
    claims = claims_of(document, running=False)
    assert [(c.kind, c.place, c.at) for c in claims] == [
        ("pci", "0000:05:01.0", ""),
        ("usb", "0403:6001", ""),
        ("usb", "", "1/5"),
        ("mdev", UUID, ""),
        ("scsi", "scsi_host2 0:1:2", ""),
        ("pci", "0000:01:10.0", ""),
    ]
    nic = claims[-1]
    assert (nic.is_nic, nic.mac, nic.vlan, nic.managed) == (True, "52:54:00:ab:cd:01", "42", True)
    assert claims[1].optional
    assert all(c.configured and not c.running for c in claims)


def test_running_and_stored_are_told_together():
    stored = claims_of(domain(VF_NIC), running=False)
    live = claims_of(domain(VF_NIC), running=True)
    (both,) = joined(live, stored)
    assert (both.running, both.configured) == (True, True)
    (plugged,) = joined(live, ())
    assert (plugged.running, plugged.configured) == (True, False)
    assert Holder("web", "u", plugged).words == "web (running, not at the next boot)"
    (later,) = joined((), stored)
    assert Holder("web", "u", later).words == "web (configured)"


def test_a_function_from_a_pool_is_one_claim():
    live = claims_of(domain(VF_NIC), running=True)
    stored = claims_of(domain(POOL_NIC), running=False)
    (claim,) = joined(live, stored)
    assert (claim.kind, claim.place, claim.network) == ("pci", "0000:01:10.0", "vfs")
    assert claim.configured


def test_a_usb_device_stored_by_place_runs_with_its_identity():
    by_place = "<hostdev mode='subsystem' type='usb'><source>{}<address bus='1' device='5'/>"
    end = "</source></hostdev>"
    live = by_place.format("<vendor id='0x0403'/><product id='0x6001'/>") + end
    (claim,) = joined(
        claims_of(domain(live), running=True),
        claims_of(domain(by_place.format("") + end), running=False),
    )
    assert claim.running
    assert claim.configured


def test_a_network_of_functions_is_a_pool():
    xml = (
        "<network connections='1'><name>vfs</name><forward mode='hostdev' managed='yes'>"
        f"<pf dev='enp1s0'/>{address_xml('01:10.0')}</forward></network>"
    )
    pool = vf_pool(xml, "u", True)
    assert pool == VfPool("vfs", "u", True, ("enp1s0",), ("0000:01:10.0",))
    assert vf_pool("<network><name>n</name><forward mode='nat'/></network>", "u", True) is None
