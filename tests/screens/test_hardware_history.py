"""The history of a definition: Enter brings back what the cursor is on."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from textual import events

from tests.screens.test_machines import running, screen_text
from tests.waiting import until
from tui.hypervisor import history
from tui.hypervisor.history import Version
from tui.model import Domain
from tui.screens.machine.history import HardwareHistory

VERSIONS = [Version(1000.0 - n, "web", (f"change {n}",), Path(f"{n}.xml")) for n in range(3)]


def definition(number: int) -> Domain:
    return Domain.from_xml(f"<domain><name>web</name><title>t{number}</title></domain>")


async def test_enter_brings_back_what_the_cursor_is_on_though_it_is_not_compared_yet(
    monkeypatch: pytest.MonkeyPatch,
):
    """What was compared before it was brought back instead, or, at first, nothing."""
    slow = threading.Event()
    begun: list[Version] = []

    def read(version: Version) -> Domain:
        begun.append(version)
        if version is not VERSIONS[0]:
            assert slow.wait(10)
        return definition(VERSIONS.index(version))

    monkeypatch.setattr(history, "read", read)
    async with running() as (app, _pilot):
        answers: list[Domain | None] = []
        app.push_screen(HardwareHistory("web", VERSIONS, definition(7)), answers.append)
        await until(lambda: "<title>t0" in screen_text(app))
        for key in ("down", "enter"):
            app.post_message(events.Key(key, None))
        await until(lambda: answers or begun.count(VERSIONS[1]) == 2)
        slow.set()
        await until(lambda: answers)
        assert answers[0] is not None
        assert answers[0].to_xml() == definition(1).to_xml()
