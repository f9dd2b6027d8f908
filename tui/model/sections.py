"""The machine itself: what its definition says outside of ``<devices>``."""

from __future__ import annotations

from tui.model import told
from tui.model.compound import (
    BootOrder,
    Cells,
    Features,
    FirmwareField,
    HugePageSize,
    MaximumVcpus,
    Pins,
    VcpuCount,
)
from tui.model.fields import Call, Choice, CpuSet, Number, Size, Switch, Text
from tui.model.units import exact_size
from tui.model.views import Section

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


def _why_not_vcpus(now: Cpu, wanted: Cpu) -> str:
    if wanted.vcpus < now.vcpus:
        return "a running guest keeps the vCPUs it has"
    if wanted.vcpus > (now.maximum or 1):
        return f"a running machine has at most {now.maximum}"
    return ""


def _why_not_balloon(now: Memory, wanted: Memory) -> str:
    if now.get("devices/memballoon/@model") in ("", "none"):
        return "it has no memory balloon"
    if now.hugepages:
        return "huge pages cannot be ballooned"
    if (wanted.given or 0) > (now.maximum or 0):
        return "more than the running machine's maximum"
    return ""


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
        "on_poweroff", "On power-off", "When the guest powers itself off.", values=ACTIONS
    )
    on_reboot = Choice(
        "on_reboot", "On reboot", "When the guest asks for a reboot.", values=ACTIONS
    )
    on_crash = Choice("on_crash", "On crash", "When the guest crashes.", values=CRASH_ACTIONS)
    acpi = Switch("features/acpi", "ACPI", "Power button and hot-plug need it.", presence=True)
    apic = Switch(
        "features/apic", "APIC", "Interrupt controller; more than one vCPU needs it.", presence=True
    )
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

    @property
    def summary(self) -> str:
        """Architecture and machine type."""
        return " ".join(part for part in (self.hypervisor, self.arch, self.machine) if part)


