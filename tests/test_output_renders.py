"""Fewer widgets are asked for lines, and the same cells come of it."""

from __future__ import annotations

import random

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from tui import output_renders

WIDTH, HEIGHT = 60, 20


class Layers(App[None]):
    """Nested, scrolled and overlapping widgets, some of them larger than what is seen."""

    CSS = """
    Screen { layers: below above; }
    #left { width: 20; border: round red; }
    #right { width: 1fr; }
    #over { layer: above; offset: 12 6; width: 25; height: 7; border: heavy green; }
    Static { height: 3; margin: 0 1; }
    """

    def compose(self) -> ComposeResult:
        """Two columns that scroll and a box over both."""
        with Horizontal():
            for side in ("left", "right"):
                with VerticalScroll(id=side):
                    yield from (Static(f"{side} {n}\n[b]line[/b] two\n{n:->15}") for n in range(12))
        yield Static("over\n" * 5, id="over")


class Dialog(ModalScreen[None]):
    """The screen below shows through at its edges."""

    CSS = "Dialog { align: center middle; } Static { width: 20; height: 4; }"

    def compose(self) -> ComposeResult:
        """A box."""
        yield Static("dialog")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many lines widgets were asked for."""
    heights: list[int] = []
    stock = Widget.render_lines

    def render_lines(self: Widget, crop: Region) -> list[Strip]:
        heights.append(crop.height)
        return stock(self, crop)

    monkeypatch.setattr(Widget, "render_lines", render_lines)
    return heights


def cells(app: App[None], spans: list[tuple[int, int, int]]) -> list[object]:
    """What an update brings to the screen, cell by cell."""
    compositor = app.screen._compositor
    compositor._dirty_regions.update(Region(x, y, end - x, 1) for y, x, end in spans)
    update = compositor.render_partial_update()
    assert update is not None
    found: list[object] = []
    for y, x, end in sorted(update.spans):
        line: dict[int, object] = {}
        for column, chop in update.chops[y].items():
            for segment in chop or ():
                for character in segment.text:
                    line[column] = (character, segment.style)
                    column += 1
        found.append([line[column] for column in range(x, end)])
    return found


@pytest.mark.parametrize("dialog", [False, True])
async def test_the_same_cells_from_fewer_lines(
    monkeypatch: pytest.MonkeyPatch, asked: list[int], dialog: bool
) -> None:
    chance = random.Random(1)
    app = Layers()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.query_one("#right", VerticalScroll).scroll_to(y=4, animate=False)
        if dialog:
            app.push_screen(Dialog())
        await pilot.pause()
        lines: list[int] = []
        for _ in range(100):
            spans = []
            for y in chance.sample(range(HEIGHT), chance.randint(1, 4)):
                x = chance.randrange(WIDTH - 1)
                spans.append((y, x, chance.randint(x + 1, WIDTH)))
            found: list[list[object]] = []
            for renders in (output_renders._stock_get_renders, output_renders._get_renders):
                monkeypatch.setattr("textual._compositor.Compositor._get_renders", renders)
                asked.clear()
                found.append(cells(app, spans))
                lines.append(sum(asked))
            assert found[0] == found[1]
        assert sum(lines[1::2]) < sum(lines[::2]) / 2


class Narrow(Widget):
    """Draws as if there were a scrollbar, which the layout does not know of yet."""

    def render_line(self, y: int) -> Strip:
        """Less than a whole line."""
        return Strip.blank(self.size.width - 1)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Without Textual's own padding."""
        return [self.render_line(y) for y in crop.line_range]


async def test_what_is_behind_shows_where_a_widget_draws_less_than_its_place() -> None:
    class Transition(App[None]):
        def compose(self) -> ComposeResult:
            """One widget as large as the screen."""
            with Horizontal():
                yield Narrow()

    app = Transition()
    async with app.run_test(size=(WIDTH, HEIGHT)):
        for crop in (Region(0, 0, WIDTH, HEIGHT), Region(0, 3, WIDTH, 2)):
            renders = output_renders._get_renders(app.screen._compositor, crop)
            assert len(list(renders)) > 1


@pytest.mark.parametrize("color", [True, False])
@pytest.mark.parametrize("rows", [21, 40, 300])
async def test_a_scrollbar_looks_as_textual_draws_it(
    monkeypatch: pytest.MonkeyPatch, rows: int, color: bool
) -> None:
    if not color:
        monkeypatch.setenv("NO_COLOR", "1")

    class Bar(App[None]):
        def compose(self) -> ComposeResult:
            """So many lines."""
            with VerticalScroll():
                yield from (Static(str(n)) for n in range(rows))

    def seen(strips: list[Strip]) -> list[object]:
        found: list[object] = []
        for strip in strips:
            for text, style, _control in strip:
                assert style is not None
                colors = (style.color, style.bgcolor)
                ink, paper = colors[::-1] if style.reverse else colors
                # The ink of a blank is not to be seen.
                found.append((text, ink if text.strip() else None, paper, style.meta))
        return found

    app = Bar()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        scroll = app.query_one(VerticalScroll)
        bar = scroll.vertical_scrollbar
        for y in (0, 1, 2, 7, rows):
            scroll.scroll_to(y=y, animate=False)
            await pilot.pause()
            for crop in (Region(0, 0, *bar.size), Region(1, 3, 1, 9)):
                stock = output_renders._stock_bar_lines(bar, crop)
                assert seen(output_renders._bar_lines(bar, crop)) == seen(stock)


def test_textual_has_the_part() -> None:
    assert output_renders.works()
