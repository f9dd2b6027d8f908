"""What can be done to a host's devices: taken from drivers, given back, made, counted.

Each verb is one entry of the journal and raises HypervisorError.
"""

from __future__ import annotations

from collections.abc import Callable

import libvirt

from tui.hypervisor import shell
from tui.hypervisor.change import change, changing, virsh
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.model.node_devices import NodeDevice
from tui.model.passthrough_xml import mdev_device
from tui.model.xml import parse

Work = Callable[[libvirt.virNodeDevice], object]

SYSFS = "/sys/bus/pci/devices"


def detach_command(device: NodeDevice) -> str:
    """The equivalent of :func:`detach`."""
    return virsh("nodedev-detach", device.name, "--driver", "vfio")


async def _do(host: Host, device: NodeDevice, text: str, command: str, work: Work) -> None:
    await change(
        host,
        device.address,
        text,
        command,
        lambda connection: work(connection.nodeDeviceLookupByName(device.name)),
    )


async def detach(host: Host, device: NodeDevice) -> None:
    """Take a PCI device from the host's driver and keep it for machines (vfio)."""
    await _do(
        host, device, "detach device", detach_command(device), lambda d: d.detachFlags("vfio", 0)
    )


async def reattach(host: Host, device: NodeDevice) -> None:
    """Give a PCI device back to the host's driver (virNodeDeviceReAttach)."""
    command = virsh("nodedev-reattach", device.name)
    await _do(host, device, "reattach device", command, lambda d: d.reAttach())


async def reset(host: Host, device: NodeDevice) -> None:
    """Reset a PCI device (virNodeDeviceReset)."""
    await _do(
        host, device, "reset device", virsh("nodedev-reset", device.name), lambda d: d.reset()
    )


# -- mediated devices ----------------------------------------------------------------------


async def make_mdev(
    host: Host, parent: NodeDevice, type_id: str, *, keep: bool, uuid: str = ""
) -> None:
    """Make a mediated device and start it; ``keep`` defines it, so that it outlives a boot.

    Raises ValueError for a UUID that is none.
    """
    xml = mdev_device(parent.name, type_id, uuid)

    def make(connection: libvirt.virConnect) -> None:
        if keep:
            connection.nodeDeviceDefineXML(xml, 0).create(0)
        else:
            connection.nodeDeviceCreateXML(xml, 0)

    command = virsh("nodedev-define" if keep else "nodedev-create", "mdev.xml")
    await change(host, parent.address, f"make mediated device {type_id} on", command, make)


async def start_mdev(host: Host, device: NodeDevice) -> None:
    """Start a defined mediated device."""
    command = virsh("nodedev-start", device.name)
    await _do(host, device, "start mediated device", command, lambda d: d.create(0))


async def autostart_mdev(host: Host, device: NodeDevice, on: bool) -> None:
    """Start a defined mediated device together with the host, or not."""
    command = virsh("nodedev-autostart", device.name, *([] if on else ["--disable"]))
    text = f"turn autostart {'on' if on else 'off'} for mediated device"
    await _do(host, device, text, command, lambda d: d.setAutostart(int(on)))


async def remove_mdev(host: Host, device: NodeDevice) -> None:
    """Stop a mediated device and forget its definition."""

    def remove(handle: libvirt.virNodeDevice) -> None:
        kept = bool(device.persistent)
        if device.active:
            handle.destroy()
        if kept:
            handle.undefine(0)

    commands = ["nodedev-destroy"] if device.active else []
    commands += ["nodedev-undefine"] if device.persistent else []
    told = " && ".join(virsh(command, device.name) for command in commands)
    await _do(host, device, "remove mediated device", told, remove)


# -- virtual functions ---------------------------------------------------------------------


def functions_command(device: NodeDevice, count: int) -> str:
    """What sets the number of virtual functions, on the host's own shell.

    The kernel takes another number only after 0.
    """
    file = f"{SYSFS}/{device.address}/sriov_numvfs"
    there = bool(device.pci and device.pci.virtual)
    zero = f"echo 0 > {file} && " if there and count else ""
    return f"{zero}echo {count} > {file}"


def why_not_set_functions(host: Host) -> str:
    """Why the number of functions cannot be set from here; empty when it can be tried."""
    if shell.can_run(host):
        return ""
    return "this host can be reached by libvirt only: run the command there"


async def set_functions(host: Host, device: NodeDevice, count: int) -> None:
    """Set how many virtual functions a card has: the file in /sys, here or over SSH.

    libvirt has no call for it. The words of a refusal have the command to run as root.
    """
    command = functions_command(device, count)
    what = f"Set {count} virtual functions on {device.address}"
    async with changing(host, device.address, f"set {count} virtual functions on", command):
        try:
            await shell.run(host, command, what)
        except HypervisorError as error:
            advice = f"As root on the host: {command}"
            raise HypervisorError(what, words=error.words, advice=advice) from error


# -- networks of functions -----------------------------------------------------------------


def network_command(name: str) -> str:
    """The equivalent of :func:`make_vf_network`."""
    steps = (("net-define", f"{name}.xml"), ("net-start", name), ("net-autostart", name))
    return " && ".join(virsh(*step) for step in steps)


async def make_vf_network(host: Host, xml: str) -> str:
    """Define a network that gives virtual functions, now and with the host; returns its name."""
    name = parse(xml).getroot().findtext("name", "")

    def make(connection: libvirt.virConnect) -> None:
        network = connection.networkDefineXML(xml)
        try:
            network.create()
        except libvirt.libvirtError:
            network.undefine()  # all or nothing
            raise
        network.setAutostart(1)

    await change(host, name, "make network", network_command(name), make)
    return name
