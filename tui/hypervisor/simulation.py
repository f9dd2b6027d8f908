"""Usage of the demo host's machines: made up, since libvirt's test driver has none.

Steady functions of identity and time: the same machine is busy in every run.
"""

from __future__ import annotations

import math
import zlib

from tui.hypervisor.records import DomainRecord, Usage


def simulated_usage(domain: DomainRecord, now: float) -> Usage:
    """Believable figures for a running machine at a wall clock time."""
    seed = zlib.crc32(domain.uuid.encode())
    level = (seed % 97) / 97
    period = 40 + seed % 160
    wave = (math.sin(now * 2 * math.pi / period + seed % 7) + 1) / 2
    ripple = (math.sin(now / 3 + seed % 11) + 1) / 2
    busy = min(1.0, level**3 * 0.8 + wave * 0.15 * level + ripple * 0.03)
    share = 0.25 + 0.6 * level + 0.04 * wave
    return Usage(
        cpu=busy,
        memory=None if domain.memory is None else int(domain.memory * share),
        memory_is_guest=True,
        disk_read=busy * ripple * 4e7 if seed % 3 else 0.0,
        disk_write=busy * wave * 2.5e7,
        net_receive=busy * wave * 8e6,
        net_send=busy * ripple * 3e7 if seed % 4 else 0.0,
    )
