"""Passthrough by the program's own screens, on a host that does it; virsh there says what came."""

import re
from collections.abc import Callable
from functools import partial

from tests.lab.commands import poll
from tests.lab.devices_screen import DevicesScreen, aside, devices_screen
from tests.lab.passthrough import PassthroughGuest, PassthroughHost, hardware
from tests.lab.passthrough.guest import vf_interface
from tui.model.states import DomainState

E1000, RTL8139 = "06:01.0", "06:02.0"
FUNCTIONS = {card: [f"{card}:10.{number}" for number in (0, 2, 4, 6)] for card in ("01", "02")}
CARDS = {E1000: "52:54:00:10:00:31", RTL8139: "52:54:00:10:00:32"}

# Ports to plug into, as many as the machine needs and one more.
ROOM = "<controller type='pci' index='0' model='pcie-root'/>" + (
    "<controller type='pci' model='pcie-root-port'/>" * 4
)

GuestMaker = Callable[..., PassthroughGuest]


def driver(host: PassthroughHost, address: str) -> str:
    """What virsh says has a PCI device."""
    xml = host.virsh("nodedev-dumpxml", f"pci_0000_{re.sub('[:.]', '_', address)}")
    return "".join(re.findall(r"<driver>\s*<name>(.*?)</name>", xml)[:1])


def has_functions(at: DevicesScreen, count: int) -> bool:
    """Whether so many functions of the second card are in the tree."""
    return sum(address.startswith("02:10.") for address in at.rows) == count


def until_so(condition: Callable[[], object], what: str) -> None:
    """Wait for what the host or a guest does after libvirt has answered."""
    poll(condition, what, timeout=30)


def ping_between(guest: PassthroughGuest, first: str, second: str) -> str:
    """What ping says from one of a guest's network cards to the other, by their MACs.

    The second goes into a network namespace of its own: else nothing would leave the guest.
    """
    here, there = (
        guest.run(f"basename $(dirname $(grep -l {mac} /sys/class/net/*/address))").strip()
        for mac in (first, second)
    )
    return guest.run(
        f"ip address add 10.9.0.1/24 dev {here}; unshare -n sleep 60 & sleep 1; "
        f"ip link set {there} netns $!; inside='nsenter -n -t '$!; "
        f"$inside ip address add 10.9.0.2/24 dev {there}; $inside ip link set {there} up; "
        "sleep 1; ping -c 3 -W 5 10.9.0.2; kill $!"
    )


async def test_the_tree_shows_the_host_and_follows_it(passthrough_host: PassthroughHost) -> None:
    host = passthrough_host
    async with devices_screen(host.uri) as at:

        def functions(card: str) -> list[str]:
            return [place for place, row in at.rows.items() if place.startswith(f"{card}:10.")]

        places = list(at.rows)
        for card, expected in FUNCTIONS.items():
            here = places.index(f"{card}:00.0")
            assert places[here + 1 : here + 5] == expected
            row = at.rows[f"{card}:00.0"]
            assert row.what.startswith(f"Ethernet enp{int(card)}s0 up Intel 82576")
            assert (row.held, row.driver) == ("0 of 4 VFs used, max 7", "igb")
            for place in expected:
                row = at.rows[place]
                assert (row.depth, row.driver) == (1, "igbvf")
                assert row.what.startswith(f"VF enp{int(card)}s0v")
        group = at.rows[E1000].group
        assert re.fullmatch(r"\d+ ×3", group)
        assert at.rows[RTL8139].group == group
        assert at.rows["04:00.0"].driver == "nvme"
        assert at.rows["USB 2-3"].what.startswith("USB 46f4:0001")
        await at.look_at(E1000)
        assert f"group {group[:-3]} is not viable until {RTL8139} (8139cp)" in at.details
        await at.press("t")
        assert at.rows[f"group {group[:-3]}"].what.startswith("3 devices: they go to one machine")
        await at.press("t")

        await aside(host.set_vfs, "enp2s0", 2)
        await at.until(lambda: functions("02") == FUNCTIONS["02"][:2])
        await at.row("02:00.0", held="0 of 2 VFs used, max 7")
        await aside(host.set_vfs, "enp2s0", 4)
        await at.until(lambda: functions("02") == FUNCTIONS["02"])
        await at.row("02:00.0", held="0 of 4 VFs used, max 7")

        await aside(host.plug_nic)
        await at.row("09:00.0", driver="igb")
        await at.until(lambda: hardware.PLUGGED_NIC in at.rows["09:00.0"].what)
        await aside(host.unplug_nic)
        await at.until(lambda: "09:00.0" not in at.rows)

        await at.on(RTL8139, "d")
        await at.confirm("virsh nodedev-detach pci_0000_06_02_0 --driver vfio")
        await at.row(RTL8139, held="free, kept for machines")
        assert await aside(driver, host, RTL8139) == "vfio-pci"
        await at.look_at(E1000)
        assert "viable" not in at.details
        await aside(host.virsh, "nodedev-reattach", "pci_0000_06_02_0")
        await at.row(RTL8139, driver="8139cp")


