"""Devices of the board: memory modules, IOMMU, shared memory, hubs, crypto."""

from __future__ import annotations

from typing import Any

from tui.model import told
from tui.model.fields import Call, Choice, HostPath, Switch, Text
from tui.model.lists import CpuSet
from tui.model.quantities import Number, Size
from tui.model.units import exact_size
from tui.model.views import Device


def _virtio_mem_only(view: Any) -> str:
    return "" if view.model == "virtio-mem" else "only for virtio-mem"


class MemoryModule(Device):
    """``<memory>`` below ``<devices>``: a DIMM, an NVDIMM, virtio memory."""

    tag = "memory"
    title = "Memory module"

    model = Choice(
        "@model",
        "Model",
        "What the guest sees.",
        values=("dimm", "nvdimm", "virtio-mem", "virtio-pmem", "sgx-epc"),
        shown_only=True,
    )
    size = Size("target/size", "Size", "How much it can give.", least=1024**2)
    requested = Size(
        "target/requested",
        "Requested",
        "How much of it the guest should have; it changes while the machine runs.",
        live=Call.UPDATE_DEVICE,
        unless=_virtio_mem_only,
    )
    present = Size(
        "target/current",
        "Given",
        "How much of it the guest has now.",
        shown_only=True,
        volatile=True,
        unless=_virtio_mem_only,
    )
    block = Size("target/block", "Block", "What it grows and shrinks by.", unless=_virtio_mem_only)
    node = Number("target/node", "Guest cell", "The guest NUMA cell that it belongs to.")
    path = HostPath(
        "source/path",
        "Path",
        "A file or device on the host.",
        unless=lambda view: "" if "nvdimm" in view.model or "pmem" in view.model else "not for it",
    )
    nodes = CpuSet("source/nodemask", "Host nodes", "The host's nodes that it comes from.")
    page_size = Size("source/pagesize", "Page size", "Of the host's pages that it is made of.")
    access = Choice(
        "@access",
        "Access",
        "Whether helper processes may share it.",
        values=("private", "shared"),
    )
    discard = Choice(
        "@discard",
        "Discard at end",
        "Spares writing it back to a backing file.",
        values=("yes", "no"),
    )
    pmem = Switch(
        "source/pmem",
        "Persistent",
        "The host's file is on persistent memory.",
        presence=True,
        unless=lambda view: "" if view.model == "nvdimm" else "only for NVDIMM",
    )

    @property
    def identity(self) -> str:
        """Its model; the second of a kind gets a number."""
        return self.model or "module"

    @property
    def summary(self) -> str:
        """How much, and where."""
        much = exact_size(self.size) if self.size is not None else ""
        where = f"in cell {self.node}" if self.node is not None else ""
        return " ".join(part for part in (much, where) if part)

    def why_not_hotplug(self) -> str:
        """Nothing: they can be plugged into a running machine."""
        return ""


IOMMUS = {"intel": "x86", "amd": "x86", "virtio": "", "smmuv3": "aarch64"}
"""Models, and the architecture that alone has one."""


def _pc_only(view: Any) -> str:
    return "" if view.model in ("intel", "amd") else "only for Intel's and AMD's"


class Iommu(Device):
    """``<iommu>``."""

    tag = "iommu"
    title = "IOMMU"

    model = Choice(
        "@model",
        "Model",
        "What the guest sees.",
        told=told.by_arch(IOMMUS),
        default=None,
    )
    intremap = Choice(
        "driver/@intremap",
        "Interrupt remapping",
        "Needs the I/O APIC by qemu.",
        values=("on", "off"),
        unless=_pc_only,
    )
    caching = Choice(
        "driver/@caching_mode",
        "Caching mode",
        "Passed-through devices in the guest's guests need it.",
        values=("on", "off"),
        unless=_pc_only,
    )
    eim = Choice(
        "driver/@eim",
        "Extended interrupts",
        "More than 255 vCPUs need them.",
        values=("on", "off"),
        unless=_pc_only,
    )
    iotlb = Choice(
        "driver/@iotlb",
        "Device TLB",
        "Devices keep translations of their own.",
        values=("on", "off"),
        unless=_pc_only,
    )
    width = Choice(
        "driver/@aw_bits",
        "Address width",
        "Of guest addresses, in bits.",
        values=("39", "48"),
        unless=_pc_only,
    )

    @property
    def summary(self) -> str:
        """Its model."""
        return self.model


class Shmem(Device):
    """``<shmem>``: memory that several machines share."""

    tag = "shmem"
    title = "Shared memory"

    name = Text("@name", "Name", "Of the memory on the host.", required=True)
    model = Choice(
        "model/@type",
        "Model",
        "plain, or with doorbells by a server.",
        values=("ivshmem-plain", "ivshmem-doorbell", "ivshmem"),
    )
    size = Size("size", "Size", "A power of two.", unit="b")
    server = HostPath("server/@path", "Server", "The socket of the doorbell's server.")
    vectors = Number("msi/@vectors", "Vectors", "Interrupts of its own.", least=1)
    role = Choice(
        "@role",
        "Role",
        "Whether it moves with the machine.",
        values={"master": "moves with it", "peer": "must be there already"},
    )

    @property
    def identity(self) -> str:
        """Its name."""
        return self.name

    @property
    def summary(self) -> str:
        """Model and size."""
        much = exact_size(self.size) if self.size is not None else ""
        return " ".join(part for part in (self.model, much) if part)

    def why_not_hotplug(self) -> str:
        """Nothing: they can be plugged into a running machine."""
        return ""


class Hub(Device):
    """``<hub>``."""

    tag = "hub"
    title = "USB hub"

    type = Choice("@type", "Kind", "usb.", shown_only=True)


class Crypto(Device):
    """``<crypto>``."""

    tag = "crypto"
    title = "Crypto"

    model = Choice("@model", "Model", "What the guest sees.", values=("virtio",), default=None)
    backend = Choice(
        "backend/@model",
        "Backend",
        "Who computes on the host.",
        values=("builtin", "lkcf"),
        default=None,
    )
    queues = Number("backend/@queues", "Queues", "As many as vCPUs is usual.", least=1)

    @property
    def summary(self) -> str:
        """What computes: QEMU itself, or the host's kernel."""
        return self.backend


class Lease(Device):
    """``<lease>``: a lock on the host that the machine holds."""

    tag = "lease"
    title = "Lease"

    lockspace = Text("lockspace", "Lock space", "Where the lock is.", shown_only=True)
    lock = Text("key", "Key", "Which lock it is.", shown_only=True)
    path = Text("target/@path", "Path", "The lock's file on the host.", shown_only=True)

    @property
    def identity(self) -> str:
        """Space and key."""
        return " ".join(part for part in (self.lockspace, self.lock) if part)

    @property
    def summary(self) -> str:
        """Its file."""
        return self.path

    def why_not_hotplug(self) -> str:
        """Nothing: they can be plugged into a running machine."""
        return ""


class Nvram(Device):
    """``<nvram>``: variables of a POWER machine's firmware."""

    tag = "nvram"
    title = "NVRAM"
