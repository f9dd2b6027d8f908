"""Devices of a definition: a class for each kind, and one for all others."""

from __future__ import annotations

from lxml import etree

from tui.model.devices.board import Crypto, Hub, Iommu, Lease, MemoryModule, Nvram, Shmem
from tui.model.devices.character import Channel, Console, Parallel, Serial
from tui.model.devices.disk import Disk
from tui.model.devices.display import Audio, Graphics, Input, Sound, Video
from tui.model.devices.hostdev import Hostdev, Redirdev
from tui.model.devices.interface import Interface
from tui.model.devices.rest import (
    Balloon,
    Controller,
    Filesystem,
    Panic,
    Rng,
    Smartcard,
    Tpm,
    Vsock,
    Watchdog,
)
from tui.model.editing import Edits
from tui.model.views import Device, OtherDevice

__all__ = ["Channel", "Disk", "Graphics", "Hostdev", "Interface", "device_of"]

KINDS: dict[str, type[Device]] = {
    kind.tag: kind
    for kind in (
        Disk,
        Interface,
        Hostdev,
        Redirdev,
        Graphics,
        Video,
        Sound,
        Audio,
        Input,
        Serial,
        Parallel,
        Console,
        Channel,
        Filesystem,
        Tpm,
        Rng,
        Watchdog,
        Vsock,
        Balloon,
        Panic,
        Smartcard,
        MemoryModule,
        Shmem,
        Iommu,
        Crypto,
        Lease,
        Hub,
        Nvram,
        Controller,
    )
}
"""In the order in which the device list shows them."""


def device_of(element: etree._Element, edits: Edits) -> Device:
    """The view for an element below ``<devices>``."""
    return KINDS.get(str(element.tag), OtherDevice)(element, edits)