async def test_functions_disks_and_sticks_are_lent_and_returned(
    passthrough_host: PassthroughHost, passthrough_guest: GuestMaker
) -> None:
    host = passthrough_host
    first, second = "52:54:00:00:00:01", "52:54:00:00:00:02"
    web, rival = passthrough_guest("web", ROOM), passthrough_guest("rival")
    async with devices_screen(host.uri) as at:
        await at.on("01:10.0", "a")
        await at.choose("web")
        await at.choose("NIC with MAC and VLAN")
        await at.take(mac=first, vlan="42")
        await at.apply("1 next boot", f"NIC {first}")
        await at.on("04:00.0", "a")
        await at.choose("web")
        await at.refused("cannot be known over this connection", typed="04:00.0")
        await at.apply("Host device pci 0000:04:00.0")
        await at.on("USB 2-3", "a")
        await at.choose("web")
        await at.choose("By identity 46f4:0001")
        await at.apply("Host device usb")
        await at.row("01:10.0", held="web (configured)")

        await at.at_machine("web", "s")
        await at.becomes("web", DomainState.RUNNING)
        await aside(web.wait_until_ready)
        assert await aside(web.macs) == {first}
        assert re.search(rf"{first}.* vlan 42,", await aside(host.run, "ip link show enp1s0"))
        serials = "cat /sys/class/nvme/*/serial /sys/bus/usb/devices/*/serial"
        found = {hardware.NVME_SERIAL, hardware.USB_SERIAL}
        await aside(until_so, lambda: found <= set(web.run(serials).split()), "it sees both")
        await at.press("4")
        held = ("01:10.0", "04:00.0", "USB 2-3")
        await at.until(lambda: {at.rows[place].held for place in held} == {"web (running)"})
        await at.row("01:00.0", held="1 of 4 VFs used, max 7")
        await at.row("04:00.0", driver="vfio-pci")

        # What would take the function away.
        await at.on("01:00.0", "v")
        await at.answer(count="2")
        await at.shows("1 of its functions are in use")
        await at.press("escape")
        await at.on("01:00.0", "a")
        await at.choose("rival")
        await at.refused("its function 01:10.0 is held by web")

        # To another machine.
        await at.on("01:10.0", "a")
        await at.choose("rival")
        await at.confirm("01:10.0 is held by web, which is running")
        await at.choose("Plain PCI device")
        await at.apply("Host device pci 0000:01:10.0")
        await at.press("1")
        await at.until(lambda: "01:10.0 is held by web" in at.warnings("rival"))
        await at.at_machine("rival", "s")
        await at.confirm("01:10.0 is held by web")
        await at.fails("rival", "in use")
        assert rival.state == "shut off"
        await at.back()

        # A second one while it runs, and back.
        await at.on("01:10.2", "a")
        await at.choose("web")
        await at.choose("NIC with MAC and VLAN")
        await at.take(mac=second, vlan="42")
        await at.apply("1 now", f"NIC {second}")
        await aside(until_so, lambda: web.macs() == {first, second}, "the guest has both")
        assert " 0% packet loss" in await aside(ping_between, web, first, second)

        await at.look_at("01:10.2")
        holder = f"held by  web (running) MAC {second} VLAN 42"
        await at.until(lambda: holder in at.details)
        await at.press("enter")
        await at.remove_device(second)
        await at.apply("1 now", f"NIC {second}")
        await aside(until_so, lambda: web.macs() == {first}, "the guest has let go")
        await aside(until_so, lambda: driver(host, "01:10.2") == "igbvf", "the host has it back")
        await at.row("01:10.2", driver="igbvf")

        await at.at_machine("web", "o")
        await at.confirm("web")
        await at.press("4")
        await at.until(lambda: {at.rows[place].held for place in held} >= {"web (configured)"})
        for place, name in (("01:10.0", "igbvf"), ("04:00.0", "nvme")):
            await at.row(place, driver=name)
            assert await aside(driver, host, place) == name
        await at.until(lambda: "sda" in at.rows)
        stick = await aside(host.virsh, "nodedev-list", "--cap", "storage")
        assert hardware.USB_SERIAL.replace("-", "_") in stick


