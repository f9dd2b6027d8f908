"""A key that a dialog takes before its fields do waits for those typed before it."""

from __future__ import annotations

from textual import events
from textual.widgets import TextArea

from tests.screens.test_machines import running
from tests.waiting import until
from tui.app import VirttyApp
from tui.model import Domain
from tui.screens.machine.edit_text import EditText
from tui.screens.machine.xml_editor import XmlEditor

TYPED = "a line that is typed at once, or arrives so over a slow link"


def type_at_once(app: VirttyApp, text: str, last: str) -> None:
    for character in text:
        app.post_message(events.Key(character, character))
    app.post_message(events.Key(last, None))


async def test_a_text_is_taken_with_all_that_was_typed():
    async with running() as (app, _pilot):
        answers: list[str | None] = []
        app.push_screen(EditText("Description", ""), answers.append)
        await until(lambda: isinstance(app.focused, TextArea))
        type_at_once(app, TYPED, "ctrl+s")
        await until(lambda: bool(answers))
        assert answers == [TYPED]


async def test_xml_is_taken_with_all_that_was_typed():
    async with running() as (app, _pilot):
        answers: list[Domain | None] = []
        document = Domain.from_xml("<domain>\n  <name>a</name>\n</domain>")
        app.push_screen(XmlEditor("a", document), answers.append)
        await until(lambda: isinstance(app.focused, TextArea))
        type_at_once(app, f"<!-- {TYPED} -->", "ctrl+s")
        await until(lambda: bool(answers))
        taken = answers[0]
        assert taken is not None
        assert TYPED in taken.to_xml()
