"""The columns of the machines table: their order, long names, rows of a lost host."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from rich.style import Style

from tui.hypervisor.records import DomainDetails, DomainRecord, DomainState
from tui.model.filter import parse
from tui.screens.machine_columns import COLUMNS, DEFAULT, LARGEST_FIRST
from tui.screens.machine_row import MachineRow
from tui.widgets.line_strips import LineStrips


def order(column_key: str, *records: DomainRecord) -> list[str]:
    column = next(column for column in COLUMNS if column.key == column_key)
    assert column.sort_key is not None
    rows = [MachineRow(record, None) for record in records]
    rows.sort(key=column.sort_key, reverse=column_key in LARGEST_FIRST)
    return [row.record.name for row in rows]


def machine(name: str, started: float | None = None, **details: object) -> DomainRecord:
    return DomainRecord("rack1", name, name, started=started, details=DomainDetails(**details))


def test_addresses_go_by_number_and_machines_without_one_come_last():
    nine, ten = machine("nine", addresses=("10.0.0.9",)), machine("ten", addresses=("10.0.0.10",))
    assert order("address", ten, machine("none"), nine) == ["nine", "ten", "none"]


def test_titles_and_tags_come_before_machines_without_any():
    assert order("title", machine("none"), machine("b", title="B"), machine("a", title="a")) == [
        "a", "b", "none",
    ]  # fmt: skip
    assert order("tags", machine("none"), machine("web", tags=("web",))) == ["web", "none"]


def test_what_has_been_up_longest_comes_first_and_what_is_off_last():
    now = time.time()
    records = machine("new", now - 60), machine("off"), machine("old", now - 6000)
    assert order("uptime", *records) == ["old", "new", "off"]


@pytest.mark.parametrize("word", ["saved", "state:saved", "state:off", "state:restoring"])
def test_a_filter_finds_every_state_that_the_table_shows_until_it_is_another(word):
    row = MachineRow(
        DomainRecord(
            "rack1",
            "u",
            "web",
            state=DomainState.SHUTOFF,
            managed_save=True,
            transition="restoring",
        ),
        None,
    )
    assert parse(word).matches(row.facts)
    assert not parse("state:running").matches(row.facts)


def test_names_that_begin_alike_can_be_told_apart_on_a_narrow_screen():
    shown = [column for column in COLUMNS if column.key in DEFAULT]
    strips = LineStrips(shown, lambda _name: Style.null())
    strips.lay_out(80)
    lines = [
        strips.draw(name, MachineRow(machine(name), None), "", False).text
        for name in ("prod-eu-west-1-web-01", "prod-eu-west-1-web-02")
    ]
    assert "web-01" in lines[0]
    assert "web-02" in lines[1]
    assert lines[0].replace("01", "02") == lines[1]


def test_nothing_of_a_lost_host_pretends_to_be_current():
    up = replace(machine("web", time.time() - 60), state=DomainState.RUNNING, id=1, stale=True)
    off = replace(machine("db"), state=DomainState.SHUTOFF, managed_save=True, stale=True)

    def cells(record: DomainRecord) -> list[tuple[str, str]]:
        shown = [column.render(MachineRow(record, None)) for column in COLUMNS]
        return [(cell.text, cell.style) for cell in shown if cell.text]

    assert ("? running", "muted") in cells(up)
    assert ("? saved", "muted") in cells(off)
    assert "1m" not in dict(cells(up)), "it may have been stopped since"
    assert {style for _text, style in (*cells(up), *cells(off))} == {"muted"}
