"""The columns of the machines table: what comes first when sorted by them."""

from __future__ import annotations

import time

import pytest

from tui.hypervisor.records import DomainDetails, DomainRecord, DomainState
from tui.model.filter import parse
from tui.screens.machine_columns import COLUMNS, LARGEST_FIRST
from tui.screens.machine_row import MachineRow


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
