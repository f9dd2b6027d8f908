"""What QEMU's agent in a guest does for us there."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import libvirt

from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.handles import domain_of
from tui.hypervisor.host import Host
from tui.hypervisor.lanes import Lane
from tui.hypervisor.records import DomainRecord

log = logging.getLogger(__name__)

PATIENCE = 3
"""Seconds that an agent gets to answer one request."""
RUNNING = 2.0
"""Seconds that a command in the guest gets to end."""
LOOK_EVERY = 0.02
"""Seconds between two looks whether it has."""


async def set_terminal_size(
    host: Host, record: DomainRecord, tty: str, columns: int, rows: int
) -> bool:
    """Tell the programs on a guest's terminal their size; False when that was not to be done.

    guest-exec of ``stty`` (virDomainQemuAgentCommand). An agent may be absent, silent, or not
    allowed to run commands: none of it is an error here, as there is another way.
    """
    command = ["-F", tty, "rows", str(rows), "cols", str(columns)]

    def tell(connection: libvirt.virConnect) -> bool:
        try:
            return _run(domain_of(connection, record.uuid), "stty", command) == 0
        except (KeyError, TypeError, ValueError) as error:  # a guest may answer what it likes
            log.info("the agent of %s: %r", record.name, error)
            return False

    try:
        return await host.run(
            tell, lane=Lane.JOB, what=f"Telling {record.name} its size", timeout=4 * PATIENCE
        )
    except HypervisorError as error:
        log.info("%s", error)
        return False


def _run(domain: libvirt.virDomain, path: str, arguments: list[str]) -> int | None:
    """Its exit status; None when it did not end in time, or not by itself."""
    begun = _ask(domain, "guest-exec", path=path, arg=arguments)
    deadline = time.monotonic() + RUNNING
    while time.monotonic() < deadline:
        status = _ask(domain, "guest-exec-status", pid=begun["pid"])
        if status["exited"]:
            code: int | None = status.get("exitcode")
            return code
        time.sleep(LOOK_EVERY)
    return None


def _ask(domain: libvirt.virDomain, command: str, **arguments: Any) -> dict[str, Any]:
    # With libvirt's own module for QEMU, which most programs never load.
    import libvirt_qemu

    request = json.dumps({"execute": command, "arguments": arguments})
    answer = libvirt_qemu.qemuAgentCommand(domain, request, PATIENCE, 0)
    found: dict[str, Any] = json.loads(answer)["return"]
    return found