class Boot(Section):
    """``<os>``: firmware, boot order, direct kernel boot."""

    title = "Boot"

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
    kernel = Text("os/kernel", "Kernel", "Boots this kernel on the host directly; a path there.")
    initrd = Text(
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

    @property
    def summary(self) -> str:
        """Firmware and what is booted."""
        first = f"kernel {self.kernel.rpartition('/')[2]}" if self.kernel else ", ".join(self.order)
        return ", ".join(part for part in (self.firmware, first) if part)


class Cpu(Section):
    """``<vcpu>``, ``<cpu>``, ``<cputune>``, ``<iothreads>``."""

    title = "CPU"

    current = VcpuCount(
        "vcpu/@current",
        "vCPUs",
        "Virtual CPUs in use; can be raised to the maximum while it runs.",
        least=1,
        live=Call.SET_VCPUS,
        live_unless=lambda now, wanted: _why_not_vcpus(now, wanted),
    )
    maximum = MaximumVcpus(
        "vcpu", "Maximum vCPUs", "How many it can ever have.", least=1, required=True
    )
    mode = Choice(
        "cpu/@mode",
        "CPU mode",
        "Which processor the guest sees.",
        values={
            "host-passthrough": "the host's own; cannot move to another kind",
            "host-model": "the nearest named model",
            "maximum": "all that the hypervisor can do",
            "custom": "the named model below",
        },
        told=told.cpu_modes,
        volatile=True,
    )
    model = Choice(
        "cpu/model",
        "CPU model",
        "The named model of the custom mode.",
        told=told.cpu_models,
        volatile=True,
        default="none",
        unless=lambda view: "" if view.mode in ("custom", "") else "only in the custom mode",
    )
    features = Features(
        "cpu",
        "CPU features",
        "+name requires, -name disables; comma separated: +vmx, -svm.",
        volatile=True,
    )
    sockets = Number("cpu/topology/@sockets", "Sockets", "Processor packages.", least=1)
    dies = Number("cpu/topology/@dies", "Dies", "Per socket.", least=1)
    cores = Number("cpu/topology/@cores", "Cores", "Per die.", least=1)
    threads = Number("cpu/topology/@threads", "Threads", "Per core.", least=1)
    cpuset = CpuSet(
        "vcpu/@cpuset", "Host CPUs", "Host CPUs that vCPUs may run on where they are not pinned."
    )
    pins = Pins(
        "cputune/vcpupin/@vcpu",
        "vCPU pins",
        "vCPU=host CPUs, semicolon separated: 0=2; 1=3,7.",
        live=Call.PIN,
    )
    emulator_pin = CpuSet(
        "cputune/emulatorpin/@cpuset",
        "Emulator pin",
        "Host CPUs for QEMU's own threads.",
        live=Call.PIN,
    )
    iothreads = Number("iothreads", "I/O threads", "Threads that disks can be given.", most=64)
    iothread_pins = Pins(
        "cputune/iothreadpin/@iothread",
        "I/O thread pins",
        "I/O thread=host CPUs: 1=0-1; 2=2.",
        live=Call.PIN,
        unless=lambda view: "" if view.iothreads else "there are no I/O threads",
    )
    shares = Number(
        "cputune/shares",
        "CPU shares",
        "Weight against other machines; 1024 is usual.",
        least=2,
        most=262144,
        live=Call.SET_SCHEDULER,
    )
    quota = Number(
        "cputune/quota",
        "vCPU quota",
        "Time that each vCPU may use in a period; -1 for all.",
        least=-1,
        unit="µs",
        live=Call.SET_SCHEDULER,
    )
    period = Number(
        "cputune/period",
        "vCPU period",
        "The period of the quota.",
        least=1000,
        most=1_000_000,
        unit="µs",
        live=Call.SET_SCHEDULER,
    )

    @property
    def vcpus(self) -> int:
        """Virtual CPUs at boot; one where a document does not tell."""
        return self.current or 1

    @property
    def topology(self) -> int | None:
        """Product of the topology; None without one."""
        if self.sockets is None:
            return None
        return self.sockets * (self.dies or 1) * (self.cores or 1) * (self.threads or 1)

    @property
    def summary(self) -> str:
        """How many, and which."""
        maximum = self.maximum or 1
        count = f"{self.vcpus} of {maximum}" if self.vcpus != maximum else str(maximum)
        pinned = ["pinned"] if self.pins else []
        which = " ".join(part for part in (self.mode, self.model) if part)
        return ", ".join([f"{count} vCPU", *([which] if which else []), *pinned])


class Memory(Section):
    """``<memory>``, ``<currentMemory>``, ``<memoryBacking>``, ``<memtune>``, ``<numatune>``."""

    title = "Memory"

    current = Size(
        "currentMemory",
        "Memory",
        "What the guest has now; its balloon takes and gives while it runs.",
        least=1024**2,
        live=Call.SET_MEMORY,
        live_unless=lambda now, wanted: _why_not_balloon(now, wanted),
        volatile=True,
    )
    maximum = Size("memory", "Maximum memory", "How much it can ever have.", least=1024**2)
    hugepages = Switch(
        "memoryBacking/hugepages",
        "Huge pages",
        "From the host's reserved pages: faster, but never swapped nor ballooned.",
        presence=True,
    )
    page_size = HugePageSize(
        "memoryBacking/hugepages",
        "Page size",
        "Of the huge pages; empty takes the host's default.",
        unless=lambda view: "" if view.hugepages else "huge pages are off",
    )
    nosharepages = Switch(
        "memoryBacking/nosharepages",
        "Keep pages unshared",
        "The host does not merge its pages with other machines' (KSM).",
        presence=True,
    )
    locked = Switch(
        "memoryBacking/locked",
        "Locked",
        "Its pages never go to the host's swap; needs a hard limit.",
        presence=True,
    )
    source = Choice(
        "memoryBacking/source/@type",
        "Backing",
        "Where the host takes its memory from; virtiofs wants memfd, shared.",
        values=("anonymous", "memfd", "file"),
        told=told.enum("memoryBacking", "sourceType"),
    )
    access = Choice(
        "memoryBacking/access/@mode",
        "Access",
        "Whether helper processes may share it; virtiofs and vhost-user need shared.",
        values=("private", "shared"),
    )
    hard_limit = Size(
        "memtune/hard_limit",
        "Hard limit",
        "What QEMU may use in all; beyond it the host ends the machine.",
        live=Call.SET_MEMORY_PARAMETERS,
    )
    soft_limit = Size(
        "memtune/soft_limit",
        "Soft limit",
        "What it is held to when the host is short.",
        live=Call.SET_MEMORY_PARAMETERS,
    )
    swap_hard_limit = Size(
        "memtune/swap_hard_limit",
        "Memory and swap limit",
        "Memory and swap together; above the hard limit.",
        live=Call.SET_MEMORY_PARAMETERS,
    )
    numa_mode = Choice(
        "numatune/memory/@mode",
        "NUMA policy",
        "How its memory is placed on the host's nodes.",
        values={
            "strict": "these nodes or it does not start",
            "preferred": "one node, others when it is full",
            "interleave": "spread over these nodes",
            "restrictive": "left to the host's control groups",
        },
    )
    numa_nodes = CpuSet(
        "numatune/memory/@nodeset",
        "NUMA nodes",
        "The host's nodes that its memory comes from.",
        live=Call.SET_NUMA_PARAMETERS,
        unless=lambda view: "" if view.numa_mode else "there is no NUMA policy",
    )
    cells = Cells(
        "cpu/numa",
        "Guest NUMA cells",
        "What the guest sees: vCPUs=size, semicolon separated: 0-1=2 GiB; 2-3=2 GiB.",
    )

    @property
    def given(self) -> int | None:
        """Bytes at boot: the current memory, else the maximum."""
        return self.maximum if self.current is None else self.current

    @property
    def summary(self) -> str:
        """How much."""
        current, maximum = self.given, self.maximum
        if current is None or maximum is None:
            return ""
        much = exact_size(current)
        if current != maximum:
            much += f" of {exact_size(maximum)}"
        return much + (", huge pages" if self.hugepages else "")


class Clock(Section):
    """``<clock>`` and its timers."""

    title = "Clock"

    offset = Choice(
        "clock/@offset",
        "Clock",
        "What the guest's hardware clock shows.",
        values={
            "utc": "for most guests",
            "localtime": "the host's local time; Windows expects it",
            "timezone": "a named time zone",
            "variable": "an offset that the guest may change",
            "absolute": "a fixed start",
        },
    )
    rtc_tick = Choice(
        "clock/timer[@name='rtc']/@tickpolicy",
        "RTC ticks",
        "What happens to missed ticks of the real-time clock.",
        values=("delay", "catchup", "merge", "discard"),
    )
    pit_tick = Choice(
        "clock/timer[@name='pit']/@tickpolicy",
        "PIT ticks",
        "What happens to missed ticks of the interval timer.",
        values=("delay", "catchup", "merge", "discard"),
    )
    hpet = Choice(
        "clock/timer[@name='hpet']/@present",
        "HPET",
        "High precision timer; off is better for most guests.",
        values=("yes", "no"),
    )
    kvmclock = Choice(
        "clock/timer[@name='kvmclock']/@present",
        "KVM clock",
        "The paravirtual clock of Linux guests.",
        values=("yes", "no"),
    )
    hypervclock = Choice(
        "clock/timer[@name='hypervclock']/@present",
        "Hyper-V clock",
        "The paravirtual clock of Windows guests.",
        values=("yes", "no"),
    )
    tsc = Choice(
        "clock/timer[@name='tsc']/@present",
        "TSC",
        "The processor's time stamp counter.",
        values=("yes", "no"),
    )

    @property
    def summary(self) -> str:
        """The offset."""
        return self.offset


SECTIONS: tuple[type[Section], ...] = (General, Cpu, Memory, Boot, Clock)
