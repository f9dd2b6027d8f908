"""Choosing from a long list."""

from __future__ import annotations

import pytest

from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor.fleet import Fleet
from tui.screens.choose import Choose, Offer
from tui.settings import Settings
from tui.widgets.options import Options

MODELS = [
    Offer("", "none"),
    *(Offer(f"model{n}", f"model{n}", "AMD" if n % 2 else "Intel") for n in range(40)),
    Offer("bad", "badIntel", why_not="this host's processor lacks features of it"),
]


@pytest.mark.parametrize(
    ("keys", "taken"),
    [
        (["slash", *"l31", "enter"], "model31"),
        (["slash", *"amd", "down", "enter"], "model3"),
        (["slash", *"intel", "up", "enter"], "model38"),
        (["slash", *"l31", "escape", "enter"], "model7"),
        (["slash", *"nowhere", "enter", "escape", "escape"], None),
        (["slash", *"bad", "enter", "escape", "q"], None),
        (["j", "enter"], "model8"),
    ],
)
async def test_words_narrow_the_list(keys, taken):
    app = VirttyApp(Fleet(), Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        answers: list[str | None] = []
        app.push_screen(Choose("Model", MODELS, "model7"), answers.append)
        await until(lambda: isinstance(app.focused, Options))
        await pilot.press(*keys)
        await until(lambda: answers)
        assert answers == [taken]
