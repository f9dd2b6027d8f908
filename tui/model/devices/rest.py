"""Devices with few fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tui.model import told
from tui.model.fields import Choice, HostPath, Option, Switch, Text
from tui.model.lists import Items
from tui.model.quantities import Number
from tui.model.views import Device, View


class Filesystem(Device):
    """``<filesystem>``: a directory of the host seen in the guest."""

    tag = "filesystem"
    title = "Filesystem"

    driver = Choice(
        "driver/@type",
        "Driver",
        "virtiofs is faster, and needs shared memory.",
        values={"virtiofs": "memory backing must be shared", "path": "9p"},
        told=told.enum("devices/filesystem", "driverType"),
        default="9p",
    )
    source = HostPath("source/@dir", "Directory", "On the host.", required=True)
    target = Text("target/@dir", "Tag", "What the guest mounts.", required=True)
    access_mode = Choice(
        "@accessmode",
        "Access mode",
        "Whose rights count.",
        values=("passthrough", "mapped", "squash"),
        unless=lambda view: "virtiofs passes them through" if view.driver == "virtiofs" else "",
    )
    type = Choice("@type", "Kind", "mount, template, file, block, ram, bind.", shown_only=True)
    readonly = Switch("readonly", "Read-only", "The guest cannot write.", presence=True)
    queue = Number(
        "driver/@queue",
        "Queue size",
        "Requests under way.",
        least=1,
        unless=lambda view: "" if view.driver == "virtiofs" else "only for virtiofs",
    )
    cache = Choice(
        "binary/cache/@mode",
        "Cache",
        "What virtiofsd keeps in memory.",
        values=("none", "always"),
        unless=lambda view: "" if view.driver == "virtiofs" else "only for virtiofs",
    )
    xattr = Choice(
        "binary/@xattr",
        "Extended attributes",
        "Whether the guest can use them.",
        values=("on", "off"),
        unless=lambda view: "" if view.driver == "virtiofs" else "only for virtiofs",
    )
    binary = HostPath(
        "binary/@path",
        "Program",
        "The virtiofsd that serves it.",
        unless=lambda view: "" if view.driver == "virtiofs" else "only for virtiofs",
    )
    users = Items(
        "idmap/uid/@start",
        "Mapped users",
        "First user numbers of the guest that are mapped; edit the ranges as XML.",
        pattern=r"\d+",
        expected="numbers",
        shown_only=True,
    )
    multidevs = Choice(
        "@multidevs",
        "Several devices",
        "What 9p does when the directory spans file systems of the host.",
        values=("remap", "forbid", "warn"),
        unless=lambda view: "" if view.driver != "virtiofs" else "only for 9p",
    )

    @property
    def needs_shared_memory(self) -> bool:
        """virtiofsd looks into the guest's memory."""
        return self.driver == "virtiofs"

    @property
    def identity(self) -> str:
        """The tag."""
        return self.target

    @property
    def likeness(self) -> str:
        """The directory."""
        return self.source

    @property
    def summary(self) -> str:
        """Driver and directory."""
        return f"{self.driver or '9p'} {self.source}"

    def why_not_hotplug(self) -> str:
        """Only virtiofs can be plugged into a running machine."""
        return "" if self.driver == "virtiofs" else "only virtiofs can be plugged"


class Tpm(Device):
    """``<tpm>``."""

    tag = "tpm"
    title = "TPM"

    model = Choice(
        "@model",
        "Model",
        "What the guest sees.",
        values=("tpm-crb", "tpm-tis", "tpm-spapr"),
        told=told.enum("devices/tpm", "model"),
    )
    backend = Choice(
        "backend/@type",
        "Backend",
        "emulator is swtpm; passthrough the host's own.",
        values=("emulator", "passthrough"),
        told=told.enum("devices/tpm", "backendModel"),
        default=None,
    )
    version = Choice(
        "backend/@version",
        "Version",
        "Of the specification.",
        values=("2.0", "1.2"),
        told=told.enum("devices/tpm", "backendVersion"),
        unless=lambda view: "" if view.backend == "emulator" else "the host's TPM has its own",
    )
    path = Text(
        "backend/device/@path",
        "Device",
        "Of the host.",
        unless=lambda view: "" if view.backend == "passthrough" else "only for passthrough",
    )

    persistent = Choice(
        "backend/@persistent_state",
        "Keep its state",
        "For machines without a stored definition.",
        values=("yes", "no"),
        unless=lambda view: "" if view.backend == "emulator" else "the host's TPM keeps its own",
    )
    encryption = Text(
        "backend/encryption/@secret", "Encryption", "The secret of its state.", shown_only=True
    )

    @property
    def summary(self) -> str:
        """Backend, version."""
        return " ".join(part for part in (self.backend, self.version, self.model) if part)


