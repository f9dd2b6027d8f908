"""Lines of the Hardware tab and its review."""

from __future__ import annotations

from tests.model.definitions import Q35
from tui.model import Domain
from tui.model.plan import DomainStatus, counterparts, plan
from tui.model.session import EditSession
from tui.screens.machine.hardware_lines import device_line, forecast_line

LONG = "/var/lib/libvirt/images/" + "of-somebody/" * 5


def test_a_long_path_gives_way_to_its_name():
    session = EditSession(Domain.from_xml(Q35))
    session.set("disk sda", "source", LONG + "old.iso")
    session = EditSession(session.edited)
    session.set("disk sda", "source", LONG + "new.iso")
    (forecast,) = plan(session.changes, DomainStatus(active=False, persistent=True)).forecasts
    assert "…/old.iso → …/new.iso" in forecast_line(forecast, 80).plain
    assert LONG + "new.iso" in forecast_line(forecast, 300).plain
    drive = session.edited.disks[1]
    assert device_line(drive, session, None, (), 40).plain.strip().endswith("new.iso")


def test_what_does_not_run_yet_is_marked():
    session = EditSession(Domain.from_xml(Q35))
    live = Domain.from_xml(Q35)
    live.remove_device(live.disks[1])
    running = counterparts(session.edited, live)
    marks = [device_line(disk, session, running, (), 60).plain[0] for disk in session.edited.disks]
    assert marks == [" ", "≠"]
