"""vCPUs, CPU model, topology, pins, shares."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from tui.model import told
from tui.model.compound import Features, MaximumVcpus, Pins, VcpuCount
from tui.model.fields import Call, Choice, Option
from tui.model.lists import CpuSet
from tui.model.quantities import Number
from tui.model.surroundings import Surroundings
from tui.model.views import Section, View

SHAPE = ("sockets", "dies", "clusters", "cores", "threads")
"""Fields of the topology."""
HOSTS_OWN = ("host-passthrough", "maximum")
"""CPU modes that show the host's processor as it is."""
CACHES = {"emulate": "made up", "passthrough": "the host's", "disable": "none"}


def _why_not_vcpus(now: Cpu, wanted: Cpu) -> str:
    if wanted.vcpus < now.vcpus:
        return "a running guest keeps the vCPUs it has"
    if wanted.vcpus > (now.maximum or 1):
        return f"a running machine has at most {now.maximum}"
    return ""


def _raise_maximum(view: Cpu) -> None:
    if view.vcpus > (view.maximum or 1):
        view.maximum = view.vcpus


def _drop_model(view: Cpu) -> None:
    """A named model, and what goes with it, is only the custom mode's."""
    if view.mode not in ("", "custom"):
        for place in ("cpu/@match", "cpu/@check", "cpu/model", "cpu/vendor"):
            view.set(place, None)


def _complete_topology(view: Cpu) -> None:
    """A first topology is told whole; it has as many CPUs as the machine where that divides."""
    told = [getattr(view, name) for name in SHAPE]
    if not any(told):
        return
    rest, odd = divmod(view.maximum or 1, prod(part or 1 for part in told))
    for name in ("cores", "sockets", "threads"):
        if getattr(view, name) is None:
            setattr(view, name, 1 if odd or not rest else rest)
            rest = 1


def _cache_changed(view: Cpu) -> None:
    """What is made up is the third level; what is passed through, or left out, is all."""
    view.set("cpu/cache/@level", "3" if view.cache == "emulate" else None)


def _caches(view: View, _surroundings: Surroundings) -> Sequence[Option]:
    """What the guest may be told of caches; the host's only together with its processor."""
    own = view.get("cpu/@mode") in HOSTS_OWN
    return [
        Option(value, value, note, "" if own or value != "passthrough" else "only for its own CPU")
        for value, note in CACHES.items()
    ]


MOST_VCPUS = 16384
"""libvirt's sets of CPUs are no larger (VIR_DOMAIN_CPUMASK_LEN); a form has a line for each."""


class _Shape(Number):
    """One of the numbers of the topology."""

    def __init__(self, name: str, label: str, help: str) -> None:
        path = f"cpu/topology/@{name}"
        super().__init__(path, label, help, least=1, takes_along=_complete_topology)


class Cpu(Section):
    """``<vcpu>``, ``<cpu>``, ``<cputune>``, ``<iothreads>``."""

    title = "CPU"

    current = VcpuCount(
        "vcpu/@current",
        "vCPUs",
        "Raised to the maximum while it runs; above it, that is raised too, for the next boot.",
        least=1,
        most=MOST_VCPUS,
        live=Call.SET_VCPUS,
        live_unless=lambda now, wanted: _why_not_vcpus(now, wanted),
        takes_along=_raise_maximum,
    )
    maximum = MaximumVcpus(
        "vcpu",
        "Maximum vCPUs",
        "How many it can ever have.",
        least=1,
        most=MOST_VCPUS,
        required=True,
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
        also=_drop_model,
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
    sockets = _Shape("sockets", "Sockets", "Processor packages; cores and threads come along.")
    dies = _Shape("dies", "Dies", "Per socket.")
    clusters = _Shape("clusters", "Clusters", "Per die; since libvirt 10.1.")
    cores = _Shape("cores", "Cores", "Per die, or per cluster.")
    threads = _Shape("threads", "Threads", "Per core.")
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
    iothreads = Number(
        "iothreads", "I/O threads", "Threads that disks can be given.", most=64, nothing=0
    )
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
        nothing=0,
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

    placement = Choice(
        "vcpu/@placement",
        "Placement",
        "static keeps to the host CPUs above; auto asks the host's numad.",
        values={"static": "", "auto": "needs numad on the host"},
    )
    check = Choice(
        "cpu/@check",
        "CPU check",
        "What is compared before it starts.",
        values={
            "none": "nothing",
            "partial": "whether the host can",
            "full": "whether the guest gets all of it",
        },
        volatile=True,
    )
    migratable = Choice(
        "cpu/@migratable",
        "Migratable",
        "Leaves out features that keep it from moving.",
        values=("on", "off"),
        volatile=True,
        unless=lambda view: "" if view.mode in HOSTS_OWN else "only for the host's own CPU",
    )
    cache = Choice(
        "cpu/cache/@mode",
        "CPU caches",
        "What the guest is told of the processor's caches.",
        values=CACHES,
        told=_caches,
        also=_cache_changed,
    )
    period_global = Number(
        "cputune/global_period",
        "Period of all",
        "The period of the quota of the whole machine.",
        least=1000,
        most=1_000_000,
        unit="µs",
    )
    quota_global = Number(
        "cputune/global_quota",
        "Quota of all",
        "Time that the whole machine may use in a period; -1 for all.",
        least=-1,
        nothing=0,
        unit="µs",
    )

    @property
    def vcpus(self) -> int:
        """Virtual CPUs at boot; one where a document does not tell."""
        return self.current or 1

    @property
    def thread_ids(self) -> frozenset[int]:
        """Numbers of the I/O threads: those that are told, the rest counted up from 1."""
        count = self.iothreads or 0
        told = [i.get("id", "") for i in self.element.iterfind("iothreadids/iothread")]
        numbers = {int(number) for number in told if number.isdigit()}
        following = 1
        while len(numbers) < count:
            numbers.add(following)
            following += 1
        return frozenset(numbers)

    @property
    def topology(self) -> int | None:
        """Product of the topology; None without one."""
        if self.sockets is None:
            return None
        parts = (self.sockets, self.dies, self.clusters, self.cores, self.threads)
        return prod(part or 1 for part in parts)

    @property
    def summary(self) -> str:
        """How many, and which."""
        maximum = self.maximum or 1
        count = f"{self.vcpus} of {maximum}" if self.vcpus != maximum else str(maximum)
        pinned = ["pinned"] if self.pins else []
        which = " ".join(part for part in (self.mode, self.model) if part)
        return ", ".join([f"{count} vCPU", *([which] if which else []), *pinned])
