"""What can be done on a machine's Snapshots tab, and with snapshots of many machines."""

from __future__ import annotations

from typing import ClassVar

from tui.actions.base import Context, HostedAction, MachineAction, Scope
from tui.hypervisor.records import DomainRecord


class _SnapshotView(HostedAction):
    scopes: ClassVar[tuple[Scope, ...]] = (Scope.SNAPSHOTS,)


class Revert(_SnapshotView):
    """Go back to the snapshot under the cursor; says first what is lost."""

    id = "snapshot.revert"
    key = "enter"
    name = "Revert"
    method = "revert"
    in_bar = 2


class Take(_SnapshotView):
    """Take a snapshot; a check beforehand says what speaks against it."""

    id = "snapshot.take"
    key = "a"
    name = "Take"
    method = "take"
    in_bar = 1


class Delete(_SnapshotView):
    """Delete the marked snapshots, else the one under the cursor, with or without those below."""

    id = "snapshot.delete"
    key = "delete"
    name = "Delete"
    method = "delete"
    in_bar = 3


class Merge(_SnapshotView):
    """Merge the external snapshot under the cursor down: its data stays, it is deleted."""

    id = "snapshot.merge"
    key = "m"
    name = "Merge down"
    method = "merge"
    in_bar = 5


class Describe(_SnapshotView):
    """Change its description."""

    id = "snapshot.describe"
    key = "f2"
    name = "Describe"
    method = "describe"
    in_bar = 7


class ShowChains(_SnapshotView):
    """Show the chain of images of every disk; flatten, commit, look for orphans."""

    id = "snapshot.chains"
    key = "D"
    name = "Disk chains"
    method = "show_chains"
    in_bar = 4
    changes_host = False


class Jobs(_SnapshotView):
    """Show what runs on the disks; cancel it or limit its speed."""

    id = "snapshot.jobs"
    key = "J"
    name = "Jobs"
    method = "jobs"
    in_bar = 6


class ShowSnapshotXml(_SnapshotView):
    """Show the snapshot as libvirt describes it."""

    id = "snapshot.xml"
    key = "X"
    name = "Its XML"
    method = "show_snapshot_xml"
    changes_host = False


class Mark(_SnapshotView):
    """Mark the snapshot under the cursor: Delete then deletes the marked ones."""

    id = "snapshot.mark"
    key = "space"
    name = "Mark"
    method = "toggle_mark"
    changes_host = False


class NextSort(_SnapshotView):
    """Sort siblings by time, name or kind."""

    id = "snapshot.sort"
    key = "greater_than_sign"
    name = "Sort"
    method = "next_sort"
    changes_host = False


class OpenSnapshots(MachineAction):
    """Show its snapshots; with marked machines, take or delete one on all of them."""

    id = "machine.snapshots"
    key = "n"
    name = "Snapshots"
    scopes = (Scope.MACHINES,)
    changes_host = False
    in_bar = 9

    def refusal(self, fleet: object, domain: DomainRecord) -> str:
        """What was last known can be looked at whatever its host does."""
        return ""

    async def run(self, context: Context) -> None:
        """One opens its tab; several ask what to do with all."""
        subjects = context.subjects()
        if len(subjects) == 1:
            context.open_machine(subjects[0].key, "snapshots")
        else:
            await context.snapshots_of_many(subjects)
