"""What the hypervisor shows the guest of itself: Hyper-V enlightenments, KVM's features."""

from __future__ import annotations

from typing import Any

from tui.model.fields import Choice, Switch, Text
from tui.model.quantities import Number
from tui.model.views import Section

ENLIGHTENMENTS = (
    "relaxed", "vapic", "spinlocks", "vpindex", "runtime", "synic", "stimer", "reset",
    "vendor_id", "frequencies", "reenlightenment", "tlbflush", "ipi", "evmcs",
)  # fmt: skip


USUAL_RETRIES = 8191


def _enlightened(view: Any) -> str:
    return "all that the host has are on" if view.mode == "passthrough" else ""


def _tries(view: HyperV) -> None:
    """Spinlocks have to be told how often."""
    if view.spinlocks == "on" and view.retries is None:
        view.retries = USUAL_RETRIES


def _no_direct(view: HyperV) -> None:
    """Direct timers are there where the synthetic ones are."""
    if view.stimer != "on":
        view.drop("features/hyperv/stimer/direct")


class HyperV(Section):
    """``<features>``: ``<hyperv>``, ``<kvm>`` and what else is switched on its own."""

    title = "Features"

    mode = Choice(
        "features/hyperv/@mode",
        "Hyper-V",
        "Interfaces that make Windows guests faster.",
        values={"custom": "those below", "passthrough": "all that the host has"},
    )
    relaxed = Choice(
        "features/hyperv/relaxed/@state",
        "Relaxed timers",
        "Windows is patient with late timers.",
        values=("on", "off"),
        unless=_enlightened,
    )
    vapic = Choice(
        "features/hyperv/vapic/@state",
        "Virtual APIC",
        "Faster interrupts for Windows.",
        values=("on", "off"),
        unless=_enlightened,
    )
    spinlocks = Choice(
        "features/hyperv/spinlocks/@state",
        "Spinlocks",
        "Windows tells when it waits for a lock.",
        values=("on", "off"),
        unless=_enlightened,
        takes_along=lambda view: _tries(view),
    )
    retries = Number(
        "features/hyperv/spinlocks/@retries",
        "Spinlock retries",
        f"How often it tries before it tells; {USUAL_RETRIES} is usual.",
        least=4095,
        unless=lambda view: "" if view.spinlocks == "on" else "spinlocks are off",
    )
    vpindex = Choice(
        "features/hyperv/vpindex/@state",
        "vCPU index",
        "Windows sees the number of each vCPU.",
        values=("on", "off"),
        unless=_enlightened,
    )
    runtime = Choice(
        "features/hyperv/runtime/@state",
        "Run time",
        "Windows sees the time that vCPUs ran.",
        values=("on", "off"),
        unless=_enlightened,
    )
    synic = Choice(
        "features/hyperv/synic/@state",
        "SynIC",
        "Synthetic interrupts; needs the vCPU index.",
        values=("on", "off"),
        unless=_enlightened,
    )
    stimer = Choice(
        "features/hyperv/stimer/@state",
        "Synthetic timers",
        "Needs SynIC and the Hyper-V clock.",
        values=("on", "off"),
        unless=_enlightened,
        also=lambda view: _no_direct(view),
    )
    reset = Choice(
        "features/hyperv/reset/@state",
        "Reset",
        "Windows resets itself by Hyper-V's way.",
        values=("on", "off"),
        unless=_enlightened,
    )
    frequencies = Choice(
        "features/hyperv/frequencies/@state",
        "Frequencies",
        "Windows sees the processor's frequencies.",
        values=("on", "off"),
        unless=_enlightened,
    )
    reenlightenment = Choice(
        "features/hyperv/reenlightenment/@state",
        "Re-enlightenment",
        "Windows is told when it moved to another host.",
        values=("on", "off"),
        unless=_enlightened,
    )
    tlbflush = Choice(
        "features/hyperv/tlbflush/@state",
        "TLB flush",
        "Faster flushes with several vCPUs.",
        values=("on", "off"),
        unless=_enlightened,
    )
    ipi = Choice(
        "features/hyperv/ipi/@state",
        "IPI",
        "Faster interrupts between vCPUs.",
        values=("on", "off"),
        unless=_enlightened,
    )
    evmcs = Choice(
        "features/hyperv/evmcs/@state",
        "eVMCS",
        "Faster nested virtualisation on Intel.",
        values=("on", "off"),
        unless=_enlightened,
    )
    vendor_id = Choice(
        "features/hyperv/vendor_id/@state",
        "Vendor",
        "Shows Windows another maker of the hypervisor.",
        values=("on", "off"),
        unless=_enlightened,
    )
    vendor = Text(
        "features/hyperv/vendor_id/@value",
        "Vendor name",
        "Up to 12 characters.",
        pattern=r"[^,]{1,12}",
        expected="up to 12 characters, no comma",
        unless=lambda view: "" if view.vendor_id == "on" else "the vendor is not shown",
    )
    dedicated = Choice(
        "features/kvm/hint-dedicated/@state",
        "Dedicated CPUs",
        "Tells the guest that its vCPUs never wait: for pinned machines.",
        values=("on", "off"),
    )
    poll_control = Choice(
        "features/kvm/poll-control/@state",
        "Poll control",
        "Lets the guest poll while it is idle.",
        values=("on", "off"),
    )
    pae = Switch("features/pae", "PAE", "Lets 32-bit guests use more than 4 GiB.", presence=True)
    pmu = Choice(
        "features/pmu/@state",
        "Performance counters",
        "Whether the guest sees the processor's counters.",
        values=("on", "off"),
    )
    vmport = Choice(
        "features/vmport/@state",
        "VMware port",
        "VMware's back door; off is safe for most guests.",
        values=("on", "off"),
    )
    ioapic = Choice(
        "features/ioapic/@driver",
        "I/O APIC",
        "An IOMMU with interrupt remapping needs qemu.",
        values=("kvm", "qemu"),
    )

    @property
    def summary(self) -> str:
        """How many enlightenments are on."""
        if self.mode == "passthrough":
            return "all of Hyper-V"
        count = sum(self.get(f"features/hyperv/{name}/@state") == "on" for name in ENLIGHTENMENTS)
        return f"{count} Hyper-V enlightenments" if count else "no Hyper-V"
