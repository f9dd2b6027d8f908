"""Since when machines run that were started before anybody looked.

libvirt does not tell; the age of their QEMU does, where a command can be run on the host.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter

from tui.hypervisor import shell
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host

log = logging.getLogger(__name__)

COMMAND = (
    r"ps -ww -eo etimes=,args= | "
    r"sed -n 's/^ *\([0-9][0-9]*\) .* -uuid \([0-9a-f-]\{36\}\) .*/\1 \2/p'"
)
"""Prints seconds and UUID of every QEMU, whichever daemon has started it."""
LINE = re.compile(rb"(\d+) ([0-9a-f-]{36})\n")
NONE_IS_SO_OLD = 1 << 31
"""Seconds. procps counts below zero, unsigned, for a process that has begun in this instant."""


async def start_times(host: Host) -> dict[str, float]:
    """Wall clock of the start by UUID; empty where the host cannot be asked.

    A UUID that two processes have (a migration, another daemon) is left out.
    """
    if not shell.can_run(host):
        return {}
    try:
        told = await shell.run(host, COMMAND, f"Asking {host.record.name} since when they run")
    except HypervisorError as error:
        log.info("%s", error)
        return {}
    return started(told, time.time())


def started(told: bytes, now: float) -> dict[str, float]:
    """What COMMAND printed at a wall clock time."""
    ages = [(uuid.decode(), int(age)) for age, uuid in LINE.findall(told)]
    times = Counter(uuid for uuid, _age in ages)
    return {
        uuid: now - (age if age < NONE_IS_SO_OLD else 0) for uuid, age in ages if times[uuid] == 1
    }
