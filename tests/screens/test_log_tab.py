"""The Log tab: a log that cannot be read says why, all of it."""

from __future__ import annotations

import pytest

from tests.screens.test_machines import running, screen_text
from tests.waiting import until
from tui.screens.machine import log

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
