"""The devices pane and what it does at its keys (tui.actions.devices)."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.actions.base import Scope, host_refusal
from tui.actions.registry import bindings_of
from tui.screens.devices.view import DevicesView


class DevicesPane(DevicesView):
    """Commands work on the device under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.DEVICES)]

    def refusal(self, command: str) -> str:
        """Why a command cannot be done to the device under the cursor; empty when it can."""
        if command in ("toggle_view", "start_filter"):
            return ""
        if command == "clear":
            return "" if self.is_filtered else "nothing is filtered"
        device, host = self.device, self.host
        if device is None or host is None:
            return "no device selected"
        if command == "open_holder":
            return "" if self.devices.holders_of(device) else "no machine has it"
        return host_refusal(host.record, changes=True)

    def open_holder(self) -> None:
        """``Enter``: the Hardware tab of the machine that has the device."""
        device, host = self.device, self.host
        if device is not None and host is not None:
            holder = self.devices.holders_of(device)[0]
            self.app.open_machine((host.record.key, holder.uuid), "hardware")
