"""What the terminal answers when it is asked something, kept apart from what is typed.

Textual's parser knows few answers and makes keys of the others. `attach` puts a filter before
it. From the first question on it takes out whatever is an answer, in time or late.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Any

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message

from tui.terminal_escapes import Escapes

SECONDS = 2.0
"""How long an answer is waited for: as long as a far terminal may need."""

LAST_QUESTION = "\x1b[c"
"""Primary device attributes: every terminal answers this, and answers come in order."""

_ANSWER = re.compile(
    r"\x1b_G([^\x1b]{0,400})\x1b\\"  # graphics of kitty's protocol
    r"|\x1bP>\|([^\x1b]{0,400})\x1b\\"  # name and version
    r"|\x1b\[(\?[0-9;]{0,80}[cS])"  # device attributes; limits of sixel graphics
    r"|\x1b\[(6;[0-9]{1,5};[0-9]{1,5}t)"  # a cell's size in pixels
)
_BEGUN = re.compile(
    r"\x1b(?:_G[^\x1b]{0,400}\x1b?|P>(?:\|[^\x1b]{0,400}\x1b?)?|\[\?[0-9;]{0,80}|\[6;[0-9;]{0,12})\Z"
)


_HARDLY_BEGUN = re.compile(r"\x1b(?:[_P]|\[6?)?\Z")
"""What may be a key as well."""
KEY_SECONDS = 0.1
"""How long that is held, and only while an answer is awaited."""


class Answers:
    """Takes answers out of what comes from a terminal, piece by piece."""

    def __init__(self) -> None:
        self._held = ""
        self._held_since = 0.0

    def take(self, data: str, *, awaited: bool = True) -> tuple[str, list[str]]:
        """What of it is not an answer, and the answers, without what introduces and ends them.

        The beginning of an answer is held until the next piece; what may be a key as well only
        where an answer is awaited, and until `release`.
        """
        found: list[str] = []

        def note(match: re.Match[str]) -> str:
            found.append(next(group for group in match.groups() if group is not None))
            return ""

        rest = _ANSWER.sub(note, self._held + data)
        begun = _BEGUN.search(rest) or (_HARDLY_BEGUN.search(rest) if awaited else None)
        self._held = begun[0] if begun else ""
        self._held_since = monotonic()
        return rest[: len(rest) - len(self._held)], found

    def release(self) -> str:
        """What was held and is a key, as nothing followed it."""
        held = self._held
        if not _HARDLY_BEGUN.match(held) or monotonic() < self._held_since + KEY_SECONDS:
            return ""
        self._held = ""
        return held


class _Question:
    """One that waits for its answers."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.answered: asyncio.Future[None] = self.loop.create_future()
        self.answers: list[str] = []

    def note(self, answers: list[str]) -> None:
        self.answers += answers
        if any(is_attributes(answer) for answer in answers) and not self.answered.done():
            self.answered.set_result(None)


_attached = False
_asked = False
"""Whether anything was ever asked: until then nothing is looked at."""
_questions: list[_Question] = []


def is_attributes(answer: str) -> bool:
    """Whether this answers the last question."""
    return answer.startswith("?") and answer.endswith("c")


async def ask(app: App[Any], questions: str) -> list[str]:
    """Ask the terminal, and return its answers up to the one to LAST_QUESTION, which is added.

    Empty where there is no terminal, or none that answers in time. An answer to an earlier
    question that was late may be among them.
    """
    global _asked
    driver = app._driver
    if not (_attached and isinstance(driver, LinuxDriver) and driver.input_tty):
        return []
    question = _Question()
    _questions.append(question)
    _asked = True
    try:
        driver.write(questions + LAST_QUESTION)
        async with asyncio.timeout(SECONDS):
            await question.answered
    except TimeoutError:
        return []
    finally:
        _questions.remove(question)
    return question.answers


class _AnswerParser(XTermParser):
    """Textual's parser, which sees no answers and no pairs of Escape and a character.

    Runs in the input thread.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._answers = Answers()
        self._escapes = Escapes()

    def feed(self, data: str) -> Iterable[Message]:
        """The events of what was typed."""
        if not data:
            return super().feed(data)
        if not _asked:
            return self._keys(data)
        rest, found = self._answers.take(data, awaited=bool(_questions))
        for question in list(_questions) if found else ():
            question.loop.call_soon_threadsafe(question.note, found)
        return self._keys(rest) if rest else ()

    def _keys(self, data: str) -> Iterator[Message]:
        for piece in self._escapes.split(data, monotonic()):
            if isinstance(piece, Key):
                yield piece
            else:
                yield from super().feed(piece)

    def tick(self) -> Iterable[Message]:
        """The events of what was typed and is not longer than it is. Called all the time."""
        released = self._answers.release()
        if released:
            yield from self._keys(released)
        escape = self._escapes.release(monotonic())
        if escape is not None:
            yield escape
        yield from super().tick()


def attach() -> None:
    """Take the place of Textual's own parser."""
    global _attached
    setattr(linux_driver, "XTermParser", _AnswerParser)  # noqa: B010 - as in tui.output_stage
    _attached = True


def works() -> bool:
    """Whether the parts of Textual are there."""
    return (
        list(inspect.signature(XTermParser.feed).parameters) == ["self", "data"]
        and list(inspect.signature(XTermParser.tick).parameters) == ["self"]
        and list(inspect.signature(XTermParser.__init__).parameters) == ["self", "debug"]
        and "XTermParser" in LinuxDriver.run_input_thread.__code__.co_names
        and "input_tty" in LinuxDriver.__init__.__code__.co_names
    )
