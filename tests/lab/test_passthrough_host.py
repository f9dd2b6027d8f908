"""The passthrough host does what real hardware does: proved with virsh, without the program.

The rest of it is proved together with the program in test_devices_pane.
"""

import re
from collections.abc import Callable

import pytest

from tests.lab import LabError
from tests.lab.commands import poll
from tests.lab.passthrough import PassthroughGuest, PassthroughHost, hardware
from tests.lab.passthrough.guest import pci_hostdev, vf_interface

GuestMaker = Callable[..., PassthroughGuest]


def _node_device(host: PassthroughHost, address: str) -> str:
    return host.virsh("nodedev-dumpxml", f"pci_{re.sub('[:.]', '_', address)}")


def _addresses(xml: str, element: str) -> list[str]:
    """Return the PCI addresses below *element* of a node device."""
    (inside,) = re.findall(rf"<{element}.*?>(.*?)</{element.split()[0]}>", xml, re.DOTALL)
    pattern = r"domain='0x(\w+)' bus='0x(\w+)' slot='0x(\w+)' function='0x(\w+)'"
    return ["{}:{}:{}.{}".format(*found) for found in re.findall(pattern, inside)]


def _virtual_functions(host: PassthroughHost, physical_function: str) -> list[str]:
    return _addresses(
        _node_device(host, physical_function), "capability type='virt_functions' maxCount='7'"
    )


def test_two_cards_have_four_virtual_functions_each_and_may_have_another_number(
    passthrough_host: PassthroughHost,
) -> None:
    for bus in ("01", "02"):
        functions = _virtual_functions(passthrough_host, f"0000:{bus}:00.0")
        assert functions == [f"0000:{bus}:10.{number}" for number in (0, 2, 4, 6)]
        for address in functions:
            xml = _node_device(passthrough_host, address)
            assert _addresses(xml, "capability type='phys_function'") == [f"0000:{bus}:00.0"]
            assert _addresses(xml, "iommuGroup") == [address]
            assert "<name>igbvf</name>" in xml

    passthrough_host.set_vfs("enp2s0", 2)
    poll(
        lambda: len(_virtual_functions(passthrough_host, "0000:02:00.0")) == 2,
        "libvirt knows of two virtual functions",
        timeout=30,
    )
    passthrough_host.set_vfs("enp2s0", 4)
    poll(
        lambda: "pci_0000_02_10_6" in passthrough_host.virsh("nodedev-list"),
        "libvirt knows of four again",
        timeout=30,
    )


def test_a_whole_card_comes_and_goes(passthrough_host: PassthroughHost) -> None:
    def present() -> bool:
        return "net_enp9s0" in passthrough_host.virsh("nodedev-list", "--cap", "net")

    assert not present()
    passthrough_host.plug_nic()
    poll(present, "the card is there", timeout=60)
    assert passthrough_host.driver("0000:09:00.0") == "igb"
    passthrough_host.unplug_nic()
    poll(lambda: not present(), "the card is gone", timeout=60)


def test_a_guest_has_traffic_through_a_vf_and_a_second_one_by_hot_plug(
    passthrough_host: PassthroughHost, passthrough_guest: GuestMaker
) -> None:
    first, second = "52:54:00:00:00:01", "52:54:00:00:00:02"
    guest = passthrough_guest("vf", vf_interface("0000:01:10.0", first))
    guest.start()
    assert guest.macs() == {first}
    assert passthrough_host.driver("0000:01:10.0") == "vfio-pci"
    assert " 0% packet loss" in guest.ping(hardware.GATEWAYS["enp1s0"])

    rival = passthrough_guest("rival", pci_hostdev("0000:01:10.0"))
    with pytest.raises(LabError, match=r"0000:01:10\.0 is in use by driver QEMU, domain vf"):
        rival.virsh("start")

    guest.attach(vf_interface("0000:02:10.0", second))
    poll(lambda: guest.macs() == {first, second}, "the guest has both", timeout=30)
    guest.detach(vf_interface("0000:02:10.0", second))
    poll(lambda: guest.macs() == {first}, "the guest has let go", timeout=30)
    poll(
        lambda: passthrough_host.driver("0000:02:10.0") == "igbvf",
        "the host has its virtual function back",
        timeout=30,
    )
