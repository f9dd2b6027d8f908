"""Memory, its backing, limits and placement."""

from __future__ import annotations

from tui.model import told
from tui.model.compound import CellNodes, Cells, HugePageSize
from tui.model.fields import Call, Choice, Switch
from tui.model.lists import CpuSet
from tui.model.quantities import Number, Size
from tui.model.units import exact_size
from tui.model.views import Section


def _why_not_balloon(now: Memory, wanted: Memory) -> str:
    if now.get("devices/memballoon/@model") in ("", "none"):
        return "it has no memory balloon"
    if now.hugepages:
        return "huge pages cannot be ballooned"
    if (wanted.given or 0) > (now.maximum or 0):
        return "more than the running machine's maximum"
    return ""


def _why_not_nodes(now: Memory, wanted: Memory) -> str:
    if now.numa_mode not in ("", "strict", "restrictive"):
        return f"a running machine's memory does not move by the policy {now.numa_mode}"
    return "" if wanted.numa_nodes else "a running machine's memory stays on its nodes"


def _raise_maximum(view: Memory) -> None:
    if (view.current or 0) > (view.maximum or 0):
        view.maximum = view.current


def _lower_current(view: Memory) -> None:
    if view.current is not None and view.current > (view.maximum or 0):
        view.current = view.maximum


def _slots_follow(view: Memory) -> None:
    """The schema wants a number of slots beside the limit."""
    if view.plug_limit is not None and view.slots is None:
        view.slots = 16


class Memory(Section):
    """``<memory>``, ``<currentMemory>``, ``<memoryBacking>``, ``<memtune>``, ``<numatune>``."""

    title = "Memory"

    current = Size(
        "currentMemory",
        "Memory",
        "What the guest has; above the maximum, that is raised too, for the next boot.",
        least=1024**2,
        live=Call.SET_MEMORY,
        live_unless=lambda now, wanted: _why_not_balloon(now, wanted),
        volatile=True,
        takes_along=_raise_maximum,
    )
    maximum = Size(
        "memory",
        "Maximum memory",
        "How much its balloon can ever give it; its memory at boot where the one above is not set.",
        least=1024**2,
        required=True,
        takes_along=_lower_current,
    )
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
        least=1024,
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
        live_unless=lambda now, wanted: _why_not_nodes(now, wanted),
        unless=lambda view: "" if view.numa_mode else "there is no NUMA policy",
    )
    numa_placement = Choice(
        "numatune/memory/@placement",
        "NUMA placement",
        "static takes the nodes above; auto asks the host's numad.",
        values={"static": "", "auto": "needs numad on the host"},
        unless=lambda view: "" if view.numa_mode else "there is no NUMA policy",
    )
    cell_nodes = CellNodes(
        "numatune/memnode/@cellid",
        "Nodes of cells",
        "Guest cell=host nodes, semicolon separated: 0=0; 1=1.",
        unless=lambda view: "" if view.cells else "there are no guest cells",
    )
    cells = Cells(
        "cpu/numa",
        "Guest NUMA cells",
        "What the guest sees: vCPUs=size, semicolon separated: 0-1=2 GiB; 2-3=2 GiB.",
    )

    allocation = Choice(
        "memoryBacking/allocation/@mode",
        "Allocation",
        "Whether the host's memory is taken at start or as it is used.",
        values={"immediate": "at start", "ondemand": "as it is used"},
    )
    discard = Switch(
        "memoryBacking/discard",
        "Discard at end",
        "Spares writing its memory back to the backing file when it ends.",
        presence=True,
    )
    slots = Number(
        "maxMemory/@slots",
        "Memory slots",
        "How many memory modules can ever be plugged.",
        least=1,
        most=256,
        unless=lambda view: "" if view.plug_limit is not None else "there is no limit of modules",
    )
    plug_limit = Size(
        "maxMemory",
        "Limit with modules",
        "Memory with all modules that can ever be plugged; needs slots and guest cells.",
        also=lambda view: _slots_follow(view),
    )

    @property
    def is_shared(self) -> bool:
        """Whether other processes of the host can have it as well."""
        cell = self.element.find("cpu/numa/cell[@memAccess='shared']")
        return self.access == "shared" or cell is not None

    def share(self) -> None:
        """Let other processes of the host have it as well."""
        if not self.is_shared:
            self.access = "shared"
            self.source = self.source if self.source == "file" else "memfd"

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
