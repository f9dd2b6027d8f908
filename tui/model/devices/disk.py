"""``<disk>``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.model import told
from tui.model.devices.boot_place import BootPlace
from tui.model.devices.disk_source import DiskSource
from tui.model.editing import place
from tui.model.fields import Call, Choice, Option, Switch, Text, fields_of
from tui.model.quantities import Number, Size
from tui.model.views import Device, View

if TYPE_CHECKING:
    from tui.model.surroundings import Surroundings

CACHE = {
    "none": "past the host's page cache; for live migration",
    "writeback": "through the host's page cache; fast",
    "writethrough": "the host's page cache for reading only",
    "directsync": "past the cache, each write waits for the disk",
    "unsafe": "flushes are ignored: data is lost when the host fails",
}
IO = {
    "threads": "a pool of threads; the default",
    "native": "the kernel's asynchronous I/O; cache none or directsync",
    "io_uring": "the kernel's rings; recent hosts",
}
STARTUP = {
    "mandatory": "does not start",
    "requisite": "may be missing after a migration",
    "optional": "starts without",
}
BUSES = ("virtio", "scsi", "sata", "ide", "usb", "fdc", "nvme", "sd", "xen")
PREFIXES = {"virtio": "vd", "ide": "hd", "fdc": "fd", "xen": "xvd"}
"""What target names begin with by bus; ``sd`` for the others."""


def _virtio_only(view: Disk) -> str:
    return "" if view.bus == "virtio" else "only for disks on virtio"


def _media_only(view: Disk) -> str:
    if view.device in ("cdrom", "floppy"):
        return ""
    return "a running machine changes the media of CD-ROM and floppy drives only"


def _data_only(view: Disk) -> str:
    return "" if view.device in ("disk", "lun") else f"not for a {view.device} drive"


def _no_floppy(view: Disk) -> str:
    return "not for a floppy drive" if view.device == "floppy" else ""


def _mechanical(view: Disk) -> str:
    if view.bus not in ("scsi", "sata", "ide"):
        return "not on this bus"
    return "" if view.device == "disk" else f"not for a {view.device} drive"


def _policies(view: View, _surroundings: Surroundings) -> Sequence[Option]:
    """What may happen without the source; one of them is for drives only."""
    drive = view.get("@device") in ("cdrom", "floppy")
    return [
        Option(value, value, note, "" if drive or value != "requisite" else "only for drives")
        for value, note in STARTUP.items()
    ]


def _counted(view: Disk) -> str:
    limits = (view.total_iops, view.read_iops, view.write_iops)
    return "" if any(limits) else "there is no limit of operations"


def _burst_of(view: Disk, name: str) -> str:
    return "" if fields_of(Disk)[name].read(view) else "there is no limit that it could exceed"


def _bus_changed(view: Disk) -> None:
    """Another bus, another address and another name."""
    view.forget_address()
    prefix = PREFIXES.get(view.bus, "sd")
    if view.target.startswith(prefix):
        return
    devices = view.element.getparent()
    others = () if devices is None else devices.iterfind("disk/target")
    taken = {target.get("dev", "") for target in others}
    view.set("target/@dev", free_target(prefix, taken))


def _buses(view: View, surroundings: Surroundings) -> Sequence[Option]:
    """What the host has, with the reason where it is not for this kind of drive."""
    kind = view.get("@device") or "disk"
    known = told.enum("devices/disk", "bus")(view, surroundings)
    if known is None:
        known = [Option(bus, bus) for bus in BUSES]
    return [
        option
        if (option.value == "fdc") is (kind == "floppy")
        and not (kind == "cdrom" and option.value == "virtio")
        else replace(option, why_not=f"not for a {kind}")
        for option in known
    ]


def free_target(prefix: str, taken: set[str]) -> str:
    """The first name that is free: ``vda``, ``vdb``, … ``vdaa``."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    names: list[str] = [*letters, *(a + b for a in letters for b in letters)]
    for name in names:
        if prefix + name not in taken:
            return prefix + name
    raise ValueError(f"no name is free for another {prefix} disk")


