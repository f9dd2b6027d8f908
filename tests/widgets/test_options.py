"""Options of a dialog, and those of the command palette."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.command import CommandList
from textual.content import Content

from tests.waiting import until
from tui.screens.palette import Palette
from tui.widgets.options import Options


class Dialog(App[None]):
    def compose(self) -> ComposeResult:
        yield Options()

    def on_mount(self) -> None:
        options = self.query_one(Options)
        options.show_lines([Content("one"), Content("two")])
        options.highlighted = 0
        options.display = False
        self.set_focus(options)


async def test_no_page_is_turned_before_it_is_laid_out():
    async with Dialog().run_test() as pilot:
        options = pilot.app.query_one(Options)
        for key in ("pageup", "pagedown"):
            assert not options.size
            await options.run_action(f"page_{key[4:]}")
        options.display = True
        await until(lambda: options.size)
        options.focus()
        await pilot.press("pagedown")
        assert options.highlighted == 1


async def test_the_palettes_list_is_hidden_until_something_is_found():
    async with App[None]().run_test() as pilot:
        palette = Palette(providers=[])
        await pilot.app.push_screen(palette)
        palette.query_one(CommandList).add_option("late")
        palette.query_one(CommandList).highlighted = 0
        await pilot.press("pageup", "pagedown")
        assert pilot.app.screen is palette
