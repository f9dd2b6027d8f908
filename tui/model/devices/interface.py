"""``<interface>``."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model import told
from tui.model.devices.boot_place import BootPlace
from tui.model.fields import Call, Choice, Option, Switch, Text, Words
from tui.model.lists import Items, Shown
from tui.model.quantities import Number
from tui.model.surroundings import Surroundings
from tui.model.views import Device, View

MAC = r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}"
UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
MODELS = {
    "virtio": "fastest; the guest needs its driver",
    "e1000e": "Intel, for Q35",
    "e1000": "Intel, for older guests",
    "rtl8139": "Realtek, for very old guests",
    "igb": "Intel with virtual functions; since QEMU 8",
}
_ATTRIBUTE = {"network": "network", "bridge": "bridge", "direct": "dev"}
RINGS = ("256", "512", "1024")
BRIDGED = ("network", "bridge")
"""Types whose source a running machine can change among one another."""


class InterfaceSource(Words):
    """What it is plugged into: ``network default``, ``bridge br0``, ``direct eth0``, ``user``."""

    picks = True

    def read(self, view: View) -> str:
        """Type and name."""
        assert isinstance(view, Interface)
        return f"{view.type} {view.source}".rstrip()

    def put(self, view: View, value: str) -> None:
        """The type and the source's attribute; a macvtap keeps its mode."""
        kind, _, name = value.partition(" ")
        if kind != view.get("@type"):
            view.empty("source")
            view.set("@type", kind)
        if kind in _ATTRIBUTE:
            view.set(f"source/@{_ATTRIBUTE[kind]}", name.strip())
            if kind == "direct" and not view.get("source/@mode"):
                view.set("source/@mode", "bridge")

    def parse(self, text: str) -> str:
        """A kind and, where it needs one, a name."""
        kind, _, name = " ".join(text.split()).partition(" ")
        if kind in _ATTRIBUTE and name:
            return f"{kind} {name}"
        if kind == "user" and not name:
            return kind
        raise ValueError(
            f"{self.label}: network NAME, bridge NAME, direct DEVICE (macvtap), or user"
        )

    def options(self, view: View, surroundings: Surroundings) -> Sequence[Option]:
        """The host's networks, bridges and devices."""
        found = [f"network {name}" for name in surroundings.networks]
        found += [f"bridge {name}" for name in surroundings.bridges]
        found += [f"direct {name}" for name in surroundings.devices]
        present = self.read(view)
        if present not in found:
            found.insert(0, present)
        return [Option(value, value) for value in found]


def _virtio_only(view: Interface) -> str:
    return "" if view.model == "virtio" else "only for virtio"


def _not_user(view: Interface) -> str:
    return "not on the user network" if view.type == "user" else ""


def _tap_only(view: Interface) -> str:
    return "" if view.type in (*BRIDGED, "ethernet") else f"not for kind {view.type}"


def _bridged_only(view: Interface) -> str:
    return "" if view.type in BRIDGED else "only on networks and bridges"


def _limited(view: Interface, average: int | None) -> str:
    return _not_user(view) or ("" if average else "there is no average")


def _model_changed(view: Interface) -> None:
    view.forget_address()


def _forwards(view: View) -> str:
    """``tcp 2022→22``, one for each range."""
    found = []
    for forward in view.element.iterfind("portForward"):
        for span in forward.iterfind("range"):
            start, end = span.get("start", ""), span.get("end", "")
            ports = f"{start}-{end}" if end else start
            found.append(f"{forward.get('proto', '')} {ports}→{span.get('to', start)}")
    return ", ".join(found)


