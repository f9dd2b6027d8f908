"""What can be done with a host's devices."""

from __future__ import annotations

from tui.actions.base import Scope, ViewAction


class _DevicesView(ViewAction):
    """Done by the pane, which knows the device under the cursor and what stands against it."""

    scopes = (Scope.DEVICES,)


class Assign(_DevicesView):
    """Give the device to a machine, now or at its next boot; the review shows what happens."""

    id = "device.assign"
    key = "a"
    name = "Assign"
    method = "assign"
    in_bar = 1


class OpenHolder(_DevicesView):
    """Open the hardware of the machine that has the device."""

    id = "device.open"
    key = "enter"
    name = "Open holder"
    method = "open_holder"
    in_bar = 2


class ToggleView(_DevicesView):
    """Show the devices as a tree, or by IOMMU group."""

    id = "device.view"
    key = "t"
    name = "Tree/groups"
    method = "toggle_view"
    in_bar = 3


class Filter(_DevicesView):
    """Show only devices that match, as you type: words, driver:vfio-pci, group:15, numa:1."""

    id = "device.filter"
    key = "slash"
    name = "Filter"
    method = "start_filter"
    in_bar = 4


class Clear(_DevicesView):
    """Show every device again."""

    id = "device.clear"
    key = "escape"
    name = "Clear filter"
    method = "clear_filter"


class Detach(_DevicesView):
    """Take a PCI device from the host's driver and keep it for machines (nodedev-detach)."""

    id = "device.detach"
    key = "d"
    name = "Detach"
    method = "detach"
    in_bar = 5


class Reattach(_DevicesView):
    """Give a detached PCI device back to the host's driver (nodedev-reattach)."""

    id = "device.reattach"
    key = "r"
    name = "Reattach"
    method = "reattach"
    in_bar = 6


class ResetDevice(_DevicesView):
    """Reset a PCI device (nodedev-reset)."""

    id = "device.reset"
    key = "R"
    name = "Reset device"
    method = "reset"


class SetFunctions(_DevicesView):
    """Set how many virtual functions a card has (sriov_numvfs)."""

    id = "device.functions"
    key = "v"
    name = "Functions"
    method = "set_functions"
    in_bar = 7


class MakeNetwork(_DevicesView):
    """Make a network that gives a card's virtual functions to machines (net-define)."""

    id = "device.network"
    key = "N"
    name = "VF network"
    method = "make_network"
    in_bar = 8


class MakeMdev(_DevicesView):
    """Make a mediated device of one of the card's types (nodedev-define)."""

    id = "device.mdev"
    key = "m"
    name = "Mediated device"
    method = "make_mdev"
    in_bar = 9


class StartMdev(_DevicesView):
    """Start a mediated device that is defined (nodedev-start)."""

    id = "device.mdev-start"
    key = "s"
    name = "Start mediated"
    method = "start_mdev"


class AutostartMdev(_DevicesView):
    """Start a mediated device together with the host, or not (nodedev-autostart)."""

    id = "device.mdev-autostart"
    key = "A"
    name = "Autostart mediated"
    method = "autostart_mdev"


class RemoveMdev(_DevicesView):
    """Stop a mediated device and forget its definition (nodedev-destroy, -undefine)."""

    id = "device.mdev-remove"
    key = "delete"
    name = "Remove mediated"
    method = "remove_mdev"
