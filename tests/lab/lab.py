"""The lab: one libvirtd for everybody, isolated ones for those who want to break them."""

import itertools
from typing import Any

from tests.closing import Closing
from tests.lab.commands import LabError, run
from tests.lab.daemon import IsolatedDaemon
from tests.lab.guests import Guest, GuestSpec
from tests.lab.host import LabHost
from tests.lab.workspace import Workspace, remove_leftover_directories

_SYSTEM = "qemu:///system"


class Lab(Closing):
    """A hypervisor with guests.

    The machine's own libvirtd where one answers; it is never stopped or
    configured, and only domains and networks with this run's prefix are made on
    it. Elsewhere an isolated one. `close()` removes all that was made.
    """

    def __init__(self) -> None:
        remove_leftover_directories()
        self._workspace = Workspace()
        self._numbers = itertools.count(1)
        self._isolated: list[IsolatedDaemon] = []
        try:
            self.host = self._machine_host() or self.isolated_daemon()
        except BaseException:
            self._workspace.remove()
            raise

    @property
    def uri(self) -> str:
        """The libvirt URI of the lab's hypervisor."""
        return self.host.uri

    def virsh(self, *arguments: str, timeout: float = 60) -> str:
        """Run virsh against the lab's hypervisor; LabError with its words."""
        return self.host.virsh(*arguments, timeout=timeout)

    def guest(self, name: str, **options: Any) -> Guest:
        """Make a guest; the options are those of GuestSpec."""
        return self.host.guest(GuestSpec(name=name, **options))

    def guests(self, *specs: GuestSpec) -> list[Guest]:
        """Make several guests side by side."""
        return self.host.guests(*specs)

    def isolated_daemon(self) -> IsolatedDaemon:
        """Start another libvirtd, with nothing in it; ends with the lab at the latest."""
        daemon = IsolatedDaemon(self._workspace, next(self._numbers))
        self._isolated.append(daemon)
        return daemon

    def close(self) -> None:
        """Remove everything that this lab has made."""
        if self.host not in self._isolated:
            self.host.remove_guests()
        for daemon in self._isolated:
            daemon.close()
        self._workspace.remove()

    def _machine_host(self) -> LabHost | None:
        try:
            run(["virsh", "-q", "-c", _SYSTEM, "uri"], timeout=15)
        except LabError:
            return None
        host = LabHost(_SYSTEM, self._workspace)
        host.remove_leftovers()
        return host