class Interface(Device):
    """``<interface>``."""

    tag = "interface"
    title = "NIC"

    type = Choice("@type", "Kind", "network, bridge, direct, user, hostdev.", shown_only=True)
    where = InterfaceSource(
        "source",
        "Source",
        "The network, bridge or device it is plugged into.",
        live=Call.UPDATE_DEVICE,
        live_unless=lambda now, wanted: (
            ""
            if now.type in BRIDGED and wanted.type in BRIDGED
            else "a running machine changes between networks and bridges only"
        ),
    )
    mode = Choice(
        "source/@mode",
        "Macvtap mode",
        "How it shares the host's device.",
        values={
            "bridge": "machines on the device see one another",
            "vepa": "the switch reflects",
            "private": "machines do not see one another",
            "passthrough": "the device is the machine's alone",
        },
        unless=lambda view: "" if view.type == "direct" else "only for macvtap",
    )
    portgroup = Text(
        "source/@portgroup",
        "Port group",
        "Of the network.",
        unless=lambda view: "" if view.type == "network" else "only for networks",
    )
    link = Switch(
        "link/@state",
        "Link up",
        "Whether the cable is plugged in; without it the guest sees no carrier.",
        on="up",
        off="down",
        assumed=True,
        live=Call.UPDATE_DEVICE,
    )
    model = Choice(
        "model/@type",
        "Model",
        "The card that the guest sees; a change gives it a new address.",
        values=MODELS,
        told=told.enum("devices/interface", "model"),
        also=_model_changed,
    )
    mac = Text(
        "mac/@address",
        "MAC address",
        "Must be unique on its network.",
        pattern=MAC,
        expected="six pairs of hexadecimal digits",
        required=True,
    )
    vlan = Items(
        "vlan/tag/@id",
        "VLAN tags",
        "Tags of the port; several make a trunk. For Open vSwitch and SR-IOV.",
        pattern=r"[1-9]\d{0,2}|[1-3]\d{3}|40[0-8]\d|409[0-5]",
        expected="numbers from 1 to 4095",
        unless=_not_user,
        live=Call.UPDATE_DEVICE,
        live_unless=lambda now, _wanted: (
            ""
            if now.get("virtualport/@type") == "openvswitch"
            else "ports other than Open vSwitch's get their VLAN at start"
        ),
    )
    inbound_average = Number(
        "bandwidth/inbound/@average",
        "Inbound average",
        "Limit towards the guest.",
        least=1,
        nothing=0,
        unit="KiB/s",
        live=Call.UPDATE_DEVICE,
        unless=_not_user,
    )
    inbound_peak = Number(
        "bandwidth/inbound/@peak",
        "Inbound peak",
        "For bursts.",
        least=1,
        unit="KiB/s",
        live=Call.UPDATE_DEVICE,
        unless=lambda view: _limited(view, view.inbound_average),
    )
    inbound_burst = Number(
        "bandwidth/inbound/@burst",
        "Inbound burst",
        "How much may come at peak rate.",
        least=1,
        unit="KiB",
        live=Call.UPDATE_DEVICE,
        unless=lambda view: _limited(view, view.inbound_average),
    )
    outbound_average = Number(
        "bandwidth/outbound/@average",
        "Outbound average",
        "Limit from the guest.",
        least=1,
        nothing=0,
        unit="KiB/s",
        live=Call.UPDATE_DEVICE,
        unless=_not_user,
    )
    outbound_peak = Number(
        "bandwidth/outbound/@peak",
        "Outbound peak",
        "For bursts.",
        least=1,
        unit="KiB/s",
        live=Call.UPDATE_DEVICE,
        unless=lambda view: _limited(view, view.outbound_average),
    )
    outbound_burst = Number(
        "bandwidth/outbound/@burst",
        "Outbound burst",
        "How much may go at peak rate.",
        least=1,
        unit="KiB",
        live=Call.UPDATE_DEVICE,
        unless=lambda view: _limited(view, view.outbound_average),
    )
    queues = Number(
        "driver/@queues",
        "Queues",
        "More than one needs ethtool -L in the guest.",
        least=1,
        most=256,
        nothing=1,
        unless=_virtio_only,
    )
    driver = Choice(
        "driver/@name",
        "Backend",
        "Who moves the packets.",
        values={"vhost": "the host's kernel", "qemu": "QEMU itself"},
        unless=_virtio_only,
    )
    mtu = Number(
        "mtu/@size",
        "MTU",
        "Largest packet.",
        least=68,
        most=65535,
        unit="bytes",
        unless=lambda view: "" if view.type == "vhostuser" else _tap_only(view),
    )
    filter = Text(
        "filterref/@filter",
        "Filter",
        "A network filter of the host.",
        live=Call.UPDATE_DEVICE,
        told=told.filters,
        also=lambda view: None if view.filter else view.drop("filterref"),
        unless=_tap_only,
    )
    boot_order = BootPlace()
    isolated = Choice(
        "port/@isolated",
        "Isolated port",
        "Does not talk to other isolated ports of its bridge.",
        values=("yes", "no"),
        live=Call.UPDATE_DEVICE,
        unless=_bridged_only,
    )
    trust = Choice(
        "@trustGuestRxFilters",
        "Trust guest's filters",
        "The guest may ask for other addresses; for macvtap.",
        values=("yes", "no"),
        live=Call.UPDATE_DEVICE,
        live_unless=lambda now, _wanted: (
            "" if now.type == "direct" else "a running machine changes it for macvtap only"
        ),
        unless=_not_user,
    )
    rom = Choice(
        "rom/@bar", "Boot ROM", "Whether the guest can boot from it.", values=("on", "off")
    )
    port_type = Choice(
        "virtualport/@type",
        "Port type",
        "How the switch behind it sees its port.",
        values={
            "openvswitch": "Open vSwitch",
            "802.1Qbg": "VEPA",
            "802.1Qbh": "VN-Link",
            "midonet": "MidoNet; needs the port's interface below",
        },
        also=lambda view: None if view.port_type else view.drop("virtualport"),
        unless=_not_user,
    )
    port_interface = Text(
        "virtualport/parameters/@interfaceid",
        "Port's interface",
        "The UUID by which Open vSwitch knows it.",
        pattern=UUID,
        expected="a UUID",
        unless=lambda view: "" if view.port_type else "there is no port type",
    )
    port_profile = Text(
        "virtualport/parameters/@profileid",
        "Port profile",
        "The switch's profile for it.",
        unless=lambda view: "" if view.port_type else "there is no port type",
    )
    coalesce = Number(
        "coalesce/rx/frames/@max",
        "Coalesce",
        "Packets to the guest that may be gathered before it is told.",
        nothing=0,
        live=Call.UPDATE_DEVICE,
        unless=_not_user,
    )
    rx_ring = Choice(
        "driver/@rx_queue_size",
        "Receive ring",
        "Packets to the guest that may wait.",
        values=RINGS,
        unless=_virtio_only,
    )
    tx_ring = Choice(
        "driver/@tx_queue_size",
        "Transmit ring",
        "Packets from the guest that may wait; more than 256 is for vhost-user.",
        values=RINGS,
        unless=_virtio_only,
    )
    user_backend = Choice(
        "backend/@type",
        "User network by",
        "Who is the network of a user-mode NIC.",
        values=("passt",),
        unless=lambda view: "" if view.type == "user" else "only for the user network",
    )
    forwards = Shown(
        "portForward",
        "Forwarded ports",
        "Ports of the host that lead to the guest; edit them as XML.",
        _forwards,
    )
    acpi_index = Number(
        "acpi/@index",
        "ACPI index",
        "Gives it a steady name in the guest: 1 is eno1.",
        least=1,
        most=16383,
    )
    teaming = Text("teaming/@type", "Teaming", "Half of a pair for migration.", shown_only=True)

    target = Text(
        "target/@dev", "Host device", "Its end on the host.", shown_only=True, volatile=True
    )

    @property
    def source(self) -> str:
        """Name of what it is plugged into: network, bridge, device, socket, peer, address."""
        for name in ("network", "bridge", "dev", "path"):
            if value := self.get(f"source/@{name}"):
                return value
        if port := self.get("source/@port"):
            return f"{self.get('source/@address')}:{port}"
        return self.pci("source/address")

    @property
    def identity(self) -> str:
        """The MAC address."""
        return self.mac.lower()

    @property
    def likeness(self) -> str:
        """What it is plugged into."""
        return f"{self.type} {self.source}"

    @property
    def summary(self) -> str:
        """Source, model, link."""
        parts = [f"{self.type} {self.source}".strip(), self.model]
        if self.vlan:
            parts.append(f"VLAN {', '.join(self.vlan)}")
        if not self.link:
            parts.append("link down")
        return ", ".join(part for part in parts if part)

    def why_not_hotplug(self) -> str:
        """Nothing: every kind can be plugged into a running machine."""
        return ""
