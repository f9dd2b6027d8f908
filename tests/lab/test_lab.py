"""The lab keeps its promises: states, isolation, and nothing left behind."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Guest, GuestSpec, IsolatedDaemon, Lab, LabError
from tests.lab.commands import poll, run
from tests.lab.workspace import PREFIX, is_leftover

_SMALL: dict[str, Any] = {"memory_mib": 16, "kernel": False}


@pytest.mark.parametrize(
    ("state", "virsh_says"),
    [
        ("running", "running"),
        ("paused", "paused"),
        ("shutoff", "shut off"),
        ("saved", "shut off"),
    ],
)
def test_a_guest_is_in_the_state_that_was_asked_for(
    guest: Callable[..., Guest], state: str, virsh_says: str
) -> None:
    made = guest("state", state=state, **_SMALL)
    assert made.state == virsh_says
    saved = "Managed save:   yes" in made.virsh("dominfo")
    assert saved == (state == "saved")


def test_a_transient_guest_is_gone_when_it_stops(guest: Callable[..., Guest]) -> None:
    made = guest("brief", persistent=False, **_SMALL)
    assert "Persistent:     no" in made.virsh("dominfo")
    made.virsh("destroy")
    assert not made.exists()


def test_a_guest_with_a_missing_disk_does_not_start(guest: Callable[..., Guest]) -> None:
    made = guest("broken", state="shutoff", disk="missing", **_SMALL)
    with pytest.raises(LabError, match="No such file or directory"):
        made.virsh("start")


def test_a_linux_guest_has_console_network_agent_and_power_button(
    guest: Callable[..., Guest],
) -> None:
    made = guest("linux", network=True, agent=True, disk=True)
    made.wait_for_output()

    def agent_addresses() -> str:
        try:
            return made.virsh("domifaddr", "--source", "agent")
        except LabError:
            return ""

    lease = poll(lambda: made.virsh("domifaddr", "--source", "lease"), "a lease", timeout=30)
    address = lease.split()[-1]
    poll(lambda: address in agent_addresses(), "the agent tells the address", timeout=30)
    assert "/mnt" in made.virsh("domfsinfo")
    made.virsh("domfsfreeze")
    made.virsh("domfsthaw")
    made.virsh("shutdown", "--mode", "acpi")
    made.wait_for_state("shut off")


def test_linux_panics_and_libvirt_calls_it_crashed(guest: Callable[..., Guest]) -> None:
    assert guest("crash", state="crashed").state == "crashed"


def test_guests_survive_a_killed_daemon(isolated_daemon: IsolatedDaemon) -> None:
    guest = isolated_daemon.guest(GuestSpec(name="survivor", **_SMALL))
    before = guest.virsh("domid")
    isolated_daemon.kill()
    with pytest.raises(LabError, match="Failed to connect socket"):
        isolated_daemon.virsh("list")
    isolated_daemon.start()
    assert guest.state == "running"
    assert guest.virsh("domid") == before


def test_a_stopped_daemon_hangs_and_goes_on(isolated_daemon: IsolatedDaemon) -> None:
    isolated_daemon.stop_signal()
    with pytest.raises(LabError, match="no end after"):
        isolated_daemon.virsh("list", timeout=1)
    isolated_daemon.continue_signal()
    assert isolated_daemon.virsh("list").strip() == ""


def test_an_isolated_daemon_sees_no_other_guests(
    guest: Callable[..., Guest], isolated_daemon: IsolatedDaemon
) -> None:
    made = guest("elsewhere", state="paused", **_SMALL)
    isolated_daemon.restart()
    assert made.name not in isolated_daemon.virsh("list", "--all", "--name")
    assert made.state == "paused"


def test_closing_removes_everything(lab: Lab) -> None:
    daemon = lab.isolated_daemon()
    daemon.guest(GuestSpec(name="doomed", state="paused", **_SMALL))
    assert _processes_naming("doomed")
    daemon.close()
    poll(lambda: not _processes_naming("doomed"), "QEMU is gone", timeout=10)


def test_a_killed_run_leaves_nothing_for_long(lab: Lab) -> None:
    # On an isolated host all of it dies with its owner; on the machine's libvirtd
    # the guest stays until the next run clears it away.
    script = (
        "from tests.lab import GuestSpec, Lab\n"
        "lab = Lab()\n"
        "print(lab.guest('orphan', state='paused', memory_mib=16, kernel=False).name, flush=True)\n"
        "import signal; signal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as run_to_kill:
        assert run_to_kill.stdout is not None
        name = run_to_kill.stdout.readline().strip()
        assert name.startswith(f"{PREFIX}{run_to_kill.pid}-")
        assert not is_leftover(name)
        run_to_kill.kill()
    assert is_leftover(name)
    with Lab():
        assert name not in lab.virsh("list", "--all", "--name")
    poll(lambda: not _processes_naming(name), "QEMU is gone", timeout=10)
    assert not list(Path("/var/tmp").glob(f"{PREFIX}{run_to_kill.pid}-*"))


def test_what_is_not_the_labs_is_not_a_leftover() -> None:
    assert not is_leftover("web")
    assert not is_leftover(f"{PREFIX}web")
    assert not is_leftover(f"{PREFIX}{os.getpid()}-web")


def _processes_naming(name: str) -> list[str]:
    """Return the command lines of the QEMU processes whose guest's name ends in *name*."""
    processes = run(["ps", "-ww", "-eo", "args"]).splitlines()
    return [line for line in processes if f"{name},debug-threads" in line]