EGD = {"egd": "it needs a socket: add it as XML"}


class Rng(Device):
    """``<rng>``."""

    tag = "rng"
    title = "Random numbers"

    model = Choice(
        "@model",
        "Model",
        "What the guest sees.",
        values=("virtio", "virtio-transitional", "virtio-non-transitional"),
        told=told.enum("devices/rng", "model"),
        default=None,
    )
    backend = Choice(
        "backend/@model",
        "Backend",
        "Where they come from.",
        values=("random", "builtin", "egd"),
        told=told.enum("devices/rng", "backendModel", refused=EGD),
        default=None,
        also=lambda view: _backend_changed(view),
    )
    source = HostPath(
        "backend",
        "Device",
        "Of the host: /dev/urandom.",
        required=True,
        unless=lambda view: "" if view.backend == "random" else "only for the random backend",
    )
    rate_bytes = Number("rate/@bytes", "Bytes per period", "Limit.", least=1, unit="bytes")
    rate_period = Number(
        "rate/@period",
        "Period",
        "Of the limit.",
        least=1,
        unit="ms",
        unless=lambda view: "" if view.rate_bytes else "there is no limit",
    )

    @property
    def summary(self) -> str:
        """Backend and its source."""
        return f"{self.backend} {self.source}".strip()

    def why_not_hotplug(self) -> str:
        """Nothing: they can be plugged into a running machine."""
        return ""


def _backend_changed(view: Rng) -> None:
    """Only the random backend names a device, and has to."""
    if view.backend != "random":
        view.set("backend", "")
    elif not view.source:
        view.set("backend", "/dev/urandom")


WATCHDOGS = {"i6300esb": "", "ib700": "x86", "itco": "x86", "diag288": "s390x"}
"""Models, and the architecture that alone has one."""
PANICS = {"isa": "x86", "pvpanic": "", "hyperv": "x86", "pseries": "ppc64", "s390": "s390x"}


class Watchdog(Device):
    """``<watchdog>``."""

    tag = "watchdog"
    title = "Watchdog"

    model = Choice(
        "@model",
        "Model",
        "What the guest sees.",
        values={"itco": "on the board of Q35; since libvirt 9.1"},
        told=told.by_arch(WATCHDOGS),
        default=None,
        also=lambda view: view.forget_address(),
    )
    action = Choice(
        "@action",
        "Action",
        "When the guest has stopped feeding it.",
        values={
            "reset": "starts the guest anew",
            "shutdown": "asks it to power off",
            "poweroff": "pulls the plug",
            "pause": "stops it for a look",
            "dump": "dumps its memory",
            "inject-nmi": "sends it an NMI",
            "none": "nothing",
        },
    )

    @property
    def summary(self) -> str:
        """Model and action."""
        return " ".join(part for part in (self.model, self.action) if part)

    def why_not_hotplug(self) -> str:
        """Only a PCI card can be plugged into a running machine."""
        return "" if self.model == "i6300esb" else f"{self.model} is on ISA or the board"


class Vsock(Device):
    """``<vsock>``."""

    tag = "vsock"
    title = "VSOCK"

    model = Choice(
        "@model",
        "Model",
        "What the guest sees.",
        values=("virtio", "virtio-transitional", "virtio-non-transitional"),
        also=lambda view: view.forget_address(),
    )
    auto = Choice(
        "cid/@auto", "CID by itself", "libvirt picks a free address.", values=("yes", "no")
    )
    cid = Number(
        "cid/@address",
        "CID",
        "The guest's address.",
        volatile=True,
        least=3,
        most=4294967295,
        unless=lambda view: "libvirt picks it" if view.auto == "yes" else "",
    )

    @property
    def summary(self) -> str:
        """Its address."""
        return f"CID {self.cid}" if self.cid is not None else "CID by itself"

    def why_not_hotplug(self) -> str:
        """Nothing: they can be plugged into a running machine."""
        return ""


class Balloon(Device):
    """``<memballoon>``."""

    tag = "memballoon"
    title = "Memory balloon"

    model = Choice(
        "@model",
        "Model",
        "none means that memory cannot change while it runs.",
        values=("virtio", "virtio-transitional", "virtio-non-transitional", "none"),
        default=None,
    )
    autodeflate = Choice(
        "@autodeflate",
        "Deflate when short",
        "Gives memory back before the guest kills processes.",
        values=("on", "off"),
    )
    free_page_reporting = Choice(
        "@freePageReporting",
        "Report free pages",
        "The guest gives unused pages back to the host.",
        values=("on", "off"),
    )
    period = Number(
        "stats/@period",
        "Statistics every",
        "How often the guest tells of its memory.",
        least=1,
        unit="s",
    )

    @property
    def summary(self) -> str:
        """Its model."""
        return self.model


