"""A libvirtd of one's own, which a test may kill without touching the machine's."""

import os
import signal
from functools import partial
from pathlib import Path

from tests.closing import Closing
from tests.lab.commands import LabError, as_root, poll, run, spawn
from tests.lab.host import LabHost
from tests.lab.workspace import Workspace

_NAMESPACE_SCRIPT = Path(__file__).with_name("namespace.sh")

_LIBVIRTD_CONF = """\
auth_unix_ro = "none"
auth_unix_rw = "none"
# The directory above the socket is closed to everyone else.
unix_sock_rw_perms = "0777"
host_uuid = "{host_uuid}"
"""

# QEMU runs as root because libvirtd probes /dev/kvm as root: where QEMU's own user may
# not open it, libvirtd probes QEMU anew dozens of times before each start.
_QEMU_CONF = """\
user = "root"
group = "root"
security_driver = "none"
namespaces = []
remember_owner = 0
"""


class IsolatedDaemon(LabHost, Closing):
    """libvirtd, virtlogd and guests in mount, network and process namespaces of their own.

    Nothing in it sees the machine's libvirt, and the machine sees nothing but a
    socket. The guests survive the death of libvirtd, as they do in real life.
    When the process that made it ends, in whatever way, all of it ends.
    """

    def __init__(self, workspace: Workspace, number: int) -> None:
        directory = workspace.private / str(number)
        socket = directory / "run" / "libvirt" / "libvirt-sock"
        super().__init__(f"qemu+unix:///system?socket={socket}", workspace)
        self._pid_file = directory / "run" / "libvirtd.pid"
        _furnish(directory, number)
        self._first_process = spawn(
            as_root(
                *("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"),
                *("sh", str(_NAMESPACE_SCRIPT), str(directory)),
            )
        )
        assert self._first_process.stdout is not None
        self._pid = self._first_process.stdout.readline().strip()
        if not self._pid:
            self.close()
            raise LabError("no namespaces of our own for a libvirtd: this needs root, or sudo")
        try:
            self.start()
        except LabError:
            self.close()
            raise

    def start(self, *options: str, **environment: str) -> None:
        """Start libvirtd and wait until it answers."""
        settings = [f"{name}={value}" for name, value in environment.items()]
        self._inside(
            "env", *settings, "libvirtd", "--daemon", "--pid-file", "/run/libvirtd.pid", *options
        )
        self.virsh("uri")

    @property
    def pid(self) -> str:
        """The first process of its namespaces, as the machine numbers it."""
        return self._pid

    def kill(self) -> None:
        """Kill libvirtd with SIGKILL; its guests go on. Returns when it is gone."""
        pid = self._daemon_pid()
        self._send(signal.SIGKILL)
        poll(partial(self._is_gone, pid), "libvirtd is gone", timeout=10)

    def stop_signal(self) -> None:
        """Stop libvirtd with SIGSTOP: connections stay open and nothing answers."""
        self._send(signal.SIGSTOP)

    def continue_signal(self) -> None:
        """Let a stopped libvirtd go on, with SIGCONT."""
        self._send(signal.SIGCONT)

    def restart(self) -> None:
        """Kill libvirtd, if it runs, and start it again."""
        if not self._is_gone(self._daemon_pid()):
            self.kill()
        self.start()

    def close(self) -> None:
        """End libvirtd, the guests and the namespaces."""
        self._first_process.communicate(timeout=30)

    def _inside(self, *command: str) -> str:
        return run(as_root("nsenter", "--target", self._pid, "-m", "-n", "-p", "--", *command))

    def _daemon_pid(self) -> str:
        return self._inside("cat", "/run/libvirtd.pid").strip()

    def _send(self, number: signal.Signals) -> None:
        self._inside("kill", f"-{number.value}", self._daemon_pid())

    def _is_gone(self, pid: str) -> bool:
        try:
            self._inside("kill", "-0", pid)
        except LabError:
            return True
        return False


def _furnish(directory: Path, number: int) -> None:
    """Make the folders that stand for the machine's in the new namespaces."""
    for name in ("run/lock", "etc", "lib", "cache", "log"):
        (directory / name).mkdir(parents=True)
    host_uuid = f"76697274-7479-4000-8000-{os.getpid():08x}{number:04x}"
    (directory / "etc" / "libvirtd.conf").write_text(_LIBVIRTD_CONF.format(host_uuid=host_uuid))
    (directory / "etc" / "qemu.conf").write_text(_QEMU_CONF)
