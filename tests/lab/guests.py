"""Guests of the lab: what to ask for, and what one can do."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.lab.commands import LabError, as_root, poll, run

if TYPE_CHECKING:
    from tests.lab.host import LabHost

State = Literal["running", "paused", "shutoff", "saved", "crashed"]

READY = "virtty-lab ready"


@dataclass(frozen=True, kw_only=True)
class GuestSpec:
    """A guest to make.

    name: without the lab's prefix, unique within a run.
    state: where it is left. "crashed" boots Linux and lets it panic.
    memory_mib: 16 is enough without a kernel, a Linux that runs wants 128.
    max_vcpus: how many it can have while it runs; None for as many as it has.
    kernel: boot the lab's Linux, with a root shell on the serial console.
    disk: an empty qcow2 image of 64 MiB, or "missing": the image is not there
        and the guest cannot start.
    network: a virtio interface on the lab's own network, which has DHCP.
    persistent: False makes a transient domain, which needs a state that runs.
    quiet: False has the kernel print all it does.
    serial: False leaves the serial console out.
    agent: QEMU's guest agent runs in it, and the disk has a file system, mounted at /mnt,
        which can be frozen (needs the kernel).
    boot_menu: the firmware offers its menu, for a minute.
    devices: XML of further devices, put in as it is.
    """

    name: str
    state: State = "running"
    memory_mib: int = 128
    vcpus: int = 1
    max_vcpus: int | None = None
    kernel: bool = True
    disk: bool | Literal["missing"] = False
    network: bool = False
    persistent: bool = True
    agent: bool = False
    quiet: bool = True
    serial: bool = True
    boot_menu: bool = False
    devices: str = ""


@dataclass(frozen=True)
class Guest:
    """A domain that the lab has made, spoken to by virsh, from outside the program."""

    host: "LabHost" = field(repr=False)
    name: str
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))

    def virsh(self, command: str, *arguments: str) -> str:
        """Run `virsh COMMAND <this guest> ARGUMENTS…` and return what it prints.

        Raises LabError with virsh's words.
        """
        return self.host.virsh(command, self.uuid, *arguments)

    @property
    def state(self) -> str:
        """virsh's word for the state, such as "running", "shut off" or "paused"."""
        return self.virsh("domstate").strip()

    def exists(self) -> bool:
        """Tell whether libvirtd still knows the guest."""
        return self.uuid in self.host.virsh("list", "--all", "--uuid").split()

    def wait_for_state(self, state: str, timeout: float = 30) -> None:
        """Wait until virsh calls the state *state*; LabError after *timeout* seconds."""
        poll(lambda: self.state == state, f"{self.name} is {state}", timeout=timeout)

    @property
    def output(self) -> str:
        """Everything that the serial console has printed since the last start."""
        path = self.console_log
        try:
            return path.read_text(errors="replace")
        except PermissionError:
            return run(as_root("cat", str(path)))
        except FileNotFoundError:
            return ""

    @property
    def console_log(self) -> Path:
        """The file that keeps what the serial console prints."""
        return self.host.workspace.path / f"{self.name}.console"

    def wait_for_output(self, text: str = READY, timeout: float = 180) -> None:
        """Wait until *text* was printed on the console, by default the end of the boot."""
        poll(lambda: text in self.output, f"{self.name} prints {text!r}", timeout=timeout)

    def remove(self) -> None:
        """Force the guest off and make libvirtd forget everything about it."""
        remove_domain(self.host, self.uuid)


def remove_domain(host: "LabHost", domain: str) -> None:
    """Force off and undefine *domain* (name or UUID); nothing happens if it is not there.

    A transient domain vanishes with the first step and a stopped one needs only
    the second, so each step may fail; what counts is that nothing is left.
    """
    reasons = []
    for command in (
        ("destroy",),
        ("undefine", "--managed-save", "--snapshots-metadata", "--checkpoints-metadata", "--nvram"),
    ):
        try:
            host.virsh(command[0], domain, *command[1:])
        except LabError as error:
            reasons.append(str(error))
    left = (
        host.virsh("list", "--all", "--uuid").split()
        + host.virsh("list", "--all", "--name").splitlines()
    )
    if domain in left:
        raise LabError("; ".join(reasons))
