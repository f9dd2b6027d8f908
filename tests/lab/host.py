"""A libvirtd on which the lab makes guests."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.lab import definitions
from tests.lab.commands import LabError, run
from tests.lab.guests import Guest, GuestSpec, remove_domain
from tests.lab.workspace import Workspace, is_leftover

# libvirtd starts domains side by side; more than this only makes each slower.
_AT_ONCE = 4


class LabHost:
    """The libvirtd at *uri*, and the guests of this run on it."""

    def __init__(self, uri: str, workspace: Workspace) -> None:
        self.uri = uri
        self.workspace = workspace
        self._network_lock = threading.Lock()
        self._network: str | None = None

    def virsh(self, *arguments: str, stdin: str | None = None, timeout: float = 60) -> str:
        """Run virsh against this host and return what it prints; LabError with its words."""
        return run(["virsh", "-q", "-c", self.uri, *arguments], stdin=stdin, timeout=timeout)

    def guest(self, spec: GuestSpec) -> Guest:
        """Make one guest; it is in the wanted state when this returns."""
        guest = Guest(self, f"{self.workspace.prefix}{spec.name}")
        definition = definitions.domain(
            spec,
            name=guest.name,
            uuid=guest.uuid,
            boot=self.workspace.boot_files if spec.kernel else None,
            image=self._image(spec),
            network=self._network_name() if spec.network else None,
            console_log=guest.console_log,
        )
        try:
            self._bring_up(guest, spec, definition)
        except LabError:
            guest.remove()
            raise
        return guest

    def guests(self, *specs: GuestSpec) -> list[Guest]:
        """Make several guests side by side, in the order of *specs*."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(self.guest, specs))

    def image(self, name: str, kind: str = "qcow2") -> Path:
        """Make an empty image of 64 MiB."""
        image = self.workspace.path / name
        run(["qemu-img", "create", "-q", "-f", kind, str(image), "64M"])
        return image

    def add_pool(self, name: str) -> str:
        """Make a directory pool; it goes with the workspace. Returns its name."""
        folder = self.workspace.path / name
        folder.mkdir(mode=0o755)
        self.virsh("pool-create-as", name, "dir", "--target", str(folder))
        return name

    def add_network(self, name: str, subnet: str) -> str:
        """Make one more isolated network; returns its name, which has the lab's prefix."""
        name = f"{self.workspace.prefix}{name}"
        file = self.workspace.path / f"{name}.xml"
        bridge = f"vl{os.getpid()}{name[-3:]}"
        file.write_text(definitions.network(name, bridge=bridge, subnet=subnet))
        self.virsh("net-create", str(file))
        return name

    def remove_guests(self) -> None:
        """Remove every domain and network that this run has made here."""
        self._remove(lambda name: name.startswith(self.workspace.prefix))
        self._network = None

    def remove_leftovers(self) -> None:
        """Remove what earlier runs, whose process is gone, have left here."""
        self._remove(is_leftover)

    def _bring_up(self, guest: Guest, spec: GuestSpec, definition: str) -> None:
        file = self._definition_file(guest, definition)
        if spec.persistent:
            self.virsh("define", str(file))
        match spec.state:
            case "shutoff":
                return
            case "paused":
                self._start(guest, spec, file, "--paused")
            case "running":
                self._start(guest, spec, file)
            case "saved":
                self._start(guest, spec, file)
                guest.virsh("managedsave")
            case "crashed":
                self._start(guest, spec, file)
                guest.wait_for_state("crashed", timeout=60)

    def _start(self, guest: Guest, spec: GuestSpec, file: Path, *options: str) -> None:
        if spec.persistent:
            guest.virsh("start", *options)
        else:
            self.virsh("create", str(file), *options)

    def _definition_file(self, guest: Guest, definition: str) -> Path:
        file = self.workspace.path / f"{guest.name}.xml"
        file.write_text(definition)
        return file

    def _image(self, spec: GuestSpec) -> Path | None:
        if not spec.disk:
            return None
        image = self.workspace.path / f"{spec.name}.qcow2"
        if spec.disk is True:
            run(["qemu-img", "create", "-q", "-f", "qcow2", str(image), "64M"])
        return image

    def _network_name(self) -> str:
        """Return the network of this run, made when the first guest asks for it."""
        with self._network_lock:
            if self._network is None:
                name = f"{self.workspace.prefix}net"
                file = self.workspace.path / "network.xml"
                # Two runs at once must differ in both.
                number = os.getpid()
                file.write_text(
                    definitions.network(
                        name, bridge=f"vlab{number}", subnet=f"10.231.{number % 256}"
                    )
                )
                self.virsh("net-create", str(file))
                self._network = name
            return self._network

    def _remove(self, is_ours: Callable[[str], bool]) -> None:
        domains = filter(is_ours, self.virsh("list", "--all", "--name").splitlines())
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda name: remove_domain(self, name), domains))
        for name in filter(is_ours, self.virsh("net-list", "--all", "--name").split()):
            self.virsh("net-destroy", name)
