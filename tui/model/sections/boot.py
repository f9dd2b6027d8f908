"""Firmware, boot order, direct kernel boot."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.beside import Beside
from tui.model.compound import BootOrder, FirmwareField
from tui.model.fields import Call, Choice, HostPath, Option, Text
from tui.model.quantities import Number
from tui.model.surroundings import Surroundings
from tui.model.views import Section, View


def _smbios(view: View, _surroundings: Surroundings) -> Sequence[Option]:
    """Sources; one of them has to be there."""
    missing = "" if view.element.find("sysinfo") is not None else "it has no <sysinfo>"
    return [
        Option(name, name, why_not=missing if name == "sysinfo" else "")
        for name in ("emulate", "host", "sysinfo")
    ]


class Boot(Section):
    """``<os>``: firmware, boot order, direct kernel boot."""

    title = "Boot"

    autostart = Beside(
        "autostart",
        "Autostart",
        "Whether it starts together with its host; at once, without a boot.",
        live=Call.SET_AUTOSTART,
        unless=lambda view: (
            "" if "autostart" in view.edits.beside else "libvirt keeps no such mark of this machine"
        ),
    )
    firmware = FirmwareField(
        "os",
        "Firmware",
        "BIOS or UEFI; a change loses the old firmware's settings, the guest may not boot.",
    )
    loader = Text("os/loader", "Loader", "The firmware's image.", shown_only=True, volatile=True)
    nvram = Text(
        "os/nvram", "NVRAM", "Where UEFI keeps its variables.", shown_only=True, volatile=True
    )
    order = BootOrder(
        ".",
        "Boot order",
        "Devices to boot from, first to last, comma separated.",
    )
    menu = Choice(
        "os/bootmenu/@enable",
        "Boot menu",
        "Lets one choose at the guest's own screen.",
        values={"yes": "shown", "no": "never"},
    )
    menu_timeout = Number(
        "os/bootmenu/@timeout",
        "Menu time-out",
        "How long the boot menu waits.",
        most=65535,
        unit="ms",
        unless=lambda view: "" if view.menu == "yes" else "the boot menu is off",
    )
    serial = Choice(
        "os/bios/@useserial",
        "BIOS on serial",
        "The BIOS also writes to the first serial port.",
        values=("yes", "no"),
    )
    kernel = HostPath("os/kernel", "Kernel", "Boots this kernel on the host directly.")
    initrd = HostPath(
        "os/initrd",
        "Initrd",
        "The kernel's initial ramdisk.",
        unless=lambda view: "" if view.kernel else "no kernel is given",
    )
    cmdline = Text(
        "os/cmdline",
        "Kernel arguments",
        "The kernel's command line.",
        unless=lambda view: "" if view.kernel else "no kernel is given",
    )

    dtb = HostPath(
        "os/dtb",
        "Device tree",
        "A device tree blob for the kernel.",
        unless=lambda view: "" if view.kernel else "no kernel is given",
    )
    reboot_timeout = Number(
        "os/bios/@rebootTimeout",
        "Retry boot after",
        "How long to wait before another try when nothing can be booted; -1 for no retry.",
        least=-1,
        most=32767,
        unit="ms",
    )
    smbios = Choice(
        "os/smbios/@mode",
        "SMBIOS",
        "What the guest's firmware tables say of the maker.",
        values={
            "emulate": "the hypervisor's own",
            "host": "as the host's",
            "sysinfo": "as this definition says",
        },
        told=_smbios,
    )
    init = Text(
        "os/init",
        "Init",
        "The first program of a container.",
        unless=lambda view: "" if view.get("os/type") == "exe" else "only for containers",
    )

    @property
    def summary(self) -> str:
        """Firmware and what is booted."""
        first = f"kernel {self.kernel.rpartition('/')[2]}" if self.kernel else ", ".join(self.order)
        starts = "autostart" if self.autostart else ""
        return ", ".join(part for part in (self.firmware, first, starts) if part)
