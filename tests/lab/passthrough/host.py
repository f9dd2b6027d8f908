"""A host with an IOMMU and SR-IOV network cards, on a machine that has neither."""

import itertools
import re
import shutil
import subprocess
import time
from functools import cached_property
from pathlib import Path

from tests.closing import Closing
from tests.lab.commands import LabError, poll, run
from tests.lab.passthrough import hardware
from tests.lab.passthrough.guest import PassthroughGuest, domain
from tests.lab.passthrough.image import image
from tests.lab.passthrough.qmp import Monitor
from tests.lab.workspace import Workspace, remove_leftover_directories

_SSH = 22
_LIBVIRT = 16509
_FORWARD = re.compile(r"TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)")


class PassthroughHost(Closing):
    """A Debian with a libvirtd that does passthrough for real, emulated from end to end.

    Every start is pristine. `hardware` tells what is in it. It ends with the
    thread that made it, in whatever way that ends.

    vfs: how many virtual functions both physical functions have from the start.
    """

    def __init__(self, *, vfs: int = 4, memory_mib: int = 1536, cpus: int = 2) -> None:
        made = image()
        remove_leftover_directories()
        self._workspace = Workspace()
        self._guest_ports = itertools.count(5000)
        self._directory = self._workspace.private
        self._key = self._directory / "key"
        try:
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._key)])
            public = self._key.with_suffix(".pub").read_text().split()[1]
            options = hardware.options(
                made,
                self._directory,
                f"lab.vfs={vfs} lab.key={public}",
                memory_mib=memory_mib,
                cpus=cpus,
            )
            self._process = self._start(made.tree.qemu(*options))
        except BaseException:
            self._workspace.remove()
            raise
        try:
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise

    @property
    def uri(self) -> str:
        """The libvirt URI: no authentication, on loopback."""
        return f"qemu+tcp://127.0.0.1:{self._ports[_LIBVIRT]}/system"

    @property
    def ssh_uri(self) -> str:
        """The same libvirt, reached by signing in over SSH."""
        where = f"root@127.0.0.1:{self.ssh_port}"
        return f"qemu+ssh://{where}/system?command={self.ssh_command}"

    @property
    def ssh_port(self) -> int:
        """Where its sshd listens on loopback; root signs in with the key of `ssh_command`."""
        return self._ports[_SSH]

    @cached_property
    def ssh_command(self) -> Path:
        """An ssh that has the key to this host and no other configuration."""
        script = self._directory / "ssh"
        script.write_text(
            f"#!/bin/sh\nexec ssh -F none -i '{self._key}' -o IdentitiesOnly=yes -o LogLevel=ERROR"
            " -o StrictHostKeyChecking=accept-new"
            f" -o UserKnownHostsFile='{self._directory}/known_hosts' \"$@\"\n"
        )
        script.chmod(0o700)
        return script

    @property
    def is_alive(self) -> bool:
        """Whether its emulator runs."""
        return self._process.poll() is None

    @property
    def status(self) -> int | None:
        """How its emulator ended; negative for a signal, None while it runs."""
        return self._process.poll()

    @property
    def emulator_log(self) -> str:
        """What the emulator itself has said."""
        return (self._directory / "qemu.log").read_text(errors="replace").strip()

    @property
    def log(self) -> str:
        """What the host has printed on its serial console."""
        return (self._directory / "serial").read_text(errors="replace")

    def virsh(self, *arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
        """Run virsh against this host and return what it prints; LabError with its words."""
        return run(["virsh", "-q", "-c", self.uri, *arguments], stdin=stdin, timeout=timeout)

    def run(self, command: str, timeout: float = 60) -> str:
        """Run a shell command there, as root, and return its output; LabError with its words."""
        return run([*self._ssh(), "root@127.0.0.1", command], timeout=timeout)

    def set_vfs(self, interface: str, count: int) -> None:
        """Give the physical function *interface* so many virtual functions, and wait for them."""
        path = f"/sys/class/net/{interface}/device/sriov_numvfs"
        self.run(f"echo 0 >{path} && echo {count} >{path} && udevadm settle")

    def driver(self, address: str) -> str:
        """Return the driver of the PCI device at *address* ("0000:01:00.0"), or ""."""
        return self.run(f"basename $(readlink /sys/bus/pci/devices/{address}/driver) ''").strip()

    def plug_nic(self) -> None:
        """Put a third igb into the free port; the host sees it come after a moment."""
        driver, *properties = hardware.igb(9).split(",")
        self._qmp("device_add", driver=driver, **dict(item.split("=") for item in properties))

    def unplug_nic(self) -> None:
        """Ask the host to let go of the third igb, and wait until it has."""
        with Monitor(self._directory / "qmp") as monitor:
            monitor.execute("device_del", id="nic9")
            monitor.wait_for("DEVICE_DELETED", device="nic9")

    def guest(self, name: str, devices: str = "", *, memory_mib: int = 128) -> PassthroughGuest:
        """Define a guest with *devices*, XML that is put in as it is. It is not started."""
        port = next(self._guest_ports)
        self._define(domain(name, devices, port=port, memory_mib=memory_mib))
        return PassthroughGuest(self, name)

    def close(self) -> None:
        """End it, as if its power failed."""
        self._process.kill()
        self._process.wait(30)
        self._workspace.remove()

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        if shutil.which("setpriv") is None:
            raise LabError("setpriv is not installed; it is part of util-linux")
        with (self._directory / "qemu.log").open("wb") as log:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait_until_ready(self) -> None:
        start = time.monotonic()
        poll(self._is_ready, "the passthrough host is ready", timeout=240)
        self.boot_seconds = time.monotonic() - start

    def _is_ready(self) -> bool:
        if not self.is_alive:
            raise LabError(f"QEMU: {self.emulator_log}")
        serial = self._directory / "serial"
        return serial.exists() and re.search(r"^lab: \S+ ready", self.log, re.M) is not None

    @cached_property
    def _ports(self) -> dict[int, int]:
        """The ports of loopback that lead to the host's own."""
        text = self._qmp("human-monitor-command", **{"command-line": "info usernet"})
        return {int(inside): int(outside) for outside, inside in _FORWARD.findall(str(text))}

    def _qmp(self, command: str, **arguments: object) -> object:
        with Monitor(self._directory / "qmp") as monitor:
            return monitor.execute(command, **arguments)

    def _ssh(self) -> list[str]:
        # One sign-in for all commands: each costs a second of emulated cryptography.
        control = self._directory / "control"
        return [
            *(str(self.ssh_command), "-p", str(self.ssh_port)),
            *(
                "-o",
                "ControlMaster=auto",
                "-o",
                f"ControlPath={control}",
                "-o",
                "ControlPersist=yes",
            ),
        ]

    def _define(self, definition: str) -> None:
        file = self._directory / "domain.xml"
        file.write_text(definition)
        self.virsh("define", str(file))
