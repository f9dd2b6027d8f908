"""What all hosts come to, and what is wrong among them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui.hypervisor.alarms import Alarm
from tui.model import units
from tui.model.text import visible
from tui.screens.host_columns import HostRow

ALARMS_SHOWN = 4


def totals(rows: Sequence[HostRow], alarms: Sequence[Alarm], versions: Sequence[str]) -> Content:
    """A line of sums over the connected hosts, then alarms, then versions that differ."""
    current = [row for row in rows if row.record.is_current]
    # A host may be connected more than once, as for its system and its session.
    facts = {
        fact.uuid or row.record.key: fact
        for row in current
        if (fact := row.record.facts) is not None
    }.values()
    lines: list[Content] = []
    if len(rows) > 1:
        sums = (
            f"{len(current)} of {len(rows)} hosts",
            f"{sum(row.running for row in current)} of {sum(row.machines for row in current)} "
            "machines running",
            f"{sum(row.vcpus for row in current)} vCPUs on {sum(fact.cpus for fact in facts)} CPUs",
            f"{units.size(sum(row.memory for row in current))} of "
            f"{units.size(sum(fact.memory for fact in facts))} given away",
        )
        lines.append(Content.assemble((" · ".join(sums), "bold")))
    for alarm in alarms[:ALARMS_SHOWN]:
        style = "bold $text-error" if alarm.is_severe else "$text-warning"
        lines.append(Content.assemble((visible(f"! {alarm.words}"), style)))
    if len(alarms) > ALARMS_SHOWN:
        more = f"! and {len(alarms) - ALARMS_SHOWN} more"
        lines.append(Content.assemble((more, "$text-warning")))
    if versions:
        words = f"Versions differ: {'; '.join(versions)}"
        lines.append(Content.assemble((visible(words), "$quiet")))
    return Content("\n").join(lines)
