"""Node devices: out of XML, as a tree, by group, who holds them, what speaks against it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.model.node_device_samples import (
    HOST,
    UUID,
    address_xml,
    devices,
    net_xml,
    pci_name,
    pci_xml,
    usb_xml,
)
from tui.model import Domain
from tui.model.device_claims import Claim, Holder, VfPool, claims_of, joined, vf_pool
from tui.model.device_index import NO_GROUP, DeviceIndex
from tui.model.host_use import HostUse, parse_probe
from tui.model.node_device_xml import from_xml
from tui.model.node_devices import short_vendor
from tui.model.passthrough import UNSURE, Devices, iommu_advice
from tui.model.pci import address_attributes, class_words, parse_address, short

SEEN = HostUse(known=True)


def host(*holders: Holder, use: HostUse = SEEN, pools: tuple[VfPool, ...] = ()) -> Devices:
    return Devices(DeviceIndex(devices()), holders, pools, use)


def held(
    machine: str, place: str, *, running: bool = True, kind: str = "pci", network: str = ""
) -> Holder:
    full = parse_address(place) if kind == "pci" else place
    claim = Claim(kind, full, running=running, configured=True, network=network)
    return Holder(machine, f"uuid-{machine}", claim)


def wants(*places: str, managed: bool = True) -> tuple[Claim, ...]:
    return tuple(Claim("pci", parse_address(p), managed=managed, configured=True) for p in places)


# -- out of XML ----------------------------------------------------------------------------


def test_a_physical_function_tells_what_it_is():
    card = from_xml(HOST[2])
    assert card.pci is not None
    assert card.address == "0000:01:00.0"
    assert card.product == "Intel 82576 Gigabit Network Connection"
    assert (card.driver, card.group, card.is_pf, card.is_vf) == ("igb", 12, True, False)
    assert card.pci.virtual == ("0000:01:10.0", "0000:01:10.2")
    assert card.pci.most_virtual == 7
    assert (card.pci.link_most.words, card.pci.link.words) == ("8 GT/s x4", "2.5 GT/s x1")
    assert class_words(card.pci.class_code) == "Ethernet"


def test_a_card_without_functions_yet_still_says_how_many_it_can_have():
    card = from_xml(pci_xml("02:00.0", virtual=(), most=4))
    assert card.pci.most_virtual == 4
    assert card.pci.virtual == ()
    assert from_xml(pci_xml("02:00.0")).pci.most_virtual is None


def test_usb_mdev_net_and_storage():
    index = DeviceIndex(devices())
    usb = index.by_name["usb_1_4_2"].usb
    assert (usb.identity, usb.port, usb.bus, usb.device) == ("0403:6001", "1-4.2", 1, 5)
    mdev = next(device for device in index.by_name.values() if device.mdev)
    assert (mdev.mdev.uuid, mdev.mdev.type_id, mdev.group) == (UUID, "nvidia-11", 80)
    assert index.by_name["net_enp1s0"].net.speed == 1000
    assert index.by_name["net_enp1s0v0"].net.speed is None
    assert index.by_name["block_nvme0n1"].storage.controller == "0000:08:00.0"
    kinds = index.by_pci["0000:06:00.0"].pci.mdev_types
    assert [(kind.id, kind.available) for kind in kinds] == [("nvidia-11", 16)]


@pytest.mark.parametrize("speed", ["4294967295", "0", "fast"])
def test_a_speed_that_is_none_is_not_shown(speed: str):
    assert from_xml(net_xml("eth0", "computer", speed=speed)).net.speed is None


def test_what_is_not_told_does_not_matter():
    bare = from_xml("<device><name>pci_x</name><capability type='pci'/></device>")
    assert bare.pci.address == "0000:00:00.0"
    assert bare.pci.group is None
    assert from_xml("<device><name>odd</name></device>").kind == ""
    other = from_xml("<device><name>css</name><capability type='css'/></device>")
    assert other.address == "css"


@pytest.mark.parametrize(
    ("name", "short_name"),
    [
        ("Intel Corporation", "Intel"),
        ("Realtek Semiconductor Co., Ltd.", "Realtek"),
        ("Samsung Electronics Co Ltd", "Samsung"),
        ("Red Hat, Inc.", "Red Hat"),
        ("Advanced Micro Devices, Inc. [AMD]", "AMD"),
        ("NVIDIA Corporation", "NVIDIA"),
        ("Inc.", "Inc."),
    ],
)
def test_vendors_are_called_as_people_call_them(name: str, short_name: str):
    assert short_vendor(name) == short_name


def test_addresses_are_taken_as_people_type_them():
    assert parse_address("3:0.1") == "0000:03:00.1"
    assert parse_address(" 0001:C1:00.0 ") == "0001:c1:00.0"
    assert short("0000:c1:00.0") == "c1:00.0"
    assert short("0001:c1:00.0") == "0001:c1:00.0"
    assert address_attributes("0000:c1:1f.7") == {
        "domain": "0x0000",
        "bus": "0xc1",
        "slot": "0x1f",
        "function": "0x7",
    }
    for wrong in ("", "c1", "0000:c1:00", "zz:00.0", "c1:00.9"):
        with pytest.raises(ValueError, match="lspci"):
            parse_address(wrong)


# -- tree and groups -----------------------------------------------------------------------


def test_the_tree_has_functions_below_their_card_and_no_bridges():
    lines = [(branch.device.address, branch.depth) for branch in DeviceIndex(devices()).tree()]
    assert lines == [
        ("0000:01:00.0", 0),
        ("0000:01:10.0", 1),
        ("0000:01:10.2", 1),
        ("0000:05:01.0", 0),
        ("0000:05:02.0", 0),
        ("0000:06:00.0", 0),
        (UUID, 1),
        ("0000:07:00.0", 0),
        ("USB 1-1", 1),
        ("USB 1-4.2", 1),
        ("0000:08:00.0", 0),
        ("nvme0n1", 1),
    ]


def test_groups_have_all_their_members():
    index = DeviceIndex(devices(pci_xml("09:00.0")))
    groups = dict(index.by_group())
    assert [d.address for d in groups[15]] == ["0000:04:00.0", "0000:05:01.0", "0000:05:02.0"]
    assert [d.address for d in groups[NO_GROUP]] == ["0000:09:00.0"]


def test_a_card_knows_its_interface_and_a_function_its_card():
    index = DeviceIndex(devices())
    card, function = index.by_pci["0000:01:00.0"], index.by_pci["0000:01:10.0"]
    assert [nic.address for nic in index.interfaces(card)] == ["enp1s0"]
    assert index.physical_function(function) == card
    assert index.card_of(index.interface_named("enp1s0v0")) == function
    assert index.is_keyboard(index.by_name["usb_1_1"])
    assert not index.is_keyboard(index.by_name["usb_1_4_2"])


def test_a_device_whose_parent_is_its_own_child_ends():
    one = from_xml(pci_xml("0a:00.0", parent=pci_name("0b:00.0")))
    other = from_xml(pci_xml("0b:00.0", parent=pci_name("0a:00.0")))
    assert DeviceIndex([one, other]).tree() == []


# -- claims --------------------------------------------------------------------------------


def domain(devices_xml: str) -> Domain:
    return Domain.from_xml(f"<domain><name>m</name><devices>{devices_xml}</devices></domain>")


VF_NIC = (
    "<interface type='hostdev' managed='yes'><mac address='52:54:00:AB:CD:01'/>"
    f"<source>{address_xml('01:10.0', chr(116) + 'ype=' + chr(39) + 'pci' + chr(39) + ' ')}"
    "</source><vlan><tag id='42'/></vlan></interface>"
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


def test_holders_the_running_one_first():
    found = host(held("off", "01:10.0", running=False), held("on", "01:10.0"))
    function = found.index.by_pci["0000:01:10.0"]
    assert [h.words for h in found.holders_of(function)] == ["on (running)", "off (configured)"]
    card = found.index.by_pci["0000:01:00.0"]
    assert found.functions_in_use(card) == 1


def test_usb_holders_by_identity_and_by_place():
    identity = Holder("a", "u1", Claim("usb", "0403:6001", running=True))
    place = Holder("b", "u2", Claim("usb", "", "1/5", configured=True))
    elsewhere = Holder("c", "u3", Claim("usb", "0403:6001", "1/9", configured=True))
    found = host(identity, place, elsewhere)
    names = [h.machine for h in found.holders_of(found.index.by_name["usb_1_4_2"])]
    assert names == ["a", "b"]


# -- what speaks against it ------------------------------------------------------------------


def test_a_group_is_not_viable_until_its_other_members_are_detached():
    found = host()
    one = found.index.by_pci["0000:05:01.0"]
    assert found.not_viable(one) == "group 15 is not viable until 05:02.0 (8139cp) is detached too"
    assert found.not_viable(one, ["0000:05:02.0"]) == ""
    assert found.not_viable(found.index.by_pci["0000:01:10.0"]) == ""
    detached = [
        replace(d, driver="vfio-pci") if d.address == "0000:05:02.0" else d for d in devices()
    ]
    assert Devices(DeviceIndex(detached), use=SEEN).not_viable(one) == ""


def test_why_a_machine_had_better_not_start():
    def against(*claims: Claim, on: Devices) -> list[str]:
        return on.against_start("uuid-me", claims)

    assert against(*wants("01:10.0"), on=host()) == []
    assert against(*wants("01:10.0"), on=host(held("me", "01:10.0"))) == []
    assert against(*wants("01:10.0"), on=host(held("web", "01:10.0"))) == ["01:10.0 is held by web"]
    assert against(*wants("01:10.0"), on=host(held("web", "01:10.0", running=False))) == []
    assert against(*wants("01:10.7"), on=host()) == ["01:10.7 is not on this host"]
    assert against(*wants("05:01.0"), on=host()) == [
        "group 15 is not viable until 05:02.0 (8139cp) is detached too"
    ]
    assert against(*wants("05:01.0", "05:02.0"), on=host()) == []
    assert against(*wants("05:01.0"), on=host(held("web", "05:02.0"))) == [
        "05:02.0 of the same group 15 is held by web"
    ]
    assert against(*wants("01:10.0", managed=False), on=host()) == [
        "01:10.0 is bound to igbvf: detach it first, it is not managed"
    ]
    used = HostUse(True, {"0000:08:00.0": ("/ is mounted from it",)})
    assert against(*wants("08:00.0"), on=host(use=used)) == [
        "08:00.0 is the host's own: / is mounted from it"
    ]


def test_against_usb_and_mediated_devices():
    def against(claim: Claim, *more: str) -> list[str]:
        found = Devices(DeviceIndex(devices(*more)), use=SEEN)
        return found.against_start("me", [replace(claim, configured=True)])

    assert against(Claim("usb", "0403:6001")) == []
    assert against(Claim("usb", "dead:beef")) == ["dead:beef is not on this host"]
    assert against(Claim("usb", "dead:beef", optional=True)) == []
    twin = usb_xml("1-3", 9, "0403:6001", "FT232 Serial", parent=pci_name("07:00.0"))
    assert against(Claim("usb", "0403:6001"), twin) == [
        "2 USB devices are 0403:6001: choose one by its place"
    ]
    assert against(Claim("mdev", UUID)) == []
    idle = [replace(d, active=d.mdev is None) for d in devices()]
    claim = Claim("mdev", UUID, configured=True)
    assert Devices(DeviceIndex(idle)).against_start("me", [claim]) == [
        f"mediated device {UUID} is not started"
    ]


def test_a_pool_by_card_does_not_skip_what_is_held_directly():
    pool = VfPool("vfs", "u", True, ("enp1s0",))
    claim = Claim("pool", "vfs", is_nic=True, mac="m", configured=True)
    direct = held("web", "01:10.0", running=False)
    assert host(direct, pools=(pool,)).against_start("me", [claim]) == [
        "network vfs does not skip 01:10.0, which web holds directly"
    ]
    given = held("web", "01:10.0", network="vfs")
    assert host(given, pools=(pool,)).against_start("me", [claim]) == []
    both = [
        held(name, place, network="vfs") for name, place in (("a", "01:10.0"), ("b", "01:10.2"))
    ]
    assert host(*both, pools=(pool,)).against_start("me", [claim]) == [
        "network vfs has no free function"
    ]
    asleep = replace(pool, active=False)
    assert host(pools=(asleep,)).against_start("me", [claim]) == ["network vfs is not active"]
    assert host().against_start("me", [claim]) == []  # an ordinary network


def test_what_the_host_uses_is_guarded():
    use = HostUse(True, {"0000:01:00.0": ("carries the default route (enp1s0)",)})
    found = host(held("web", "01:10.0"), use=use)
    guard = found.guard(found.index.by_pci["0000:01:00.0"])
    assert guard.words == (
        "carries the default route (enp1s0); its function 01:10.0 is held by web"
    )
    assert guard.certain
    assert not found.guard(found.index.by_pci["0000:01:10.0"])


def test_where_it_cannot_be_known_it_says_so():
    found = host(use=HostUse())
    unsure = {
        device.address
        for device in found.index.by_name.values()
        if found.guard(device).words == UNSURE
    }
    # Nobody can be using the two cards without a link, nor what is bound to nothing.
    assert unsure == {"0000:01:00.0", "0000:06:00.0", "0000:07:00.0", "USB 1-1", "0000:08:00.0"}
    assert not found.guard(found.index.by_pci["0000:06:00.0"]).certain


def test_a_card_is_needed_for_its_functions():
    use = HostUse(True, {"0000:01:10.0": ("carries the default route (enp1s0v0)",)})
    found = host(use=use)
    assert found.guard(found.index.by_pci["0000:01:00.0"]).words == (
        "its function 01:10.0: carries the default route (enp1s0v0)"
    )


def test_what_cannot_be_given():
    found = host()
    assert found.why_not_assign(found.index.by_pci["0000:04:00.0"]).startswith("bridges")
    assert "08:00.0 instead" in found.why_not_assign(found.index.by_name["block_nvme0n1"])
    assert found.why_not_assign(found.index.by_pci["0000:01:10.0"]) == ""
    disk = (
        "<device><name>block_sda</name><parent>usb_1_4_2</parent><capability type='storage'>"
        "<block>/dev/sda</block><drive_type>disk</drive_type></capability></device>"
    )
    on_stick = Devices(DeviceIndex(devices(disk)))
    assert on_stick.why_not_assign(on_stick.index.by_name["block_sda"]) == (
        "assign USB 1-4.2 instead"
    )
    ungrouped = Devices(DeviceIndex([from_xml(pci_xml("09:00.0"))]))
    assert "IOMMU" in ungrouped.why_not_assign(ungrouped.index.by_pci["0000:09:00.0"])
    assert "intel_iommu=on" in iommu_advice("Intel")
    assert "intel_iommu" not in iommu_advice("AMD")


def test_what_keeps_a_machine_on_its_host():
    found = host()
    assert found.why_not_migratable(wants("01:10.0")) == (
        "not live-migratable: 01:10.0 without <teaming>"
    )
    teamed = replace(wants("01:10.0")[0], teaming=True)
    assert found.why_not_migratable([teamed]) == ""
    assert found.why_not_migratable([Claim("usb", "0403:6001", running=True)]) == ""


# -- the probe -----------------------------------------------------------------------------

PROBED = """\
@ssh
10.0.0.9 51000 10.0.0.2 22
@route
Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
br0 00000000 0100000A 0003 0 0 0 00000000 0 0 0
eno2 0000000B 00000000 0001 0 0 0 00FFFFFF 0 0 0
@route6
@address
1: lo    inet 127.0.0.1/8 scope host lo
4: br0    inet 10.0.0.2/24 brd 10.0.0.255 scope global br0
@net
device eno1 /sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0
upper eno1 br0
device eno2 /sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1
upper eno2 macvtap3
device br0
device vnet4
upper vnet4 br0
@block
device sda 8:0 /sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda
device sda1 8:1 /sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda1
device dm-0 253:0 /sys/devices/virtual/block/dm-0
slave dm-0 nvme0n1p2
device nvme0n1 259:0 /sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1
device nvme0n1p2 259:2 /sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p2
device sdb 8:16 /sys/devices/pci0000:00/0000:07:00.0/usb1/1-2/1-2:1.0/host6/block/sdb
@nvme
/sys/devices/virtual/nvme-subsystem/nvme-subsys0 /sys/devices/pci0000:00/0000:00:1d.0/0000:02:00.0
@mounts
22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw
30 22 8:1 / /srv/my\\040data rw - ext4 /dev/sda1 rw
31 22 0:40 / /mnt/stick rw - fuseblk /dev/sdb rw
32 22 0:5 / /proc rw - proc proc rw
@swaps
Filename Type Size Used Priority
/dev/sda1 partition 1 0 -2
@vga
0000:06:00.0
@keyboards
I: Bus=0019 Vendor=0000 Product=0001 Version=0000
S: Sysfs=/devices/LNXSYSTM:00/LNXPWRBN:00/input/input0
H: Handlers=kbd event0
S: Sysfs=/devices/pci0000:00/0000:07:00.0/usb1/1-1/1-1:1.0/0003/input/input3
H: Handlers=sysrq kbd leds event3
@sriov
0000:01:00.0 7 2
"""


def test_the_probe_tells_what_the_host_stands_on():
    use = parse_probe(PROBED)
    assert use.known
    assert use.reasons == {
        "0000:01:00.0": (
            "carries this SSH session (eno1)",
            "carries the default route (eno1)",
            "carries guests on br0 (eno1)",
        ),
        "0000:01:00.1": ("carries guests by macvtap (eno2)",),
        "0000:02:00.0": ("/ is mounted from it",),
        "0000:00:17.0": (
            "/srv/my data is mounted from it",
            "the host swaps to it",
        ),
        "0000:07:00.0": (
            "/mnt/stick is mounted from it",
            "the host's keyboard is on it",
        ),
        "1-2": ("/mnt/stick is mounted from it",),
        "0000:06:00.0": ("the host's display since boot",),
        "1-1": ("the host's keyboard is on it",),
    }
    assert use.functions == {"0000:01:00.0": (7, 2)}
    assert use.pool_places("/srv/my data/images") == ["0000:00:17.0"]
    assert use.pool_places("/srv/my database") == ["0000:02:00.0"]


def test_a_probe_without_an_answer_knows_nothing_bad():
    assert parse_probe("") == HostUse()
    assert parse_probe("@route\n@net\ndevice\n@block\n@mounts\nx\n").reasons == {}