class Disk(Device):
    """``<disk>``."""

    tag = "disk"
    title = "Disk"

    target = Text(
        "target/@dev",
        "Target",
        "The name by which libvirt tells the machine's disks apart.",
        shown_only=True,
    )
    device = Choice(
        "@device",
        "Device",
        "What the guest sees.",
        values=("disk", "cdrom", "floppy", "lun"),
        default="disk",
        shown_only=True,
    )
    type = Choice(
        "@type", "Kind of source", "file, block device, volume, network.", shown_only=True
    )
    source = DiskSource(
        "source",
        "Source",
        "A path on the host, or pool/volume.",
        live=Call.UPDATE_DEVICE,
        live_unless=lambda now, _wanted: _media_only(now),
    )
    bus = Choice(
        "target/@bus",
        "Bus",
        "How it is attached; a change gives it a new address and perhaps a new name.",
        values=BUSES,
        told=_buses,
        default=None,
        also=_bus_changed,
    )
    format = Choice(
        "driver/@type",
        "Format",
        "Of the image; a wrong one shows the guest the container's bytes.",
        values=("raw", "qcow2", "qed", "vmdk", "vdi", "vpc"),
        default="raw (not told)",
    )
    cache = Choice("driver/@cache", "Cache mode", "How the host caches it.", values=CACHE)
    io = Choice("driver/@io", "I/O mode", "How QEMU reads and writes.", values=IO)
    discard = Choice(
        "driver/@discard",
        "Discard",
        "Whether the guest's trim frees space on the host.",
        values={"unmap": "frees space", "ignore": "keeps it"},
        unless=_data_only,
    )
    detect_zeroes = Choice(
        "driver/@detect_zeroes",
        "Detect zeroes",
        "Whether written zeroes become holes.",
        values={"off": "", "on": "saves writing", "unmap": "frees space, with discard unmap"},
        unless=_data_only,
    )
    readonly = Switch(
        "readonly",
        "Read-only",
        "The guest cannot write.",
        presence=True,
        unless=lambda view: "a CD-ROM always is" if view.device == "cdrom" else "",
    )
    shareable = Switch(
        "shareable", "Shareable", "Several machines may have it open.", presence=True
    )
    serial = Text(
        "serial",
        "Serial number",
        "What the guest sees as its serial number.",
        pattern=r"[A-Za-z0-9_.+ -]{1,256}",
        expected="letters, digits, and _ . + -",
        unless=_no_floppy,
    )
    wwn = Text(
        "wwn",
        "WWN",
        "World wide name, 16 hexadecimal digits.",
        pattern=r"(0x)?[0-9a-fA-F]{16}",
        expected="16 hexadecimal digits",
        unless=lambda view: "" if view.bus in ("scsi", "ide") else "not on this bus",
    )
    boot_order = BootPlace()
    error_policy = Choice(
        "driver/@error_policy",
        "On write error",
        "What happens when the host cannot write.",
        values={
            "stop": "pauses the machine",
            "report": "tells the guest",
            "ignore": "goes on",
            "enospace": "pauses when space is short, else tells",
        },
        unless=_no_floppy,
    )
    rerror_policy = Choice(
        "driver/@rerror_policy",
        "On read error",
        "What happens when the host cannot read.",
        values={"stop": "pauses the machine", "report": "tells the guest", "ignore": "goes on"},
        unless=_no_floppy,
    )
    removable_medium = Choice(
        "target/@removable",
        "Removable",
        "Whether the guest takes it for a removable medium.",
        values=("on", "off"),
        unless=lambda view: "" if view.bus == "usb" else "only on USB",
    )
    startup_policy = Choice(
        "source/@startupPolicy",
        "Missing medium",
        "What happens when the source is not there at start.",
        values=STARTUP,
        told=_policies,
        live=Call.UPDATE_DEVICE,
        unless=lambda view: "not on the network" if view.type == "network" else "",
    )
    iothread = Number(
        "driver/@iothread",
        "I/O thread",
        "Which of the machine's I/O threads serves it.",
        least=1,
        unless=_virtio_only,
    )
    queues = Number(
        "driver/@queues",
        "Queues",
        "Virtual queues; as many as vCPUs is usual.",
        least=1,
        most=65535,
        unless=_virtio_only,
    )
    copy_on_read = Choice(
        "driver/@copy_on_read",
        "Copy on read",
        "Copies what is read from a backing image.",
        values=("on", "off"),
        unless=lambda view: "it is read-only" if view.readonly else _data_only(view),
    )
    total_bytes = Size(
        "iotune/total_bytes_sec",
        "Bytes per second",
        "Limit on reading and writing together.",
        unit="b",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
    )
    read_bytes = Size(
        "iotune/read_bytes_sec",
        "Read bytes/s",
        "Limit on reading.",
        unit="b",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
    )
    write_bytes = Size(
        "iotune/write_bytes_sec",
        "Write bytes/s",
        "Limit on writing.",
        unit="b",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
    )
    total_iops = Number(
        "iotune/total_iops_sec",
        "Operations per second",
        "Limit on reading and writing together.",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
    )
    read_iops = Number(
        "iotune/read_iops_sec",
        "Read operations/s",
        "Limit on reading.",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
    )
    write_iops = Number(
        "iotune/write_iops_sec",
        "Write operations/s",
        "Limit on writing.",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
    )

    total_bytes_burst = Size(
        "iotune/total_bytes_sec_max",
        "Burst, bytes/s",
        "For a moment, above the limit of bytes.",
        unit="b",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
        unless=lambda view: _burst_of(view, "total_bytes"),
    )
    total_iops_burst = Number(
        "iotune/total_iops_sec_max",
        "Burst, operations/s",
        "For a moment, above the limit of operations.",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
        unless=lambda view: _burst_of(view, "total_iops"),
    )
    read_bytes_burst = Size(
        "iotune/read_bytes_sec_max",
        "Read burst, bytes/s",
        "For a moment, above the limit of bytes.",
        unit="b",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
        unless=lambda view: _burst_of(view, "read_bytes"),
    )
    read_iops_burst = Number(
        "iotune/read_iops_sec_max",
        "Read burst, operations/s",
        "For a moment, above the limit of operations.",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
        unless=lambda view: _burst_of(view, "read_iops"),
    )
    write_bytes_burst = Size(
        "iotune/write_bytes_sec_max",
        "Write burst, bytes/s",
        "For a moment, above the limit of bytes.",
        unit="b",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
        unless=lambda view: _burst_of(view, "write_bytes"),
    )
    write_iops_burst = Number(
        "iotune/write_iops_sec_max",
        "Write burst, operations/s",
        "For a moment, above the limit of operations.",
        nothing=0,
        live=Call.SET_BLOCK_IO_TUNE,
        unless=lambda view: _burst_of(view, "write_iops"),
    )
    size_iops = Size(
        "iotune/size_iops_sec",
        "Size of an operation",
        "A larger request counts as several.",
        unit="b",
        nothing=0,
        unless=_counted,
        live=Call.SET_BLOCK_IO_TUNE,
    )
    limit_group = Text(
        "iotune/group_name",
        "Limit group",
        "Disks of one group share the limits.",
        unless=lambda view: "" if any(view.iotune.values()) else "there are no limits",
    )
    rotation_rate = Number(
        "target/@rotation_rate",
        "Rotation rate",
        "What the guest takes it for: 1 is a solid-state disk, else revolutions a minute.",
        least=1,
        most=65534,
        unless=_mechanical,
    )
    vendor = Text(
        "vendor",
        "Vendor",
        "What the guest sees as the maker; up to 8 characters.",
        pattern=r"[ -~]{1,8}",
        expected="up to 8 characters",
        unless=lambda view: "" if view.bus == "scsi" else "only on SCSI",
    )
    product = Text(
        "product",
        "Product",
        "What the guest sees as the product; up to 16 characters.",
        pattern=r"[ -~]{1,16}",
        expected="up to 16 characters",
        unless=lambda view: "" if view.bus == "scsi" else "only on SCSI",
    )
    transient = Switch(
        "transient",
        "Transient",
        "What the guest writes is gone when it ends.",
        presence=True,
        unless=_data_only,
    )
    snapshot = Choice(
        "@snapshot",
        "Snapshots",
        "What a snapshot of the machine does with it.",
        values={"internal": "in the image", "external": "a new overlay", "no": "leaves it out"},
        unless=_data_only,
    )
    raw_io = Choice(
        "@rawio",
        "Raw SCSI",
        "Lets the guest send any SCSI command; for LUNs.",
        values=("yes", "no"),
        unless=lambda view: "" if view.device == "lun" else "only for LUNs",
    )
    logical_block = Number(
        "blockio/@logical_block_size",
        "Logical block",
        "What the guest sees as the smallest block.",
        least=512,
        unit="bytes",
    )
    physical_block = Number(
        "blockio/@physical_block_size",
        "Physical block",
        "What the guest sees as the best block.",
        least=512,
        unit="bytes",
    )
    encryption = Text("source/encryption/@format", "Encryption", "Of the image.", shown_only=True)

    @property
    def identity(self) -> str:
        """The target."""
        return self.target

    @property
    def likeness(self) -> str:
        """The source; the kind for an empty drive."""
        return self.source or self.device

    @property
    def label(self) -> str:
        """``Disk vda``, ``CD-ROM sda``."""
        kind = {"cdrom": "CD-ROM", "floppy": "Floppy", "lun": "LUN"}.get(self.device, "Disk")
        return f"{kind} {self.target}".rstrip() + self._number

    @property
    def summary(self) -> str:
        """Bus, format, source."""
        return " ".join(part for part in (self.bus, self.format, self.source or "empty") if part)

    @property
    def backing_chain(self) -> tuple[str, ...]:
        """Sources below the active layer, nearest first (live documents only)."""
        found = []
        layer = self.element.find("backingStore")
        while layer is not None:
            source = layer.find("source")
            if source is not None:
                where = (source.get(name) for name in ("file", "dev", "volume", "name"))
                found.append(next(filter(None, where), ""))
            layer = layer.find("backingStore")
        return tuple(filter(None, found))

    @property
    def iotune(self) -> dict[str, int]:
        """Every limit of ``<iotune>`` by libvirt's name; what is not there is zero."""
        holder = place("iotune").find(self.element)
        found = {
            fields_of(Disk)[name].path.rpartition("/")[2]: 0
            for name, field in fields_of(Disk).items()
            if field.live is Call.SET_BLOCK_IO_TUNE
        }
        for limit in () if holder is None else holder:
            text = (limit.text or "").strip()
            if isinstance(limit.tag, str) and text.isdigit():
                found[limit.tag] = int(text)
        return found

    def why_not_hotplug(self) -> str:
        """By bus and kind."""
        if self.device in ("cdrom", "floppy"):
            return f"a {self.device} drive cannot be plugged into a running machine"
        if self.bus not in ("virtio", "scsi", "usb"):
            return f"disks on {self.bus or 'this bus'} cannot be plugged into a running machine"
        return ""
