"""The two lines of the Console tab: what is open, and how the one in front stands. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from textual.content import Content

from tui.model.states import DomainState
from tui.model.text import visible
from tui.screens.machine.console_session import ConsoleSession

Part = str | tuple[str, str]


class Keys(enum.Enum):
    """Whose the keys are."""

    GUEST = enum.auto()
    PROGRAM = enum.auto()
    MARK = enum.auto()


BAR: Mapping[Keys, list[tuple[str, str, bool]]] = {
    Keys.GUEST: [
        ("ctrl+right_square_bracket", "Leave the guest", True),
        ("shift+pageup", "Look back", True),
        ("", "all other keys are the guest's", False),
    ],
    Keys.MARK: [
        ("space", "Begin", True),
        ("V", "Whole lines", True),
        ("y", "Copy", True),
        ("g", "First line", True),
        ("G", "Last line", True),
        ("escape", "End", True),
    ],
}
"""What the key bar shows while the keys are not the program's."""


def status_line(session: ConsoleSession, keys: Keys, below: int) -> Content:
    """Whose the keys are, how the console stands, what helps; the most important first.

    ``below``: how many lines of output are below the view.
    """
    if keys is Keys.MARK:
        told = " mark: arrows move, Space or V begins, y copies, Esc ends "
        return Content.assemble((told, "bold $text-accent"))
    out = "Ctrl+] " if keys is Keys.GUEST else ""
    parts: list[Part] = []
    if keys is Keys.GUEST:
        parts.append((" Ctrl+] leaves ", "bold $text-accent"))
    elif session.attached:
        back = session.with_keys(" {console.enter} back to the guest ")
        parts.append((back, "bold $text-accent"))
    parts.append((f" {session.status} ", "$text-success" if session.attached else "$text-warning"))
    if session.hint:
        parts.append((f" {out}{session.hint}", "$text-warning"))
    port = session.guest.port
    if session.guest.device is not None and port is not None:
        parts.append((f" {visible(port.alias)}", "bold"))
    if below > 0:
        parts.append((f" {below} lines further down: Shift+PgDn ", "$text-warning"))
    if session.attached:
        parts += _attached(session, out)
    if session.log is not None:
        ended = session.log.ended
        told = f"  log ended: {visible(ended)}" if ended else f"  log {session.log.path.name}"
        parts.append((visible(told), "$text-warning" if ended else "$quiet"))
    return Content.assemble(*parts)


def _attached(session: ConsoleSession, out: str) -> list[Part]:
    record = session.record
    columns, rows = session.size
    if record is not None and record.state is DomainState.PAUSED:
        resumes = session.with_keys("{machine.pause} resumes it")
        return [(f" the machine is paused: {out}{resumes}", "$text-warning")]
    if session.is_silent:
        helps = session.with_keys("{console.help} helps")
        return [(f" silent: press Enter to wake it, {out}{helps}", "$text-warning")]
    if session.guest.told == session.size:
        return [(f" {columns}×{rows}", "$quiet")]
    tells = session.with_keys("{console.size} tells it")
    return [(f" guest: 80×24? {out}{tells} {columns}×{rows}", "$quiet")]


def open_consoles(
    sessions: Mapping[tuple[str, str], ConsoleSession], front: tuple[str, str]
) -> Content:
    """The consoles that are open, those with something new marked; empty for one alone."""
    if len(sessions) < 2:
        return Content("")
    parts: list[Part] = []
    for key, session in sessions.items():
        record = session.record
        name = "gone" if record is None else visible(f"{record.name}@{record.host}")
        mark = "●" if session.unseen else " "
        style = "bold $text-primary underline" if key == front else "$quiet"
        parts += [(f" {mark}", "$text-accent"), (name, style)]
    parts.append((session.with_keys("   Ctrl+] {console.next} next"), "$quiet"))
    return Content.assemble(*parts)
