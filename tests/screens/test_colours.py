"""Everything can be read: in every theme, with few colours, and without any."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES, Theme

from tests.screens.test_machines import running
from tests.waiting import until
from tui.app import VirttyApp
from tui.remembered import Remembered
from tui.screens.machine.xml_editor import XmlEditor
from tui.settings import Settings
from tui.themes import CURSORS, GROUNDS, TEXTS, THEMES, contrast, readable
from tui.widgets.options import Options

THEMES_OF_COLOURS = [t for t in (*THEMES, *BUILTIN_THEMES.values()) if not t.ansi]
FRAMES = frozenset("─│╭╮╰╯▔▁▎▊▌▐█▇▆▅▄▃▂▏▕━┃▀ ")
"""Lines, bars and figures: not text."""

LOOKS: tuple[tuple[str, ...], ...] = (
    ("space", "space", "slash", "w"),
    ("escape", "escape", "escape", "question_mark"),
    ("escape", "colon"),
    ("escape", "comma"),
    ("escape", "4"),
    ("5",),
    ("a",),
    ("escape", "6"),
    ("1", "enter"),
    ("x", "slash", "n", "a", "m", "e", "enter"),
    ("l",),
    ("e", "j", "j"),
    ("enter", "enter"),
    ("escape", "a"),
    ("escape", "X"),
    ("escape", "n"),
    ("a",),
    ("escape", "c"),
    ("ctrl+right_square_bracket", "o"),
)
"""Keys that lead from one look to the next: every pane, tab, and a dialog of each kind."""


def test_contrast_is_that_of_wcag():
    assert contrast(Color.parse("#ffffff"), Color.parse("#000000")) == pytest.approx(21)
    assert contrast(Color.parse("#777777"), Color.parse("#ffffff")) == pytest.approx(4.48, abs=0.01)
    assert contrast(Color.parse("#0000ff"), Color.parse("#ffffff")) == pytest.approx(8.59, abs=0.01)


@pytest.mark.parametrize("theme", THEMES_OF_COLOURS, ids=lambda theme: theme.name)
def test_every_text_of_a_theme_can_be_read_on_each_of_its_grounds(theme: Theme):
    colours = readable({**theme.to_color_system().generate(), **theme.variables})
    grounds = [Color.parse(colours[name]) for name in GROUNDS]
    for name in TEXTS:
        text = Color.parse(colours[name])
        assert min(contrast(text, ground) for ground in grounds) >= 4.5, name
    faint = Color.parse(colours["faint"])
    assert min(contrast(faint, ground) for ground in grounds) >= 3
    for cursor in CURSORS:
        ground = grounds[1] + Color.parse(colours[f"{cursor}-background"])
        assert contrast(Color.parse(colours[f"{cursor}-foreground"]), ground) >= 4.5


def test_our_own_themes_are_readable_as_they_are_written():
    for theme in THEMES:
        colours = {**theme.to_color_system().generate(), **theme.variables}
        made = readable(colours)
        assert {k: v for k, v in made.items() if v.lower() != colours[k].lower()} == {}


def drawn(app: VirttyApp) -> Iterator[Segment]:
    """Text on the screen, behind a dialog none."""
    front = app.screen.children[0].region if app.screen.is_modal else app.screen.region
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        if front.y <= y < front.bottom:
            yield from (s for s in strip.crop(front.x, front.right) if not set(s.text) <= FRAMES)


async def looks(pilot: Pilot[int]) -> AsyncIterator[None]:
    """Go through all looks."""
    for keys in LOOKS:
        await pilot.press(*keys)
        await until(lambda: all(worker.group != "read" for worker in pilot.app.workers))
        await pilot.pause(0.1)
        yield


@pytest.mark.parametrize("name", [theme.name for theme in THEMES])
async def test_what_is_drawn_can_be_read(name: str):
    async with running(size=(120, 34)) as (app, pilot):
        app.theme = name
        await pilot.pause()
        quiet = {app.theme_variables[one].lower() for one in ("quiet", "faint")}
        found: dict[tuple[str, str], str] = {}
        async for _look in looks(pilot):
            for segment in drawn(app):
                style = segment.style
                assert style is not None
                assert style.color is not None
                assert style.bgcolor is not None
                pair = (style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex)
                found.setdefault(pair, segment.text)
        assert len(found) > 20
        hard = {}
        for (ink, ground), text in found.items():
            least = 3.0 if ink.lower() in quiet else 4.5
            value = contrast(Color.parse(ink), Color.parse(ground))
            if value < least:
                hard[text] = (ink, ground, round(value, 1))
        assert hard == {}


def is_default(colour: RichColor | None) -> bool:
    return colour is None or colour.is_default


async def test_without_colours_the_terminals_own_are_kept_and_the_cursor_is_reversed(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(size=(120, 34)) as (app, pilot):
        await pilot.pause()
        cursor = [s for s in drawn(app) if s.style is not None and s.style.reverse]
        row = app.main.pane.table.cursor_row
        assert row is not None
        assert any(row.record.name in segment.text for segment in cursor)
        async for _look in looks(pilot):
            for segment in drawn(app):
                style = segment.style
                assert style is None or (is_default(style.color) and is_default(style.bgcolor))


async def test_few_colours_never_hide_a_text(monkeypatch):
    monkeypatch.setenv("TERM", "linux")
    async with running(size=(80, 24)) as (app, pilot):
        assert app.current_theme.ansi
        async for _look in looks(pilot):
            for segment in drawn(app):
                style = segment.style
                assert style is not None
                assert is_default(style.bgcolor) or style.color != style.bgcolor, segment.text
                # The Linux console shows bold black as grey, on a grey ground.
                assert not (style.bold and style.reverse), segment.text


@pytest.mark.parametrize("term", ["xterm-256color", "linux"])
async def test_the_line_under_the_cursor_of_a_list_has_one_look(monkeypatch, term: str):
    monkeypatch.setenv("TERM", term)
    async with running(size=(120, 34)) as (app, pilot):
        await pilot.press("enter", "e")
        await until(lambda: bool(app.screen.query(Options)))
        options = app.screen.query_one(Options)
        await until(lambda: options.highlighted is not None and bool(options.options))
        await pilot.pause()
        assert options.highlighted is not None
        here = options.highlighted
        lines = [options.render_line(y) for y in range(len(options.options))]
        inks = [{s.style.color for s in line if s.style is not None} for line in lines]
        assert len(inks[here]) == 1
        assert len(inks[here + 1]) > 1


async def test_a_theme_chosen_with_many_colours_is_not_taken_to_a_terminal_of_few(monkeypatch):
    monkeypatch.setenv("TERM", "linux")
    async with running(remembered=Remembered(theme="virtty-day")) as (app, _pilot):
        assert app.theme == "ansi-dark"
    async with running(remembered=Remembered(theme="ansi-light")) as (app, _pilot):
        assert app.theme == "ansi-light"
    async with running(settings=Settings(theme="virtty-day")) as (app, _pilot):
        assert app.theme == "virtty-day"


@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark"])
async def test_xml_that_is_edited_has_the_colours_of_texts(theme: str):
    async with running() as (app, pilot):
        app.theme = theme
        await pilot.press("enter", "X")
        await until(lambda: isinstance(app.screen, XmlEditor))
        await pilot.pause()
        inks = [Style.parse(str(span.style)).color for span in app.screen.area.get_line(0).spans]
        assert app.screen.area.get_line(0).plain.startswith("<domain type=")
        assert len(set(inks)) == 3
        surface = Color.parse(app.theme_variables["surface"])
        for ink in inks:
            assert ink is not None
            if theme != "ansi-dark":
                assert contrast(Color.from_rich_color(ink), surface) >= 4.5
