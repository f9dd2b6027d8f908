"""What reading a machine's snapshots asks."""

from __future__ import annotations

from types import SimpleNamespace

from tui.hypervisor.snapshots import snapshots_of


def test_a_machine_without_snapshots_costs_one_call() -> None:
    """There is no current one to ask for."""
    assert snapshots_of(SimpleNamespace(listAllSnapshots=list)) == ()
