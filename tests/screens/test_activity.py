"""The activity pane over a journal that the tests write, driven by keys."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.waiting import until
from tui.actions.registry import actions
from tui.app import VirttyApp
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.journal import KEPT, Entry, Journal, Outcome
from tui.screens.activity import ActivityPane
from tui.screens.activity_columns import (
    COLUMNS,
    ActivityRow,
    activity_row,
    details,
    duration,
    words_of,
)
from tui.settings import Settings

NOW = time.mktime((2026, 1, 2, 3, 4, 5, 0, 0, -1))
FAILURE = HypervisorError("Start db", words="no disk [b]x[/]", advice="Mount it.")


@contextlib.asynccontextmanager
async def running(
    audit_path: Path | None = None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[VirttyApp, Pilot[int]]]:
    """The program without hosts, three entries in its journal, the activity pane in front."""
    fleet = Fleet(audit_path)
    journal = fleet.journal
    journal.event("box", "web", "paused")
    work = journal.begin("box", "db", "start", "virsh start db")
    journal.end(work, Outcome.FAILED, "test:///default", FAILURE)
    work = journal.begin("box", "web", "resume", "virsh resume web")
    journal.end(work, Outcome.DONE, "test:///default")
    app = VirttyApp(fleet, Settings())
    async with app.run_test(size=size) as pilot:
        await pilot.press("6")
        await until(lambda: app.main.query(ActivityPane) and pane(app).table.rows_total)
        yield app, pilot
    fleet.close()


def pane(app: VirttyApp) -> ActivityPane:
    return app.main.query_one(ActivityPane)


def journal(app: VirttyApp) -> Journal:
    return app.fleet.journal


def texts(app: VirttyApp) -> list[str]:
    return [row.entry.text for row in pane(app).table.visible_rows]


def shown(app: VirttyApp, widget: str = "#entry-details") -> str:
    return str(pane(app).query_one(widget, Static).render())


def reason(app: VirttyApp, action: str) -> str:
    return actions()[f"activity.{action}"].why_not(app)


def cells(row: ActivityRow) -> dict[str, str]:
    return {column.key: column.render(row).text for column in COLUMNS}


# -- pure ----------------------------------------------------------------------------------


def test_cells_of_a_failed_change() -> None:
    entry = Entry(
        1, NOW, "box", "a\x1b[2J", "start", Outcome.FAILED, "virsh start x", FAILURE, ended=NOW + 3
    )
    assert cells(activity_row(entry, NOW)) == {
        "time": "01-02 03:04",
        "outcome": "! failed",
        "subject": "a␛[2J",
        "text": "start: no disk [b]x[/]",
        "took": "3.0s",
        "host": "box",
    }
    assert details(activity_row(entry, NOW)).plain == (
        "start a␛[2J  ! failed\n"
        "2026-01-02 03:04:05 on box · took 3.0s\n"
        "Start db: no disk [b]x[/]\n"
        "Mount it.\n"
        "virsh start x"
    )


def test_cells_of_running_work_and_of_the_host_itself() -> None:
    work = Entry(1, NOW, "box", "web", "save", Outcome.RUNNING, progress=0.42)
    row = activity_row(work, NOW + 75.9)
    assert (cells(row)["outcome"], cells(row)["took"]) == ("… 42%", "1:15")
    assert "running for 1:15 · cannot be cancelled" in details(row).plain
    lost = activity_row(Entry(2, NOW, "box", "", "connection lost"), NOW)
    assert (cells(lost)["subject"], cells(lost)["took"]) == ("box", "")


def test_what_leads_to_the_name_is_left_out_beside_it() -> None:
    entry = Entry(1, NOW, "box", "web", "delete the snapshot old of", Outcome.DONE)
    row = activity_row(entry, NOW)
    assert cells(row)["text"] == "delete the snapshot old"
    assert "delete the snapshot old of web" in details(row).plain


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0, "<0.1s"), (0.25, "0.2s"), (9.9, "9.9s"), (75.0, "1:15")]
)
def test_how_long_it_took(seconds: float, words: str) -> None:
    entry = Entry(1, 1000.0, "box", "web", "save", Outcome.DONE, ended=1000.0 + seconds)
    assert duration(ActivityRow(entry)) == words


# -- on the screen ---------------------------------------------------------------------------


async def test_newest_first_and_running_on_top() -> None:
    async with running() as (app, _pilot):
        assert texts(app) == ["resume", "start", "paused"]
        work = journal(app).begin("box", "web", "save", "virsh managedsave web")
        journal(app).event("box", "db", "crashed")
        await until(lambda: texts(app) == ["save", "crashed", "resume", "start", "paused"])
        assert pane(app).table.cursor_key == work  # it was on the newest and stays there
        journal(app).end(work, Outcome.DONE, "")
        await until(lambda: texts(app)[0] == "crashed")


async def test_the_cursor_stays_on_an_older_entry() -> None:
    async with running() as (app, pilot):
        await pilot.press("j")
        assert "no disk [b]x[/]" in shown(app)
        assert "Mount it." in shown(app)
        journal(app).event("box", "db", "crashed")
        await until(lambda: len(texts(app)) == 4)
        assert pane(app).table.cursor == 2
        assert "Mount it." in shown(app)


async def test_choices_and_words_narrow_together_also_what_comes_later() -> None:
    async with running() as (app, pilot):
        await pilot.press("e")
        assert texts(app) == ["start"]
        assert "errors only: 1 of 3 entries" in shown(app, "#activity-shown")
        await pilot.press("m")
        assert texts(app) == ["resume", "start"]
        await pilot.press("slash", *"DB disk", "enter")
        assert texts(app) == ["start"]
        journal(app).event("box", "db", "crashed")
        journal(app).event("box", "db", "the disk is full")
        await until(lambda: pane(app).table.rows_total == 5)
        assert texts(app) == ["start"]
        await pilot.press("v")
        assert texts(app) == ["the disk is full", "start"]
        await pilot.press("escape")
        assert len(texts(app)) == 5
        assert not pane(app).query_one("#activity-shown").display
        await pilot.press("slash", *"zzz")
        assert texts(app) == []
        assert shown(app) == ""


async def test_only_what_can_be_cancelled_is() -> None:
    asked = []
    async with running() as (app, pilot):
        assert reason(app, "cancel") == "it is not running"
        journal(app).begin("box", "web", "save", "virsh managedsave web")
        await until(lambda: texts(app)[0] == "save")
        assert "cannot stop this" in reason(app, "cancel")
        journal(app).begin("box", "db", "migrate", "", lambda: asked.append("db"))
        await until(lambda: texts(app)[0] == "migrate")
        assert reason(app, "cancel") == ""
        await pilot.press("x")
        await until(lambda: asked == ["db"])


async def test_the_command_is_copied() -> None:
    async with running() as (app, pilot):
        await pilot.press("y")
        await until(lambda: app.clipboard == "virsh resume web")
        await pilot.press("G")
        assert reason(app, "copy") == "it has no virsh command"


async def test_time_runs_only_while_work_does() -> None:
    async with running() as (app, pilot):
        clock = pane(app)._clock
        assert not clock._active.is_set()
        work = journal(app).begin("box", "web", "save", "virsh managedsave web")
        await until(lambda: texts(app)[0] == "save")
        assert clock._active.is_set()
        journal(app).running[work] = dataclasses.replace(
            journal(app).running[work], time=time.time() - 60
        )
        await until(lambda: "running for 1:0" in shown(app))
        await pilot.press("1")
        await until(lambda: not clock._active.is_set())
        await pilot.press("6")
        await until(lambda: clock._active.is_set())
        journal(app).end(work, Outcome.DONE, "")
        await until(lambda: not clock._active.is_set())


async def test_a_hidden_pane_catches_up() -> None:
    async with running() as (app, pilot):
        await pilot.press("1")
        journal(app).event("box", "db", "crashed")
        await pilot.pause(0.2)
        assert pane(app).table.rows_total == 3
        await pilot.press("6")
        await until(lambda: texts(app)[0] == "crashed")


async def test_a_storm_of_events_keeps_what_the_journal_keeps() -> None:
    async with running() as (app, _pilot):
        for number in range(KEPT + 50):
            journal(app).event("box", "web", f"event {number}")
        await until(lambda: texts(app)[0] == f"event {KEPT + 49}")
        journal(app).event("box", "web", "one more")
        await until(lambda: texts(app)[0] == "one more")
        assert pane(app).table.rows_total == KEPT


async def test_earlier_runs_come_from_the_audit_log(tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"
    line = {
        "time": "2026-01-02T03:04:05+0000",
        "host": "box",
        "uri": "test:///default",
        "object": "old",
        "what": "force off",
        "virsh": "virsh destroy old",
        "result": "failed",
        "error": "it was gone",
        "seconds": 0.5,
        "user": "root",
    }
    lines = [json.dumps(line), "cut off {", json.dumps({**line, "what": "start"})]
    audit.write_text("\n".join(lines) + "\n")
    async with running(audit) as (app, pilot):
        await pilot.press("a")
        await until(lambda: texts(app)[-2:] == ["start", "force off"])
        await pilot.press("G")
        row = pane(app).table.cursor_row
        assert row is not None
        assert cells(row)["text"] == "force off: it was gone"
        assert "in an earlier run, from the audit log" in shown(app)
        assert "virsh destroy old" in shown(app)
        await pilot.press("a")
        await until(lambda: texts(app) == ["resume", "start", "paused"])


async def test_without_an_audit_log_there_are_no_earlier_runs() -> None:
    async with running() as (app, _pilot):
        assert reason(app, "earlier") == "this run has no audit log"


def test_an_event_is_told_of_its_machine():
    entry = Entry(1, 0.0, "box", "web", "Start: not done, it has crashed")
    assert details(ActivityRow(entry)).plain.startswith("web: Start: not done, it has crashed  ")


def test_what_the_strip_tells_of_a_change_ends_before_the_machine_and_says_that_it_failed():
    done = Entry(1, 0.0, "box", "web", "discard the saved state of", Outcome.DONE)
    assert words_of(done) == "discard the saved state"
    for text in ("turn autostart on for", "send an NMI to"):
        assert words_of(dataclasses.replace(done, text=text)) == text.rpartition(" ")[0]
    failed = dataclasses.replace(
        done, text="start", error=HypervisorError("Start web", words="no disk")
    )
    assert words_of(failed) == "start: no disk"
