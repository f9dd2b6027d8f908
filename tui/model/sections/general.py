"""The machine as a whole: name, machine type, what happens at its ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tui.model import told
from tui.model.fields import Call, Choice, Option, Switch, Text
from tui.model.quantities import Number
from tui.model.surroundings import Surroundings
from tui.model.views import Section, View

ACTIONS = {
    "destroy": "ends; it stays off",
    "restart": "starts again",
    "preserve": "keeps its memory for a look",
    "rename-restart": "starts again under another name",
}
CRASH_ACTIONS = ACTIONS | {
    "coredump-destroy": "dumps its memory, then ends",
    "coredump-restart": "dumps its memory, then starts again",
}


def _but_with_qemu(
    actions: Mapping[str, str], *refused: str
) -> Callable[[View, Surroundings], Sequence[Option]]:
    """Actions, those with the reason that libvirt's QEMU driver refuses."""

    def options(view: View, _surroundings: Surroundings) -> Sequence[Option]:
        why_not = "not with QEMU" if view.get("@type") in ("kvm", "qemu") else ""
        return [
            Option(action, action, note, why_not if action in refused else "")
            for action, note in actions.items()
        ]

    return options


class General(Section):
    """``<name>``, ``<title>``, ``<description>``, machine type, what happens at its ends."""

    title = "Overview"

    name = Text(
        "name",
        "Name",
        "The machine's name on its host; it changes only while the machine is off.",
        pattern=r"[^/\n]+",
        expected="a name without /",
        required=True,
        live=Call.RENAME,
    )
    heading = Text("title", "Title", "A short title beside the name.", live=Call.SET_METADATA)
    description = Text(
        "description", "Description", "What it is for, who minds it.", live=Call.SET_METADATA
    )
    uuid = Text("uuid", "UUID", "Identifies the machine everywhere.", shown_only=True)
    hypervisor = Text("@type", "Hypervisor", "kvm, or qemu for emulation.", shown_only=True)
    arch = Text("os/type/@arch", "Architecture", "Of the virtual processor.", shown_only=True)
    emulator = Text("devices/emulator", "Emulator", "The program that runs it.", shown_only=True)
    machine = Choice(
        "os/type/@machine",
        "Machine type",
        "Another version of the same chipset; another chipset would move every device.",
        told=told.machines,
        default=None,
    )
    on_poweroff = Choice(
        "on_poweroff",
        "On power-off",
        "When the guest powers itself off.",
        values=ACTIONS,
        told=_but_with_qemu(ACTIONS, "preserve", "rename-restart"),
    )
    on_reboot = Choice(
        "on_reboot",
        "On reboot",
        "When the guest asks for a reboot.",
        values=ACTIONS,
        told=_but_with_qemu(ACTIONS, "preserve", "rename-restart"),
    )
    on_crash = Choice(
        "on_crash",
        "On crash",
        "When the guest crashes.",
        values=CRASH_ACTIONS,
        told=_but_with_qemu(CRASH_ACTIONS, "rename-restart"),
    )
    acpi = Switch("features/acpi", "ACPI", "Power button and hot-plug need it.", presence=True)
    apic = Switch("features/apic", "APIC", "Interrupt controller of each vCPU.", presence=True)
    kvm_hidden = Choice(
        "features/kvm/hidden/@state",
        "Hide KVM",
        "Hides from the guest that it is virtual; some GPU drivers want it.",
        values=("on", "off"),
    )
    smm = Choice(
        "features/smm/@state",
        "System management mode",
        "Secure boot needs it.",
        values=("on", "off"),
    )

    guest = Text(
        "metadata/{http://libosinfo.org/xmlns/libvirt/domain/1.0}libosinfo"
        "/{http://libosinfo.org/xmlns/libvirt/domain/1.0}os/@id",
        "Guest OS",
        "What was installed, as the tool that made the machine wrote it down.",
        shown_only=True,
    )
    genid = Text(
        "genid",
        "Generation ID",
        "Tells a Windows guest that it has been cloned or reverted.",
        shown_only=True,
    )
    suspend_to_mem = Choice(
        "pm/suspend-to-mem/@enabled",
        "Guest sleep",
        "Whether the guest may suspend itself to memory.",
        values=("yes", "no"),
    )
    suspend_to_disk = Choice(
        "pm/suspend-to-disk/@enabled",
        "Guest hibernation",
        "Whether the guest may suspend itself to disk.",
        values=("yes", "no"),
    )
    io_weight = Number(
        "blkiotune/weight",
        "I/O weight",
        "Share of the host's disks against other machines; 500 is usual.",
        least=100,
        most=1000,
    )

    @property
    def summary(self) -> str:
        """Architecture and machine type."""
        return " ".join(part for part in (self.hypervisor, self.arch, self.machine) if part)
