"""A search in a text: what it has found is in view, and is told from what else there is."""

from __future__ import annotations

from textual.app import App, ComposeResult

from tui.widgets.text_view import TextView, plain_lines


class OneText(App[None]):
    """The widget alone."""

    CSS = """
    TextView > .text-view--found { background: red; }
    TextView > .text-view--current { background: blue; }
    """

    def compose(self) -> ComposeResult:
        """The widget."""
        yield TextView()


def drawn(view: TextView, colour: tuple[int, int, int]) -> list[tuple[int, str]]:
    """Line of the view and text of what has this background."""
    return [
        (y, segment.text)
        for y in range(view.size.height)
        for segment in view.render_line(y)
        if segment.style and segment.style.bgcolor and segment.style.bgcolor.triplet == colour
    ]


CURRENT, FOUND = (0, 0, 255), (255, 0, 0)


async def test_what_is_found_is_in_view_and_the_one_gone_to_stands_out():
    app = OneText()
    async with app.run_test(size=(30, 6)) as pilot:
        view = app.query_one(TextView)
        view.set_lines(plain_lines(f"{'-' * 70}needle\nshort needle\nnone\nneedle\nnone"))
        await pilot.pause()
        view.search("needle")
        await pilot.pause()
        assert view.scroll_x > 0
        assert drawn(view, CURRENT) == [(0, "needle")]
        view.action_next_match(1)
        await pilot.pause()
        assert view.scroll_x == 0
        assert drawn(view, CURRENT) == [(1, "needle")]
        assert drawn(view, FOUND) == [(3, "needle")]
        view.action_next_match(1)
        view.set_lines(plain_lines("needle"))  # read again: there is less
        await pilot.pause()
        assert drawn(view, FOUND) == [(0, "needle")]
        view.search("")
        await pilot.pause()
        assert not drawn(view, FOUND)
        assert not drawn(view, CURRENT)


async def test_what_is_found_is_marked_behind_letters_that_fold_into_two():
    app = OneText()
    async with app.run_test(size=(30, 6)) as pilot:
        view = app.query_one(TextView)
        view.set_lines(plain_lines("Straße İstanbul NEEDLE."))
        view.search("needle")
        await pilot.pause()
        assert drawn(view, CURRENT) == [(0, "NEEDLE")]


async def test_a_match_that_begins_in_one_colour_and_ends_in_another_is_marked_whole():
    app = OneText()
    async with app.run_test(size=(30, 6)) as pilot:
        view = app.query_one(TextView)
        view.set_lines([[("<漢 ", "tag"), ("port=", "attribute"), ("'0x10'", "value"), ("/>", "")]])
        view.search("PORT='0X")
        await pilot.pause()
        assert "".join(text for _y, text in drawn(view, CURRENT)) == "port='0x"
        assert view.render_line(0).text.rstrip() == " <漢 port='0x10'/>"
