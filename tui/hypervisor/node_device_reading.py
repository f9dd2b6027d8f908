"""Reading a host's devices: node devices, pools of functions, what the host uses itself.

Functions here that take a connection run in a host's threads and raise libvirtError.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import libvirt
from lxml import etree

from tui.hypervisor import shell
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.lacks import if_supported
from tui.model.device_claims import VfPool, vf_pool
from tui.model.device_index import DeviceIndex
from tui.model.host_use import PROBE, HostUse, parse_probe
from tui.model.node_device_xml import from_xml
from tui.model.node_devices import NodeDevice
from tui.model.xml import parse

PROBE_WITHIN = 15.0
"""Seconds for the probe."""
GONE = frozenset(
    (
        libvirt.VIR_ERR_NO_NODE_DEVICE,
        libvirt.VIR_ERR_INTERNAL_ERROR,
        libvirt.VIR_ERR_SYSTEM_ERROR,
        libvirt.VIR_ERR_OPERATION_FAILED,
    )
)
"""Errors of a device that vanished between two calls, or while libvirt looked below /sys."""


@dataclass(frozen=True, slots=True)
class Around:
    """What libvirt tells beside the devices themselves."""

    pools: tuple[VfPool, ...] = ()
    forwards: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By interface: what networks and bridges need it for."""
    storage: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By path on the host, a device or a directory: which active pools stand on it."""
    cpu_vendor: str = ""


def list_devices(connection: libvirt.virConnect) -> list[libvirt.virNodeDevice]:
    """All node devices, one call; none where the driver has none."""
    return _all(connection, "listAllDevices")


def read_devices(devices: Iterable[libvirt.virNodeDevice]) -> list[NodeDevice]:
    """Their records, one call for each; those that have vanished are left out."""
    found = []
    for device in devices:
        try:
            record = from_xml(device.XMLDesc(0))
            if record.mdev is not None:
                record = _mdev_state(device, record)
        except libvirt.libvirtError as error:
            if error.get_error_code() in GONE:
                continue
            raise
        except etree.XMLSyntaxError:  # a driver that writes no XML loses its own device only
            continue
        found.append(record)
    return found


def _mdev_state(device: libvirt.virNodeDevice, record: NodeDevice) -> NodeDevice:
    return if_supported(
        lambda: replace(
            record,
            active=bool(device.isActive()),
            persistent=bool(device.isPersistent()),
            autostart=bool(device.autostart()),
        ),
        record,  # libvirt before 7.8
    )


def read_named_devices(
    connection: libvirt.virConnect, names: Iterable[str]
) -> dict[str, NodeDevice | None]:
    """Records by name, two calls for each; None for those that are gone."""
    found: dict[str, NodeDevice | None] = {}
    for name in names:
        found[name] = None
        try:
            device = connection.nodeDeviceLookupByName(name)
        except libvirt.libvirtError as error:
            if error.get_error_code() in GONE:
                continue
            raise
        for record in read_devices([device]):
            found[name] = record
    return found


def read_around(connection: libvirt.virConnect) -> Around:
    """Networks, storage pools, bridges and the CPU's maker: one call for each of them."""
    pools: list[VfPool] = []
    forwards: defaultdict[str, list[str]] = defaultdict(list)
    for network in _all(connection, "listAllNetworks"):
        xml, active = network.XMLDesc(0), bool(network.isActive())
        pool = vf_pool(xml, network.UUIDString(), active)
        if pool is not None:
            pools.append(pool)
        elif active:
            forward = parse(xml).getroot().find("forward")
            devices = [] if forward is None else [forward.get("dev", "")]
            devices += [] if forward is None else [i.get("dev", "") for i in forward]
            for device in dict.fromkeys(filter(None, devices)):
                forwards[device].append(f"network {network.name()} forwards through it ({device})")
    for interface in _all(
        connection, "listAllInterfaces", libvirt.VIR_CONNECT_LIST_INTERFACES_ACTIVE
    ):
        root = parse(interface.XMLDesc(0)).getroot()
        if root.get("type") in ("bridge", "bond"):
            for member in root.iterfind(f"{root.get('type')}/interface"):
                name = member.get("name", "")
                forwards[name].append(f"part of {root.get('type')} {root.get('name')} ({name})")
    return Around(
        pools=tuple(sorted(pools, key=lambda pool: pool.name)),
        forwards={name: tuple(reasons) for name, reasons in forwards.items()},
        storage=_storage_pools(connection),
        cpu_vendor=_cpu_vendor(connection),
    )


def _all(connection: libvirt.virConnect, method: str, flags: int = 0) -> list[Any]:
    none: list[Any] = []
    return if_supported(lambda: getattr(connection, method)(flags), none)


def _storage_pools(connection: libvirt.virConnect) -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    active = libvirt.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE
    for pool in _all(connection, "listAllStoragePools", active):
        root = parse(pool.XMLDesc(0)).getroot()
        name = f"storage pool {root.findtext('name')} is on it"
        for device in root.iterfind("source/device"):
            found[device.get("path", "")].append(name)
        if root.get("type") in ("dir", "fs"):
            found[root.findtext("target/path", "")].append(name)
    return {path: tuple(names) for path, names in found.items() if path}


def _cpu_vendor(connection: libvirt.virConnect) -> str:
    xml = if_supported(connection.getCapabilities, "<capabilities/>")
    return parse(xml).getroot().findtext("host/cpu/vendor", "")


async def read_use(host: Host) -> HostUse:
    """What the host itself uses, where a command can be run on it."""
    if not shell.can_run(host):
        return HostUse()
    try:
        answer = await shell.run(host, PROBE, "Asking what the host uses itself", PROBE_WITHIN)
    except HypervisorError:
        return HostUse()  # what is shown says that it is not known
    return parse_probe(answer.decode(errors="replace"))


def told_of(index: DeviceIndex, around: Around, use: HostUse) -> dict[str, tuple[str, ...]]:
    """What libvirt tells of the host's own use, by name of the device."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    by_block = {d.storage.block: d for d in index.by_name.values() if d.storage is not None}
    for interface, reasons in around.forwards.items():
        card = index.card_of(index.interface_named(interface))
        if card is not None:
            found[card.name] += reasons
    for path, reasons in around.storage.items():
        card = index.card_of(by_block.get(path))
        places = use.pool_places(path) if use.known and card is None else []
        cards = [card, *(index.by_pci.get(place) for place in places)]
        for holder in cards:
            if holder is not None:
                found[holder.name] += reasons
    return {name: tuple(dict.fromkeys(reasons)) for name, reasons in found.items()}
