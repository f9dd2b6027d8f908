"""What a host asks while it lets us in: passwords, codes, host keys, a touch of a key."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tui.hypervisor.host import Host
from tui.hypervisor.records import HostChange, HostState
from tui.hypervisor.signin import QuestionKind, SignInQuestion
from tui.model.text import visible
from tui.screens.marks import HostMarks
from tui.screens.program import Program

UNDER_WAY = (HostState.CONNECTING, HostState.RECONNECTING)
LOOK_AGAIN = 0.1
"""Seconds between two looks whether a dialog may come, while one has to wait for another."""
YES_OR_NO = re.compile(r"Are you sure you want to continue connecting \(.*\)\?| \(y/n\)")
"""Asked by the buttons here."""
TITLES = {
    QuestionKind.FIELDS: "Sign in to",
    QuestionKind.HOST_KEY: "Is this the right host?",
    QuestionKind.CONFIRM: "Sign in to",
    QuestionKind.NOTICE: "Sign in to",
}


def lines_of(text: str) -> str:
    """What ssh says, line by line, with everything else made visible."""
    lines = YES_OR_NO.sub("", text).splitlines()
    return "\n".join(visible(line) for line in lines).strip()


class SignIn(ModalScreen[bool]):
    """One question of one host; answers whether the person has put it off.

    Escape does: the host waits with "needs you".

    A host key has no key of its own for yes: typing that was meant for another place must
    not accept one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "put_off", "Later"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, host: Host, question: SignInQuestion) -> None:
        super().__init__()
        self.host = host
        self.question = question
        question.on_close = self._over

    def compose(self) -> ComposeResult:
        """Who asks, what, and the way to answer."""
        question = self.question
        title = TITLES[question.kind]
        yes_or_no = question.kind in (QuestionKind.HOST_KEY, QuestionKind.CONFIRM)
        if question.kind is QuestionKind.HOST_KEY:
            heading = f"{visible(self.host.record.name)}: {title.lower()}"
        else:
            heading = f"{title} {visible(self.host.record.name)}"
        with Vertical(classes="dialog -danger" if yes_or_no else "dialog"):
            yield HostMarks([self.host.record])
            yield Static(Content(heading), classes="dialog--title")
            if question.attempt > 1 and question.kind is QuestionKind.FIELDS:
                refused = f"The last answer was refused (attempt {question.attempt})."
                yield Static(Content.assemble((refused, "$text-error")), id="sign-in-refused")
            if question.text:
                yield Static(Content(lines_of(question.text)), id="sign-in-text")
            for field in question.fields:
                yield Static(Content(lines_of(field.prompt)), classes="sign-in-prompt")
                entry = Input(field.default, password=field.secret, compact=True)
                entry.cursor_blink = False
                yield entry
            if question.kind is QuestionKind.HOST_KEY:
                hint = (
                    "Compare the fingerprint with the host's own before you accept it: "
                    "whoever has another key reads all that you type there."
                )
                yield Static(Content(hint), classes="dialog--hint")
            yield Static("", id="sign-in-state")
            if yes_or_no:
                with Horizontal(classes="dialog--buttons"):
                    yield Button("Cancel", id="no")
                    yes = "Accept the key" if question.kind is QuestionKind.HOST_KEY else "Allow"
                    yield Button(yes, id="yes", variant="error")
            else:
                hint = "Escape: later"
                if question.fields:
                    hint = f"Enter signs in · {hint} · nothing typed is stored"
                yield Static(Content(hint), classes="dialog--hint")

    def on_mount(self) -> None:
        """The harmless answer is the one that Enter gives."""
        for widget in (*self.query(Input), *self.query("#no")):
            widget.focus()
            break
        if not self.question.is_open:
            self._over()

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Enter: on to the next field, after the last one all are given."""
        fields = list(self.query(Input))
        place = next((i for i, field in enumerate(fields) if field.has_focus), len(fields) - 1)
        if place + 1 < len(fields):
            fields[place + 1].focus()
        else:
            self.question.answer([field.value for field in fields])

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        """Give the answer that the button stands for."""
        if event.button.id == "yes":
            self.question.answer(["yes"])
        elif self.question.kind is QuestionKind.HOST_KEY:
            self.question.answer(["no"])
            self._over()
        else:
            self.action_put_off()

    def action_put_off(self) -> None:
        """Not now: the attempt is given up, Enter on the host begins another."""
        if self.question.is_open:
            self.host.put_off()
        self.dismiss(True)

    def _over(self) -> None:
        # Called from a host's letters, where Textual's own context is not.
        self.call_later(self._close_when_in_front)

    def _close_when_in_front(self) -> None:
        """Stay while the answer is looked at, so that no key falls on what lies behind.

        Where another dialog lies over this one, its turn comes when that is gone.
        """
        if not self.is_mounted:
            return
        looking = self.host.question is None and self.host.record.state in UNDER_WAY
        if looking:
            for field in self.query(Input):
                field.disabled = True
            self.query_one("#sign-in-state", Static).update("Signing in…")
        elif self.is_active:
            self.dismiss(False)
            return
        self.set_timer(LOOK_AGAIN, self._close_when_in_front)


class SignInDesk:
    """Brings the hosts' questions before the person, one at a time.

    By itself only those of connections that the person has just asked for, and never over
    another dialog. The others wait in the hosts pane with "needs you".
    """

    def __init__(self, app: Program) -> None:
        self.app = app
        self._shown: set[int] = set()
        self._waiting = False
        app.fleet.subscribe(self._changed)

    def _changed(self, change: HostChange) -> None:
        if change.host_changed:
            # Not at once: Textual's own context is not where a host's letters come from.
            self.app.call_later(self.look)

    def look(self) -> None:
        """Show the next question, should there be one and nothing in its way."""
        waiting = [
            host
            for host in self.app.fleet.hosts.values()
            if host.question is not None
            and host.question.is_open
            and host.wanted_now
            and id(host.question) not in self._shown
        ]
        if not waiting or self._waiting or self._shown:
            return
        if isinstance(self.app.screen, ModalScreen):
            self._waiting = True
            self.app.set_timer(LOOK_AGAIN, self._look_again)
            return
        self.show(waiting[0])

    def _look_again(self) -> None:
        self._waiting = False
        self.look()

    def show(self, host: Host) -> None:
        """Show a host's question now, unless it is being shown."""
        question = host.question
        if question is not None and question.is_open and id(question) not in self._shown:
            self._shown.add(id(question))
            self.app.call_later(self._push, host, question)

    def _push(self, host: Host, question: SignInQuestion) -> None:
        if question.is_open:
            self.app.push_screen(
                SignIn(host, question), lambda put_off: self._gone(host, question, bool(put_off))
            )
        else:
            self._gone(host, question, False)

    def _gone(self, host: Host, question: SignInQuestion, put_off: bool) -> None:
        self._shown.discard(id(question))
        error = host.record.error
        # One that is only tried is told of by the dialog that tries it.
        is_ours = host in self.app.fleet.hosts.values()
        if error is not None and host.question is None and is_ours and not put_off:
            self.app.tell_error(error)
        self.look()
