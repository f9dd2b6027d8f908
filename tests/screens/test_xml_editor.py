"""A definition edited as XML, here and in the person's own editor."""

from __future__ import annotations

import contextlib

import pytest

from tests.screens.hardware_tab import go_to, hardware
from tests.screens.test_machines import screen_text
from tests.waiting import until
from tui.screens.dialogs import Confirm
from tui.screens.machine.review import Review
from tui.screens.machine.xml_editor import XmlEditor


async def test_the_xml_editor_shows_no_password_and_keeps_it():
    async with hardware("web-01") as (app, pilot, tab):
        await go_to(pilot, tab, "graphics vnc", "password")
        await pilot.press("enter", *"tiger7", "enter")
        await until(lambda: bool(tab.session.changes))
        assert "tiger7" not in screen_text(app)
        await pilot.press("escape", "X")
        await until(lambda: isinstance(app.screen, XmlEditor))
        editor = app.screen
        assert isinstance(editor, XmlEditor)
        assert "tiger7" not in editor.area.text
        editor.area.text = editor.area.text.replace("<on_crash>destroy", "<on_crash>preserve")
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, Review))
        await pilot.pause()
        assert "tiger7" not in screen_text(app)
        assert tab.session.edited.graphics[0].password == "tiger7"
        assert tab.session.edited.general.on_crash == "preserve"


async def test_what_is_not_well_formed_stays_in_the_editor():
    async with hardware("web-01") as (app, pilot, tab):
        await pilot.press("X")
        await until(lambda: isinstance(app.screen, XmlEditor))
        editor = app.screen
        assert isinstance(editor, XmlEditor)
        editor.area.text = editor.area.text.replace("</os>", "")
        await pilot.press("ctrl+s")
        await until(lambda: "Not well-formed" in screen_text(app))
        assert not tab.session.changes
        await pilot.press("escape")
        await until(lambda: isinstance(app.screen, Confirm))


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("sh -c 'sed -i s/web-01/web-0x/ $0'", ""),
        ("sh -c 'printf \"\\\\351\" >$0'", "utf-8"),
        ("vi 'half", "quotation"),
        ("/nowhere/vi", "No such file"),
    ],
)
async def test_the_own_editor(monkeypatch: pytest.MonkeyPatch, command: str, told: str):
    monkeypatch.setenv("VISUAL", command)
    async with hardware("web-01") as (app, pilot, _tab):
        monkeypatch.setattr(app, "suspend", contextlib.nullcontext)
        await pilot.press("X")
        await until(lambda: isinstance(app.screen, XmlEditor))
        editor = app.screen
        assert isinstance(editor, XmlEditor)
        before = editor.area.text
        await pilot.press("ctrl+e")
        await pilot.pause()
        after = before if told else before.replace("web-01", "web-0x")
        assert editor.area.text == after
        assert any(told in notice.message for notice in app._notifications) == bool(told)
