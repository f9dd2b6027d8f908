"""The Log tab: a log that cannot be read says why, all of it."""

from __future__ import annotations

import pytest

from tests.screens.test_machines import go_to, running, screen_text
from tests.waiting import until
from tui.hypervisor import lifecycle
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.screens.machine import log
from tui.screens.machine.screen import MachineScreen

WHY = (
    "tail: cannot open '/var/log/libvirt/qemu/a-machine-with-a-name.log' for reading: "
    "Permission denied Read it there: sudo tail -n 100 the-log"
)


async def test_why_there_is_no_log_is_readable_on_a_narrow_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def read_log(*_about: object) -> tuple[str, str]:
        return "", WHY

    monkeypatch.setattr(log, "read_log", read_log)
    async with running(size=(80, 24)) as (app, pilot):
        await pilot.press("l")
        await until(lambda: "Permission denied" in " ".join(screen_text(app).split()))
        assert WHY.split()[-1] in screen_text(app)


async def test_a_start_that_fails_again_and_again_is_told_in_one_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = []
    start = lifecycle.start

    async def fails_twice(host: Host, record: DomainRecord) -> None:
        tries.append(record.name)
        if len(tries) < 3:
            raise HypervisorError(f"Start {record.name}", words=f"reason {len(tries)}")
        await start(host, record)

    monkeypatch.setattr(lifecycle, "start", fails_twice)
    async with running() as (app, pilot):
        app.clear_notifications()
        go_to(app, "backup-01")
        await pilot.press("s")
        await until(lambda: "reason 1" in screen_text(app))
        await pilot.press("v", "s")
        await until(lambda: "reason 2" in screen_text(app))
        assert not app._notifications, "the tab says it all"
        assert len(app.screen_stack) == 2
        await pilot.press("s")
        await until(lambda: "Start backup-01 failed" not in screen_text(app))
        assert "running" in screen_text(app)


async def test_a_start_that_fails_leaves_the_person_where_they_have_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(_host: Host, record: DomainRecord) -> None:
        await until(lambda: isinstance(app.screen, MachineScreen))
        raise HypervisorError(f"Start {record.name}", words="no such file")

    monkeypatch.setattr(lifecycle, "start", fails)
    async with running() as (app, pilot):
        go_to(app, "backup-01")
        await pilot.press("s", "home", "enter")
        await until(lambda: "no such file" in screen_text(app))
        assert isinstance(app.screen, MachineScreen)
        assert app.screen.record is not None
        assert app.screen.record.name != "backup-01"
        assert len(app.screen_stack) == 2
