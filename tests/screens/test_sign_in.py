"""Sign-in dialogs, driven by keys: the host asks by a thread of its own, as ssh would."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor import host as host_module
from tui.hypervisor import opening
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.records import HostState
from tui.hypervisor.signin import Attempt, QuestionKind, SignInError, SignInField, SignInQuestion
from tui.hypervisor.ssh import question_of
from tui.screens.host_dialog import HostDialog
from tui.screens.hosts import HostsPane
from tui.screens.sign_in import LOOK_AGAIN, SignIn, lines_of
from tui.settings import Settings

TEST = "test:///default"
HOST_KEY = """The authenticity of host 'far (10.0.0.1)' can't be established.
ED25519 key fingerprint is SHA256:abc[red]\x1b[2J.
Are you sure you want to continue connecting (yes/no/[fingerprint])? """

PROMPT = f"Enter passphrase for key '/home/me/{'long' * 20}/id_far'"

Ask = Callable[[Attempt], None]


@contextlib.asynccontextmanager
async def running(
    monkeypatch: pytest.MonkeyPatch, asks: dict[str, Ask]
) -> AsyncIterator[tuple[VirttyApp, Pilot[int]]]:
    """The program on test hosts that ask before they let one in."""

    def open_connection(*arguments: Any) -> opening.Opened:
        record, _sign_ins, attempt = arguments[:3]
        asks[record.key](attempt)
        return opening.open_connection(*arguments)

    monkeypatch.setattr(host_module, "open_connection", open_connection)
    fleet = Fleet()
    for name in asks:
        fleet.add(name, TEST).open()
    app = VirttyApp(fleet, Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        yield app, pilot
    fleet.close()


def password(wanted: str) -> Ask:
    def ask(attempt: Attempt) -> None:
        for count in (1, 2, 3):
            field = SignInField(PROMPT, secret=True)
            question = SignInQuestion(QuestionKind.FIELDS, fields=[field], attempt=count)
            answers = attempt.ask(question)
            if answers == [wanted]:
                return
            if answers is None:
                break
            time.sleep(2 * LOOK_AGAIN)  # as sshd does after a wrong one: the dialog is waiting
        raise SignInError("Signing in", words="Permission denied", person=True)

    return ask


def host_key(attempt: Attempt) -> None:
    if attempt.ask(question_of(HOST_KEY, "", 1)) != ["yes"]:
        raise SignInError("Signing in", words="its host key was not accepted", person=True)


def nothing(_attempt: Attempt) -> None:
    """Lets everybody in."""


def state(app: VirttyApp, name: str) -> HostState:
    return app.fleet.hosts[name].record.state


async def dialog(app: VirttyApp) -> SignIn:
    await until(lambda: isinstance(app.screen, SignIn) and app.screen.question.is_open)
    await until(lambda: app.focused is not None)
    screen = app.screen
    assert isinstance(screen, SignIn)
    return screen


async def test_a_password_is_asked_again_and_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = {"far": password("right"), "near": nothing}
    async with running(monkeypatch, asks) as (app, pilot):
        first = await dialog(app)
        await until(lambda: state(app, "near") is HostState.CONNECTED)
        assert state(app, "far") is HostState.NEEDS_AUTHENTICATION
        assert first.query_one(Input).password
        prompt = first.query_one(".sign-in-prompt")
        assert prompt.region in first.query_one(".dialog").content_region
        assert prompt.size.area >= len(PROMPT)  # all of it is there to be read
        await pilot.press(*"wrong", "enter")
        await until(lambda: app.screen is not first)
        second = await dialog(app)
        assert "attempt 2" in str(second.query_one("#sign-in-refused", Static).render())
        await pilot.press(*"right", "enter")
        await until(lambda: state(app, "far") is HostState.CONNECTED)
        await until(lambda: app.screen is app.main)


async def test_a_host_key_shows_its_fingerprint_and_cancel_is_what_enter_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch, {"far": host_key}) as (app, pilot):
        asked = await dialog(app)
        text = str(asked.query_one("#sign-in-text", Static).render())
        assert "SHA256:abc[red]␛[2J" in text
        assert "yes/no" not in text
        assert lines_of("Accept SSH host key with hash 'e4' (y/n)?").endswith("'e4'?")
        assert isinstance(app.focused, Button)
        await pilot.press("y", "enter")
        await until(lambda: app.fleet.hosts["far"].record.error is not None)
        assert state(app, "far") is HostState.NEEDS_AUTHENTICATION
        await until(lambda: app.screen is app.main)
        app.fleet.hosts["far"].retry()
        await dialog(app)
        await pilot.press("right", "enter")
        await until(lambda: state(app, "far") is HostState.CONNECTED)


async def test_a_sign_in_that_has_failed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch, {"far": password("right")}) as (app, pilot):
        for count in (1, 2, 3):
            asked = await dialog(app)
            assert asked.question.attempt == count
            await pilot.press(*"wrong", "enter")
            await until(partial(lambda one: app.screen is not one, asked))
        await until(lambda: app.screen is app.main and bool(app._notifications))
        assert [note.message for note in app._notifications] == ["Signing in: Permission denied"]


async def test_later_waits_in_the_list_and_enter_asks_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch, {"far": password("right")}) as (app, pilot):
        await dialog(app)
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)
        assert state(app, "far") is HostState.NEEDS_AUTHENTICATION
        await pilot.press("5")
        await until(lambda: bool(app.main.query(HostsPane)))
        pane = app.main.query_one(HostsPane)
        await until(lambda: pane.table.has_focus)
        assert [row.record.word for row in pane.table.visible_rows] == ["needs you"]
        details = str(pane.query_one("#host-details", Static).render())
        assert "sign-in put off" in details
        assert not app._notifications
        await pilot.press("enter")
        await dialog(app)
        await pilot.press(*"right", "enter")
        await until(lambda: state(app, "far") is HostState.CONNECTED)


async def test_a_connection_that_is_tried_asks_until_it_is_let_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asks: dict[str, Ask] = {"near": nothing}
    async with running(monkeypatch, asks) as (app, pilot):
        asks[f"trial of {TEST}"] = password("right")
        await pilot.press("5")
        await until(lambda: bool(app.main.query(HostsPane)))
        await until(lambda: app.main.query_one(HostsPane).table.has_focus)
        await pilot.press("a")
        await until(lambda: isinstance(app.screen, HostDialog) and app.focused is not None)
        form = app.screen
        form.query_one("#host-uri", Input).value = TEST
        told = form.query_one("#host-fault", Static)
        for words in (["wrong"] * 3, ["wrong", "right"]):
            await pilot.press("ctrl+t")
            for count, word in enumerate(words, 1):
                asked = await dialog(app)
                assert asked.question.attempt == count
                await pilot.press(*word, "enter")
                await until(partial(lambda one: app.screen is not one, asked))
            await until(lambda: app.screen is form)
            text = "It works" if "right" in words else "Permission denied"
            await until(partial(lambda text: text in str(told.render()), text))
        assert not app._notifications


async def test_a_question_that_a_timer_brought_does_not_pop_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch, {"far": password("right")}) as (app, pilot):
        await dialog(app)
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)
        app.fleet.hosts["far"]._retry_now()
        await until(lambda: app.fleet.hosts["far"].question is not None)
        await pilot.pause()
        assert app.screen is app.main
        await pilot.press("5")
        await until(lambda: bool(app.main.query(HostsPane)))
        await until(lambda: app.main.query_one(HostsPane).table.has_focus)
        await pilot.press("enter")
        await dialog(app)


async def test_two_hosts_ask_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = {"a": password("one"), "b": password("two")}
    async with running(monkeypatch, asks) as (app, pilot):
        for _ in asks:
            host = (await dialog(app)).host
            await pilot.press(*{"a": "one", "b": "two"}[host.record.name], "enter")
            await until(partial(getattr, host, "is_connected"))
        await until(lambda: app.screen is app.main)


async def test_a_notice_goes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    touched: list[SignInQuestion] = []

    def touch(attempt: Attempt) -> None:
        question = question_of("Confirm user presence for key ED25519-SK", "none", 1)
        touched.append(question)
        attempt.put(question)
        question.wait()
        attempt.done(question)

    async with running(monkeypatch, {"far": touch}) as (app, _pilot):
        asked = await dialog_without_focus(app)
        assert "Confirm user presence" in str(asked.query_one("#sign-in-text", Static).render())
        touched[0].answer(None)
        await until(lambda: state(app, "far") is HostState.CONNECTED)
        await until(lambda: app.screen is app.main)


async def dialog_without_focus(app: VirttyApp) -> SignIn:
    await until(lambda: isinstance(app.screen, SignIn) and bool(app.screen.query(Static)))
    screen = app.screen
    assert isinstance(screen, SignIn)
    return screen
