"""What can be done on a machine's Hardware tab."""

from __future__ import annotations

from typing import ClassVar

from tui.actions.base import Scope, ViewAction


class _HardwareView(ViewAction):
    scopes: ClassVar[tuple[Scope, ...]] = (Scope.HARDWARE,)


class Review(_HardwareView):
    """Show what is changed and when it takes effect; Enter there applies it."""

    id = "hardware.review"
    key = "ctrl+s"
    name = "Review and apply"
    method = "review"
    in_bar = 1


class Undo(_HardwareView):
    """Take the last edit back."""

    id = "hardware.undo"
    key = "ctrl+z"
    name = "Undo"
    method = "undo"
    in_bar = 4


class AddHardware(_HardwareView):
    """Add a device."""

    id = "hardware.add"
    key = "a"
    name = "Add"
    method = "add"
    in_bar = 2


class RemoveHardware(_HardwareView):
    """Take the device under the cursor away."""

    id = "hardware.remove"
    key = "delete"
    name = "Remove"
    method = "remove_device"
    in_bar = 3


class History(_HardwareView):
    """Show the definitions that were replaced; any of them can be brought back."""

    id = "hardware.history"
    key = "h"
    name = "History"
    method = "show_history"
    in_bar = 5


class Pending(_HardwareView):
    """Show what of the definition waits for the next boot."""

    id = "hardware.pending"
    key = "P"
    name = "Pending"
    method = "show_pending"
    in_bar = 6


class Resize(_HardwareView):
    """Enlarge the disk under the cursor, at once."""

    id = "hardware.resize"
    key = "z"
    name = "Resize disk"
    method = "resize_disk"


class ForceEject(_HardwareView):
    """Take the medium out of the drive under the cursor though the guest has locked it."""

    id = "hardware.force-eject"
    key = "E"
    name = "Force eject"
    method = "force_eject"


class RestartToApply(_HardwareView):
    """Shut down and start again, so that what waits for the next boot takes effect."""

    id = "hardware.restart"
    key = "B"
    name = "Restart to apply"
    method = "restart_to_apply"


class EditXml(_HardwareView):
    """Edit the XML, beginning at the device under the cursor."""

    scopes = (Scope.HARDWARE, Scope.MACHINE)
    id = "hardware.edit-xml"
    key = "X"
    name = "Edit XML"
    method = "edit_xml"
    in_bar = 7
