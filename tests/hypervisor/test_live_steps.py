"""What a step sends to the running machine."""

from __future__ import annotations

from tests.model.definitions import Q35
from tui.hypervisor import live_steps
from tui.model import ChangeSet, Domain
from tui.model.fields import Call
from tui.model.plan import Situation, plan


class Machine:
    """Notes the limits that it is sent."""

    def setBlockIoTune(self, disk: str, limits: dict[str, int], _flags: int) -> None:
        self.sent = (disk, {name: limit for name, limit in limits.items() if limit})


def test_a_limit_that_is_held_back_is_not_sent_with_another():
    live, base = Domain.from_xml(Q35), Domain.from_xml(Q35)
    edited = base.copy()
    edited.disks[0].total_iops, edited.disks[0].total_bytes = 900, 4096
    changes = ChangeSet(base, edited)
    made = plan(changes, Situation(True, True), live, held_back={("disk vda", "total_bytes")})
    (step,) = made.steps
    assert step.call is Call.SET_BLOCK_IO_TUNE
    machine = Machine()
    live_steps._WORK[step.call](changes, live, step)(machine)
    assert machine.sent == ("vda", {"total_iops_sec": 900})
