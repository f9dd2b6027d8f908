"""Who holds a device of the host, and what speaks against giving it away."""

from __future__ import annotations

from dataclasses import replace

from tests.model.node_device_samples import UUID, devices, pci_name, pci_xml, usb_xml
from tui.model.device_claims import Claim, Holder, VfPool
from tui.model.device_index import DeviceIndex
from tui.model.host_use import HostUse
from tui.model.node_device_xml import from_xml
from tui.model.passthrough import UNSURE, Devices, iommu_advice
from tui.model.pci import parse_address

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


def test_what_cannot_be_given_says_why():
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
