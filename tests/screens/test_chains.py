"""The screen of disk chains, where what is left over is cleared away."""

from __future__ import annotations

from tests.screens.test_machines import running
from tests.waiting import until
from tui.hypervisor import chain_work
from tui.model.disk_chains import Leftover
from tui.screens.dialogs import Confirm
from tui.screens.machine.chains import Chains


async def test_what_another_check_finds_gone_meanwhile_does_no_harm(monkeypatch):
    orphan = Leftover("/images/old.qcow2", "file", "of nobody", "delete it", 4096)

    async with running() as (app, pilot):
        screen = Chains(next(record.key for record in app.fleet.domains()))

        async def find(*_machine: object) -> list[Leftover]:
            return [] if cleared else [orphan]

        async def clear_away(*_about: object) -> None:
            cleared.append(orphan)
            await screen._look_for_leftovers()

        cleared: list[Leftover] = []
        monkeypatch.setattr(chain_work, "find_leftovers", find)
        monkeypatch.setattr(chain_work, "clear_away", clear_away)
        app.push_screen(screen)
        await until(lambda: screen.looked is not None)
        await pilot.press("o")
        await until(lambda: any(row.leftover for row in screen.table.rows))
        await pilot.press("G", "delete")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(lambda: cleared and not any(row.leftover for row in screen.table.rows))