async def test_a_whole_group_and_a_function_of_a_network_go_to_a_machine(
    passthrough_host: PassthroughHost, passthrough_guest: GuestMaker
) -> None:
    host = passthrough_host
    mac = "52:54:00:00:00:03"
    both = passthrough_guest("both")
    owner = passthrough_guest("owner", vf_interface("0000:02:10.0", "52:54:00:00:00:04"))
    async with devices_screen(host.uri) as at:
        try:
            # The network does not give what a machine has by itself.
            await at.on("02:00.0", "N")
            await at.choose("Only the 3 free ones", "it does not skip 02:10.0, held directly")
            await at.take(name="functions")
            await at.row("02:10.2", held="network functions")
            xml = await aside(host.virsh, "net-dumpxml", "functions")
            assert re.findall(r"bus='0x02' slot='0x10' function='0x(\d)'", xml) == ["2", "4", "6"]
            await at.on("02:10.2", "a")
            await at.choose("both")
            await at.choose("NIC on network functions")
            await at.take(mac=mac)
            await at.apply(f"NIC {mac}")

            # One card alone does not go.
            await at.on(E1000, "a")
            await at.choose("both")
            await at.choose("Only this one, as it is", f"not viable until {RTL8139} (8139cp)")
            await at.apply("Host device pci 0000:06:01.0")
            await at.press("1")
            await at.until(lambda: f"until {RTL8139} (8139cp) is det" in at.warnings("both"))
            await at.at_machine("both", "s")
            await at.confirm("is not viable until 06:02.0 (8139cp) is detached too")
            await at.fails("both", "is not viable")
            assert both.state == "shut off"
            await at.back()
            await at.at_machine("both", "e")
            await at.remove_device("0000:06:01.0")
            await at.apply("Host device pci 0000:06:01.0")

            # Both in one step.
            await at.on(E1000, "a")
            await at.choose("both")
            await at.choose("Give all 2 to the machine", f"until {RTL8139} (8139cp) is detached")
            await at.apply("Host device pci 0000:06:01.0", "Host device pci 0000:06:02.0")
            await at.at_machine("both", "s")
            await at.becomes("both", DomainState.RUNNING)
            await aside(both.wait_until_ready)
            assert await aside(both.macs) == {mac, *CARDS.values()}
            assert " 0% packet loss" in await aside(both.ping, hardware.GATEWAYS["enp2s0"])
            assert owner.state == "shut off"
            await at.press("4")
            for place in CARDS:
                await at.row(place, held="both (running)", driver="vfio-pci")
            await at.row("02:10.2", held="both (running)")
            await at.look_at("02:10.2")
            await at.until(lambda: f"MAC {mac} from network functions" in at.details)

            await aside(both.virsh, "destroy")
            for place, name in ((E1000, "e1000"), (RTL8139, "8139cp"), ("02:10.2", "igbvf")):
                await at.row(place, driver=name)
                assert await aside(driver, host, place) == name
        finally:
            if "functions" in await aside(host.virsh, "net-list"):
                await aside(host.virsh, "net-destroy", "functions")
                await aside(host.virsh, "net-undefine", "functions")


async def test_over_ssh_it_is_known_what_the_host_needs_and_functions_are_counted(
    passthrough_host: PassthroughHost, passthrough_guest: GuestMaker
) -> None:
    host = passthrough_host
    passthrough_guest("idle")
    async with devices_screen(host.ssh_uri) as at:
        for key, title in (("a", "Give away"), ("d", "Detach")):
            await at.on("00:04.0", key)
            if key == "a":
                await at.choose("idle")
            await at.refused(
                f"{title} 00:04.0", "carries this SSH session (enp0s4)", "default route"
            )
            await at.shows("00:04.0 was not typed: nothing is done")
        assert await aside(driver, host, "00:04.0") == "virtio-pci"
        await at.look_at("00:03.0")
        assert "/ is mounted from it" in at.details
        assert at.rows["USB 1-2"].held == "host: the host's keyboard is on it"

        for count in (2, 4):
            await at.on("02:00.0", "v")
            await at.answer(count=str(count))
            file = "/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs"
            await at.shows(f"echo 0 > {file} && echo {count} >")
            await at.press("ctrl+s")
            await at.row("02:00.0", held=f"0 of {count} VFs used, max 7")
            await at.until(partial(has_functions, at, count))
            assert await aside(host.run, f"cat {file}") == f"{count}\n"
