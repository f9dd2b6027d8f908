"""What the measures share: hosts made when first needed, virtty on a terminal, references."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache, cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import libvirt

from tests.benchmarks import inventory
from tests.benchmarks.boot_sector import write_boot_sector
from tests.benchmarks.link import Link
from tests.benchmarks.proxy import Proxy
from tests.benchmarks.terminal import Terminal
from tests.lab import Guest, GuestSpec, IsolatedDaemon
from tests.lab.workspace import Workspace, remove_leftover_directories

_ROOT = Path(__file__).parents[2]
RUNNING = 50
"""Running guests on the real host."""


class Stage:
    """Everything of one run of the benchmarks; `close` ends and removes all of it."""

    def __init__(self, quick: bool = False) -> None:
        self.quick = quick
        self._ends = ExitStack()
        directory = self._ends.enter_context(tempfile.TemporaryDirectory(prefix="virtty-bench-"))
        self.directory = Path(directory)
        self._runs = 0

    def repeat(self, full: int, quick: int) -> int:
        """How often something is done."""
        return quick if self.quick else full

    # -- hosts --------------------------------------------------------------------------

    @cache  # noqa: B019 - a stage lives as long as the run
    def test_driver(self, count: int) -> str:
        """URI of a test:// host with so many machines."""
        return inventory.test_driver_file(self.directory / f"{count}.xml", count)

    @cached_property
    def _workspace(self) -> Workspace:
        remove_leftover_directories()
        workspace = Workspace()
        self._ends.callback(workspace.remove)
        return workspace

    @cached_property
    def defined_host(self) -> str:
        """URI of a real libvirtd with 1000 machines defined, none running."""
        daemon = self._ends.enter_context(IsolatedDaemon(self._workspace, 1))
        connection = libvirt.open(daemon.uri)
        for number in range(1000):
            connection.defineXML(inventory.diskless(number))
        connection.close()
        return daemon.uri

    @cache  # noqa: B019 - a stage lives as long as the run
    def host_with(self, count: int) -> str:
        """URI of a real libvirtd with so many machines defined, none running."""
        daemon = self._ends.enter_context(IsolatedDaemon(self._workspace, 100 + count))
        connection = libvirt.open(daemon.uri)
        for number in range(count):
            connection.defineXML(inventory.diskless(number))
        connection.close()
        return daemon.uri

    @cached_property
    def running_host(self) -> str:
        """URI of a real libvirtd with 50 running guests whose usage changes each second."""
        daemon = self._ends.enter_context(IsolatedDaemon(self._workspace, 2))
        for number in range(RUNNING):
            image = write_boot_sector(self._workspace.path / f"restless-{number}.img")
            connection = libvirt.open(daemon.uri)
            connection.defineXML(inventory.restless(number, image)).create()
            connection.close()
        return daemon.uri

    @cached_property
    def talker(self) -> Guest:
        """A running Linux with a shell on its serial console, alone on a real libvirtd."""
        daemon = self._ends.enter_context(IsolatedDaemon(self._workspace, 3))
        guest = daemon.guest(GuestSpec(name="talker"))
        guest.wait_for_output()
        return guest

    def proxy(self, uri: str, round_trip: float = 0.0, *, multiply_events: bool = False) -> Proxy:
        """A proxy in front of a host; use it in a `with`."""
        return Proxy(uri, self.directory, round_trip, multiply_events=multiply_events)

    # -- programs -----------------------------------------------------------------------

    def virtty(
        self, *arguments: str, columns: int = 160, rows: int = 45, link: Link | None = None
    ) -> Terminal:
        """The installed virtty, with settings and memory of its own."""
        command = [str(Path(sys.executable).with_name("virtty")), *arguments]
        return Terminal(command, columns=columns, rows=rows, env=self._environment(), link=link)

    def empty_app(self) -> Terminal:
        """The reference program."""
        return self.program(sys.executable, str(Path(__file__).with_name("empty_app.py")))

    def painting_app(self, period: float) -> Terminal:
        """The program that replaces forty rows every so many seconds, and does nothing else."""
        app = Path(__file__).with_name("painting_app.py")
        return self.program(sys.executable, str(app), str(period))

    def program(self, *command: str) -> Terminal:
        """Another program on a terminal like virtty's."""
        return Terminal(command, env={**self._environment(), "PYTHONPATH": str(_ROOT)})

    def client(self, *arguments: str) -> dict[str, Any]:
        """Run a bare client to its end and return what it says."""
        done = subprocess.run(
            _client(arguments), cwd=_ROOT, check=True, capture_output=True, text=True
        )
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def client_process(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a bare client; it ends when its standard input is closed."""
        return subprocess.Popen(
            _client(arguments),
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _environment(self) -> dict[str, str]:
        self._runs += 1
        home = self.directory / f"home-{self._runs}"
        keep = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("TEXTUAL", "LIBVIRT", "XDG_")) and key != "NO_COLOR"
        }
        places = {
            f"XDG_{kind}_HOME": str(home / kind.lower())
            for kind in ("CONFIG", "STATE", "CACHE", "DATA")
        }
        return {
            **keep, **places, "TERM": "xterm-256color", "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
        }  # fmt: skip

    def close(self) -> None:
        """End everything that this run has started."""
        self._ends.close()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _client(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.client", *arguments]
