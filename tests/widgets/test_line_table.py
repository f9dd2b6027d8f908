"""The line table: keys, order, marks, and how little it repaints."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Region

from tui.resources import styles
from tui.widgets.cells import fit, fit_name, fit_path
from tui.widgets.columns import lay_out
from tui.widgets.line_table import Cell, Column, LineTable


@dataclass(frozen=True)
class Row:
    number: int
    name: str
    load: float = 0.0


COLUMNS: list[Column[Row]] = [
    Column("name", "Name", 10, lambda row: Cell(row.name), lambda row: row.name, grow=True),
    Column("load", "Load", 6, lambda row: Cell(f"{row.load:.2f}"), lambda row: row.load, 1),
    Column("number", "Number", 8, lambda row: Cell(str(row.number)), None, 2, align="right"),
]


class Table(LineTable[Row]):
    """Notes what it asks to have repainted."""

    regions: list[Region]

    def refresh(self, *regions: Region, **options: bool) -> Table:
        self.regions = [*getattr(self, "regions", []), *(regions or [Region(0, 0, 999, 999)])]
        super().refresh(*regions, **options)
        return self


class TableApp(App[None]):
    CSS_PATH: ClassVar = [path for path in styles() if path.stem == "line_table"]

    def __init__(self, rows: list[Row]) -> None:
        super().__init__()
        self.rows = rows

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"quiet": "#888888", "faint": "#666666"}

    def compose(self) -> ComposeResult:
        yield Table(COLUMNS, row_key=lambda row: row.number, placeholder="nothing here")

    def on_mount(self) -> None:
        self.table.set_rows(self.rows)
        self.table.focus()

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    def line(self, y: int) -> str:
        return self.table.render_line(y).text


def rows(count: int) -> list[Row]:
    return [Row(number, f"row-{number:05}") for number in range(count)]


async def test_keys_move_and_scroll():
    app = TableApp(rows(100))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("j", "j", "k")
        assert app.table.cursor_row == app.rows[1]
        await pilot.press("G")
        assert app.table.cursor_row == app.rows[99]
        assert app.rows[99] in app.table.visible_rows
        await pilot.press("g")
        assert app.table.visible_rows[0] == app.rows[0]
        await pilot.press("pagedown")
        assert app.table.cursor == 10


async def test_a_move_inside_the_view_repaints_two_lines():
    app = TableApp(rows(5000))
    async with app.run_test(size=(60, 30)) as pilot:
        await pilot.pause()
        app.table.regions = []
        await pilot.press("j")
        assert sorted({region.y for region in app.table.regions}) == [1, 2]
        assert all(region.height == 1 for region in app.table.regions)


async def test_one_changed_cell_repaints_that_cell_only():
    app = TableApp(rows(50))
    async with app.run_test(size=(60, 30)) as pilot:
        await pilot.pause()
        app.table.regions = []
        app.table.update_rows([replace(app.rows[5], load=0.5)])
        assert [(r.y, r.height, r.width) for r in app.table.regions] == [(6, 1, 6)]
        await pilot.pause()
        assert "0.50" in app.line(6)


async def test_a_row_that_did_not_change_repaints_nothing():
    app = TableApp(rows(50))
    async with app.run_test(size=(60, 30)) as pilot:
        await pilot.pause()
        app.table.regions = []
        app.table.update_rows(list(app.rows))
        assert app.table.regions == []


async def test_sorting_keeps_the_cursor_on_its_row():
    app = TableApp(rows(200))
    async with app.run_test(size=(60, 20)) as pilot:
        app.table.move_cursor_to(150)
        app.table.sort("load", descending=True)
        assert app.table.cursor_key == 150
        app.table.update_rows([replace(app.rows[150], load=9.0)])
        await pilot.pause()
        assert app.table.cursor_key == 150
        assert app.table.cursor == 0
        assert "▼" in app.line(0)


async def test_the_column_that_is_sorted_by_is_shown_on_a_narrow_screen():
    app = TableApp(rows(3))
    async with app.run_test(size=(22, 8)) as pilot:
        assert "Number" not in app.line(0)
        app.table.sort("load", descending=True)
        app.table.set_columns([COLUMNS[0], COLUMNS[2], replace(COLUMNS[1], importance=3)])
        app.table.sort("load", descending=True)
        await pilot.pause()
        assert "Load ▼" in app.line(0)
        await pilot.resize_terminal(16, 8)
        await pilot.pause()
        assert app.line(0).split() == ["Name"], "what is kept longest is"


async def test_a_title_as_wide_as_its_column_has_its_arrow_behind_it():
    tight: list[Column[Row]] = [
        Column("number", "Numb", 4, lambda row: Cell(str(row.number)), lambda row: row.number),
        Column("name", "Name", 10, lambda row: Cell(row.name)),
    ]
    app = TableApp(rows(3))
    async with app.run_test(size=(40, 8)) as pilot:
        app.table.set_columns(tight)
        app.table.sort("number")
        await pilot.pause()
        assert app.line(0).rstrip() == "  Numb▲ Name"


async def test_filter_marks_and_removal():
    app = TableApp(rows(30))
    async with app.run_test(size=(60, 20)) as pilot:
        app.table.toggle_mark()
        app.table.set_filter(lambda row: row.number >= 10)
        assert app.table.rows_shown == 20
        assert app.table.marked == ()
        assert app.table.marked_hidden == 1
        app.table.mark_all_shown()
        assert len(app.table.marked) == 20
        app.table.set_filter(None)
        assert len(app.table.marked) == 21
        app.table.update_rows([], removed=[0, 12])
        await pilot.pause()
        assert len(app.table.marked) == 19
        assert app.table.rows_total == 28


async def test_a_change_can_move_a_row_into_the_filter():
    app = TableApp(rows(5))
    async with app.run_test(size=(60, 20)):
        app.table.set_filter(lambda row: row.load > 0)
        assert app.table.rows_shown == 0
        assert "nothing here" in app.line(2)
        app.table.update_rows([replace(app.rows[3], load=1.0)])
        assert app.table.cursor_key == 3


async def test_what_an_empty_table_says_is_told_to_its_end():
    app = TableApp([])
    async with app.run_test(size=(30, 8)) as pilot:
        app.table.set_placeholder("a reason that takes more than one line of it\nand what to do")
        await pilot.pause()
        said = [app.line(y).strip() for y in range(2, 5)]
        assert " ".join(said) == "a reason that takes more than one line of it and what to do"
        assert said[2] == "and what to do"


async def test_markup_and_escapes_are_text():
    names = ["[red]x[/]", "a\x1b[2J", "東京", "[/]"]
    app = TableApp([Row(number, name) for number, name in enumerate(names)])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert "[red]x[/]" in app.line(1)
        assert "\x1b" not in app.line(2)
        assert "東京" in app.line(3)
        assert {cell_len(app.line(y)) for y in range(1, 5)} == {60}


async def test_five_thousand_rows_are_quick():
    app = TableApp(rows(5000))
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.pause()
        begin = time.thread_time()
        app.table.set_filter(lambda row: "9" in row.name)
        filtered = time.thread_time() - begin
        begin = time.thread_time()
        app.table.sort("load")
        app.table.set_filter(None)
        resorted = time.thread_time() - begin
        assert filtered < 0.1
        assert resorted < 0.2
        assert len(app.table._drawn.strips) < 500


def test_narrow_tables_drop_the_least_important_columns():
    assert [placed.column.key for placed in lay_out(COLUMNS, 60)] == ["name", "load", "number"]
    assert [placed.column.key for placed in lay_out(COLUMNS, 24)] == ["name", "load"]
    assert [placed.column.key for placed in lay_out(COLUMNS, 14)] == ["name"]


def test_names_are_cut_only_once_others_have_given_way():
    columns: tuple[Column[Row], ...] = (
        Column("name", "Name", 20, lambda row: Cell(""), grow=True, min_width=10),
        Column("place", "Place", 16, lambda row: Cell(""), importance=2, min_width=8),
        Column("extra", "Extra", 10, lambda row: Cell(""), importance=5),
    )

    def widths(width: int) -> dict[str, int]:
        return {placed.column.key: placed.width for placed in lay_out(columns, width)}

    assert widths(52) == {"name": 20, "place": 16, "extra": 10}
    assert widths(45) == {"name": 20, "place": 9, "extra": 10}
    assert widths(43) == {"name": 23, "place": 16}
    assert widths(33) == {"name": 20, "place": 9}
    assert widths(25) == {"name": 13, "place": 8}


@given(st.integers(10, 200))
def test_columns_fill_the_width_and_never_overlap(width: int):
    placed = lay_out(COLUMNS, width)
    end = 0
    for one in placed:
        assert one.x >= end
        end = one.x + one.width
    assert end == max(width, 12)


@given(st.text(), st.integers(0, 40), st.sampled_from((fit, fit_name, fit_path)))
def test_fit_is_exact(text: str, width: int, fitting: Callable[[str, int], str]):
    fitted = fitting(text, width)
    assert cell_len(fitted) == width
    assert "\x1b" not in fitted


def test_a_name_is_cut_in_its_middle_and_nowhere_else():
    assert fit_name("prod-eu-west-1-web-01", 17) == "prod-eu-…1-web-01"
    assert fit_name("prod-eu-west-1-web-02", 16) == "prod-eu-…-web-02"
    assert fit_name("web-01", 16) == "web-01          "
    assert fit_name("web-01", 8, "right") == "  web-01"
    assert fit_name("生産-欧州-ウェブ-01", 12) == "生産-…ブ-01 "
    assert fit_name("web-01", 2) == "w…"
    assert fit_path("/var/images/web.qcow2", 10) == "…web.qcow2"