class Panic(Device):
    """``<panic>``."""

    tag = "panic"
    title = "Panic notifier"

    model = Choice(
        "@model",
        "Model",
        "How the guest tells that it has crashed.",
        values={"pvpanic": "on PCI; since libvirt 9.1"},
        told=told.enum("devices/panic", "model", otherwise=told.by_arch(PANICS)),
    )

    @property
    def summary(self) -> str:
        """Its model."""
        return self.model


class Smartcard(Device):
    """``<smartcard>``."""

    tag = "smartcard"
    title = "Smart card"

    mode = Choice(
        "@mode",
        "Mode",
        "Whose reader it is.",
        values=("host", "host-certificates", "passthrough"),
        default=None,
        shown_only=True,
    )

    type = Choice(
        "@type",
        "Backend",
        "Where the reader is.",
        values=("spicevmc", "tcp", "unix"),
        shown_only=True,
    )

    @property
    def summary(self) -> str:
        """Its mode."""
        return self.mode


PORTS = ("pcie-root-port", "pcie-switch-downstream-port", "pci-root")
CONTROLLER_MODELS = {
    "usb": ("qemu-xhci", "nec-xhci", "ich9-ehci1", "piix3-uhci", "none"),
    "scsi": ("virtio-scsi", "lsilogic", "lsisas1068", "vmpvscsi"),
}
"""By kind of controller; libvirt chooses the others'."""


def _models(view: View) -> Sequence[Option]:
    """Those of its kind, and the one that it has."""
    names = (*CONTROLLER_MODELS.get(view.get("@type"), ()), view.get("@model"))
    return [Option(name, name) for name in dict.fromkeys(names) if name]


def _virtio_scsi_only(view: Any) -> str:
    return "" if view.model == "virtio-scsi" else "only for virtio-scsi"


class Controller(Device):
    """``<controller>``."""

    tag = "controller"
    title = "Controller"

    type = Text("@type", "Kind", "Such as usb, scsi, pci, virtio-serial.", shown_only=True)
    index = Number("@index", "Index", "What devices refer to.", shown_only=True)
    model = Choice(
        "@model",
        "Model",
        "What the guest sees.",
        told=lambda view, _surroundings: _models(view),
        unless=lambda view: "" if view.type in ("usb", "scsi") else "libvirt chooses it",
        also=lambda view: view.forget_address(),
    )
    ports = Number(
        "@ports",
        "Ports",
        "How many.",
        least=1,
        unless=lambda view: "" if view.type in ("usb", "virtio-serial") else "not for this kind",
    )
    queues = Number(
        "driver/@queues",
        "Queues",
        "As many as vCPUs is usual.",
        least=1,
        unless=_virtio_scsi_only,
    )
    iothread = Number(
        "driver/@iothread",
        "I/O thread",
        "Which of the machine's I/O threads serves it.",
        least=1,
        unless=_virtio_scsi_only,
    )

    vectors = Number(
        "@vectors",
        "Vectors",
        "Interrupts of its own.",
        unless=lambda view: "" if view.type == "virtio-serial" else "not for this kind",
    )
    commands = Number(
        "driver/@cmd_per_lun",
        "Commands per disk",
        "Requests under way for each of its disks.",
        least=1,
        unless=_virtio_scsi_only,
    )
    hotplug = Choice(
        "target/@hotplug",
        "Hot-plug",
        "Whether devices behind it come and go while the machine runs.",
        values=("on", "off"),
        unless=lambda view: "" if view.model in PORTS else "only for ports that take devices",
    )
    chassis = Number("target/@chassis", "Chassis", "Number of the slot.", shown_only=True)
    port = Text("target/@port", "Port", "Number at its parent.", shown_only=True)

    @property
    def removable(self) -> bool:
        """The roots of the machine stay."""
        return self.model not in ("pcie-root", "pci-root")

    @property
    def identity(self) -> str:
        """Kind, index and, for companions of one index, model."""
        return f"{self.type} {self.index if self.index is not None else ''} {self.model}".strip()

    @property
    def likeness(self) -> str:
        """Kind and index."""
        return f"{self.type} {self.index}"

    @property
    def label(self) -> str:
        """``Controller usb 0``."""
        index = self.index if self.index is not None else ""
        return f"Controller {self.type} {index}".rstrip() + self._number

    @property
    def summary(self) -> str:
        """Its model."""
        return self.model

    def why_not_hotplug(self) -> str:
        """Only SCSI controllers can be plugged into a running machine."""
        return "" if self.type == "scsi" else f"{self.type} controllers cannot be plugged"
