"""The devices pane and what it does at its keys (tui.actions.devices)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.binding import BindingType

from tui.actions.base import Scope, host_refusal
from tui.actions.registry import bindings_of
from tui.hypervisor import device_verbs as verbs
from tui.hypervisor.host import Host
from tui.model.node_devices import NodeDevice
from tui.model.passthrough import Devices
from tui.screens.devices.view import DevicesView

Why = Callable[[Devices, NodeDevice], str]


def _why_not_detach(devices: Devices, device: NodeDevice) -> str:
    reason = _needs_pci(devices, device) or devices.why_not_assign(device)
    if not reason and not device.driver:
        reason = "no driver has it"
    if not reason and device.is_for_guests:
        reason = "it is kept for machines already"
    return reason


def _why_not_reattach(devices: Devices, device: NodeDevice) -> str:
    reason = _needs_pci(devices, device) or _held(devices, device)
    if not reason and not device.is_for_guests:
        reason = f"{device.driver} has it" if device.driver else "it was not detached"
    return reason


def _held(devices: Devices, device: NodeDevice) -> str:
    holder = devices.running_holder(device)
    return "" if holder is None else f"{holder.machine} is running with it"


def _needs_pci(_devices: Devices, device: NodeDevice) -> str:
    return "" if device.pci is not None else "only PCI devices"


def _why_not_reset(devices: Devices, device: NodeDevice) -> str:
    reason = _needs_pci(devices, device) or _held(devices, device)
    if not reason and device.pci is not None and device.pci.is_bridge:
        reason = "what is behind it would be reset too"
    return reason


def _needs_functions(_devices: Devices, device: NodeDevice) -> str:
    return "" if device.is_pf else "the card has no SR-IOV, or it is off in the firmware"


def _why_not_network(devices: Devices, device: NodeDevice) -> str:
    card = devices.index.physical_function(device) or device
    if not card.is_pf or card.pci is None or not card.pci.is_network:
        return "only for network cards with SR-IOV"
    return "" if card.pci.virtual else "it has no virtual functions yet: make some first"


def _needs_types(_devices: Devices, device: NodeDevice) -> str:
    if device.pci is not None and device.pci.mdev_types:
        return ""
    return "it makes no mediated devices"


def _needs_mdev(_devices: Devices, device: NodeDevice) -> str:
    return "" if device.mdev is not None else "only mediated devices"


REFUSALS: dict[str, Why] = {
    "assign": lambda devices, device: devices.why_not_assign(device),
    "detach": _why_not_detach,
    "reattach": _why_not_reattach,
    "reset": _why_not_reset,
    "set_functions": _needs_functions,
    "make_network": _why_not_network,
    "make_mdev": _needs_types,
    "start_mdev": lambda devices, device: (
        _needs_mdev(devices, device) or ("it is started" if device.active else "")
    ),
    "autostart_mdev": lambda devices, device: (
        _needs_mdev(devices, device) or ("" if device.persistent else "it is not defined")
    ),
    "remove_mdev": lambda devices, device: _needs_mdev(devices, device) or _held(devices, device),
}
"""Why not, by command; what is not here needs nothing."""


class DevicesPane(DevicesView):
    """Commands work on the device under the cursor."""

    scope = Scope.DEVICES
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(scope)]

    def refusal(self, command: str) -> str:
        """Why a command cannot be done to the device under the cursor; empty when it can."""
        if command != "open_holder" and command not in REFUSALS:
            return ""
        device, host = self.device, self.host
        if device is None or host is None:
            return "no device selected"
        if command == "open_holder":
            return "" if self.devices.holders_of(device) else "no machine has it"
        reason = host_refusal(host.record, changes=True)
        if not reason and not self.app.fleet.devices_of(host.record.key).is_read:
            reason = "the devices are still being read"
        return reason or REFUSALS[command](self.devices, device)

    def open_holder(self) -> None:
        """``Enter``: the Hardware tab of the machine that has the device."""
        device, host = self.device, self.host
        if device is not None and host is not None:
            holder = self.devices.holders_of(device)[0]
            self.app.open_machine((host.record.key, holder.uuid), "hardware")

    async def assign(self) -> None:
        """``a``: give it to a machine, by way of that machine's Hardware tab."""
        from tui.screens.devices.assign import ask_assignment, choose_machine
        from tui.screens.devices.to_machine import give_to_machine

        host, devices, device = self._chosen
        record = await choose_machine(self.app, devices, device, host.record.key)
        if record is None:
            return
        added = await ask_assignment(self.app, devices, device, record)
        if added is not None:
            await give_to_machine(self.app, host, record, added)

    async def detach(self) -> None:
        """``d``: take it from the host's driver."""
        from tui.screens.devices import host_side

        host, devices, device = self._chosen
        await self._then_reread(host_side.detach(self.app, host, devices, device))

    async def reattach(self) -> None:
        """``r``: give it back to the host's driver."""
        host, _devices, device = self._chosen
        await self._then_reread(verbs.reattach(host, device))

    async def reset(self) -> None:
        """``R``: reset it, after asking."""
        from tui.screens.devices import host_side

        host, devices, device = self._chosen
        await self._then_reread(host_side.reset(self.app, host, devices, device))

    async def set_functions(self) -> None:
        """``v``: how many virtual functions a card has."""
        from tui.screens.devices import host_side

        host, devices, device = self._chosen
        await self._then_reread(host_side.set_functions(self.app, host, devices, device))

    async def make_network(self) -> None:
        """``N``: a network that gives a card's functions."""
        from tui.screens.devices import host_side

        host, devices, device = self._chosen
        await self._then_reread(host_side.make_network(self.app, host, devices, device))

    async def make_mdev(self) -> None:
        """``m``: a mediated device."""
        from tui.screens.devices import host_side

        host, _devices, device = self._chosen
        await self._then_reread(host_side.make_mdev(self.app, host, device))

    async def start_mdev(self) -> None:
        """``s``: start a defined mediated device."""
        host, _devices, device = self._chosen
        await self._then_reread(verbs.start_mdev(host, device))

    async def autostart_mdev(self) -> None:
        """``A``: start a mediated device with the host, or not."""
        host, _devices, device = self._chosen
        await self._then_reread(verbs.autostart_mdev(host, device, not device.autostart))

    async def remove_mdev(self) -> None:
        """``Delete``: take a mediated device away."""
        from tui.screens.devices import host_side

        host, _devices, device = self._chosen
        await self._then_reread(host_side.remove_mdev(self.app, host, device))

    @property
    def _chosen(self) -> tuple[Host, Devices, NodeDevice]:
        """The device under the cursor: commands are refused where there is none."""
        host, device = self.host, self.device
        assert host is not None
        assert device is not None
        return host, self.devices, device

    async def _then_reread(self, work: Awaitable[object]) -> None:
        """No event tells of a driver that was bound: look again, also after a failure."""
        host = self.host
        try:
            await work
        finally:
            if host is not None and host.is_connected:
                await self.app.fleet.devices_of(host.record.key).refresh()
