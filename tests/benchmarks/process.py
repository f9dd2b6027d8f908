"""What a process costs, read from outside."""

import time
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """Processor time of all threads of a process since its start.

    The process's own CPU clock (clock_getcpuclockid): nanoseconds, where /proc/PID/stat
    counts in hundredths of a second.
    """
    return time.clock_gettime(~pid << 3 | 2)


def memory_mib(pid: int) -> tuple[float, float]:
    """Resident and proportional (shared pages divided) memory of a process in MiB."""
    fields = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value, *_unit = line.split()
        fields[name] = int(value) / 1024
    return fields["Rss:"], fields["Pss:"]
