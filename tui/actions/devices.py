"""What can be done with a host's devices."""

from __future__ import annotations

from typing import Any

from tui.actions.base import Context, Scope, ViewAction


class _DevicesView(ViewAction):
    """Done by the pane, which knows the device under the cursor and what stands against it."""

    scopes = (Scope.DEVICES,)

    def why_not(self, context: Context) -> str:
        pane: Any = context.target()
        reason: str = super().why_not(context) or pane.refusal(self.method)
        return reason


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
    method = "clear"
