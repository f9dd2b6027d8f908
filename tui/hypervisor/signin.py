"""Signing in: what a host wants to know of a person while a connection opens.

Questions come from threads (ssh's askpass, libvirt's authentication callback) and are
answered on the loop. An answer goes straight to whoever asked and is kept nowhere.
"""

from __future__ import annotations

import enum
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import libvirt

from tui.hypervisor.errors import HypervisorError

AGAIN = "Enter on it in Hosts asks again."
"""What to do when signing in has ended without success, wherever that is read."""


class QuestionKind(enum.Enum):
    """How a question is put."""

    FIELDS = "fields"
    """Lines of text to type."""
    HOST_KEY = "host key"
    """An unknown host key: yes or no."""
    CONFIRM = "confirm"
    """Anything else that wants yes or no."""
    NOTICE = "notice"
    """Nothing to answer: "touch the security key"; goes away by itself."""


@dataclass(frozen=True, slots=True)
class SignInField:
    """One line to type."""

    prompt: str
    secret: bool
    default: str = ""


class SignInQuestion:
    """Something asked; answered once, on any thread."""

    def __init__(
        self,
        kind: QuestionKind,
        text: str = "",
        fields: Sequence[SignInField] = (),
        attempt: int = 1,
    ) -> None:
        self.kind = kind
        self.text = text
        """What the host or ssh says, as it came: data, to be shown visibly."""
        self.fields = tuple(fields)
        self.attempt = attempt
        """1 the first time; more when the answer before was refused."""
        self.on_answer: Callable[[list[str] | None], None] = lambda _answers: None
        """Called at once, on the answering thread, with the answers or None."""
        self.on_close: Callable[[], None] = lambda: None
        """Called on the loop when it is answered or no longer asked: closes a dialog."""
        self._closed = threading.Event()

    @property
    def is_open(self) -> bool:
        """Still waiting for an answer."""
        return not self._closed.is_set()

    def answer(self, answers: list[str] | None) -> None:
        """Give one answer per field (``["yes"]`` to a yes-or-no); None backs out."""
        if self.is_open:
            self._closed.set()
            self.on_answer(answers)

    def wait(self) -> None:
        """Block until it is answered or withdrawn."""
        self._closed.wait()


class SignInError(HypervisorError):
    """Signing in failed, in ssh's words."""

    def __init__(
        self,
        what: str,
        *,
        words: str,
        advice: str = "",
        person: bool = False,
        hopeless: bool = False,
    ) -> None:
        super().__init__(what, words=words, advice=advice)
        self.needs_person = person
        """Only a person can make it work: trying again by itself would not."""
        self.hopeless = hopeless
        """Nothing to type helps: something has to be changed first."""


class Attempt:
    """One try to open a connection: the way from its threads to the person, and to give up."""

    def __init__(
        self, put: Callable[[SignInQuestion], None], done: Callable[[SignInQuestion], None]
    ) -> None:
        self._put, self._done = put, done
        self._lock = threading.Lock()
        self._open: list[SignInQuestion] = []
        self._give_up: list[Callable[[], None]] = []
        self.is_cancelled = False
        self.declined = False
        """The person backed out of a question."""
        self.asked = 0
        """Questions put so far."""

    @property
    def is_asking(self) -> bool:
        """Whether a question is open."""
        with self._lock:
            return bool(self._open)

    def put(self, question: SignInQuestion) -> None:
        """Show a question to the person; returns at once."""
        with self._lock:
            self.asked += 1
            if not self.is_cancelled:
                self._open.append(question)
        if self.is_cancelled:
            question.answer(None)
        else:
            self._put(question)

    def done(self, question: SignInQuestion) -> None:
        """The question is answered, or whoever asked does not want to know any more."""
        question.answer(None)
        with self._lock:
            if question in self._open:
                self._open.remove(question)
        self._done(question)

    def ask(self, question: SignInQuestion) -> list[str] | None:
        """Put a question and wait for the answers; None when the person backs out."""
        got: list[list[str] | None] = [None]

        def take(answers: list[str] | None) -> None:
            got[0] = answers

        question.on_answer = take
        self.put(question)
        question.wait()
        self.done(question)
        if got[0] is None:
            self.declined = True
        return got[0]

    def when_cancelled(self, give_up: Callable[[], None]) -> None:
        """Have this called should the attempt be cancelled; at once when it is already."""
        with self._lock:
            if not self.is_cancelled:
                self._give_up.append(give_up)
                return
        give_up()

    def cancel(self) -> None:
        """Give the attempt up: every open question is withdrawn. From any thread."""
        with self._lock:
            self.is_cancelled = True
            questions, self._open = self._open, []
            calls, self._give_up = self._give_up, []
        for question in questions:
            question.answer(None)
        for call in calls:
            call()


SECRET_CREDENTIALS = (libvirt.VIR_CRED_PASSPHRASE, libvirt.VIR_CRED_NOECHOPROMPT)
CREDENTIALS = [
    libvirt.VIR_CRED_AUTHNAME,
    libvirt.VIR_CRED_ECHOPROMPT,
    libvirt.VIR_CRED_REALM,
    libvirt.VIR_CRED_PASSPHRASE,
    libvirt.VIR_CRED_NOECHOPROMPT,
    libvirt.VIR_CRED_EXTERNAL,
]
"""What the callback can answer, as virsh; libvirt looks into ``auth.conf`` before it asks.

Without USERNAME: SASL would ask for a name to act as besides the name to sign in with.
"""


def libvirt_auth(attempt: Attempt) -> list[Any]:
    """The argument of ``openAuth`` that asks the person; blocks the opener's thread only."""
    asked_before: Counter[str] = Counter()

    def callback(credentials: list[list[Any]], _opaque: object) -> int:
        # An external agent (polkit's) asks by itself: there is nothing to type for it.
        asked = [entry for entry in credentials if entry[0] != libvirt.VIR_CRED_EXTERNAL]
        if not asked:
            return 0
        prompts = "\n".join(str(entry[1]) for entry in asked)
        asked_before[prompts] += 1
        question = question_of(asked, asked_before[prompts])
        answers = attempt.ask(question)
        if answers is None:
            return -1
        if question.kind is QuestionKind.HOST_KEY:
            answers = [answer[:1] for answer in answers]  # ssh wants "yes", libvirt "y"
        for entry, answer in zip(asked, answers, strict=True):
            entry[4] = answer
        return 0

    return [CREDENTIALS, callback, None]


def question_of(credentials: Sequence[Sequence[Any]], attempt: int) -> SignInQuestion:
    """libvirt's credentials (type, prompt, challenge, default, result) as a question.

    libssh and libssh2 ask about an unknown host key as a line of text, "y/n" at its end.
    """
    kind, prompt = credentials[0][0], str(credentials[0][1])
    if len(credentials) == 1 and kind == libvirt.VIR_CRED_ECHOPROMPT and "host key" in prompt:
        return SignInQuestion(QuestionKind.HOST_KEY, prompt, attempt=attempt)
    fields = [
        SignInField(str(prompt).rstrip(": "), kind in SECRET_CREDENTIALS, str(default or ""))
        for kind, prompt, _challenge, default, _result in credentials
    ]
    return SignInQuestion(QuestionKind.FIELDS, fields=fields, attempt=attempt)
