"""Node devices: out of XML, as a tree, by group."""

from __future__ import annotations

import pytest

from tests.model.node_device_samples import HOST, UUID, devices, net_xml, pci_name, pci_xml
from tui.model.device_index import NO_GROUP, DeviceIndex
from tui.model.node_device_xml import from_xml
from tui.model.node_devices import short_vendor
from tui.model.pci import address_attributes, class_words, parse_address, short


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
