"""The two lines of the Console tab: what is open, and how the one in front stands. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from textual.content import Content

from tui.hypervisor.records import DomainKey
from tui.model.states import DomainState
from tui.model.text import visible
from tui.screens.machine.console_session import ConsoleSession
from tui.widgets.cells import TextPart


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


RESTING: Mapping[DomainState, tuple[str, str]] = {
    DomainState.PAUSED: ("the machine is paused: ", "{machine.pause} resumes it"),
    DomainState.PMSUSPENDED: ("the machine is suspended: ", "{console.start} wakes it"),
    DomainState.CRASHED: ("the machine has crashed: ", "{machine.force-off} ends it"),
}
"""What is said while nobody reads what is typed, and what changes that."""


def status_line(session: ConsoleSession, keys: Keys, below: int) -> Content:
    """Whose the keys are, how the console stands, what helps; the most important first.

    ``below``: how many lines of output are below the view.
    """
    if keys is Keys.MARK:
        told = " mark: arrows move, Space or V begins, y copies, Esc ends "
        return Content.assemble((told, "bold $text-accent"))
    out = "Ctrl+] " if keys is Keys.GUEST else ""
    parts: list[TextPart] = []
    if keys is Keys.GUEST:
        parts.append((" Ctrl+] leaves ", "bold $text-accent"))
    elif session.attached:
        back = session.with_keys(" {console.enter} back to the guest ")
        parts.append((back, "bold $text-accent"))
    parts.append((f" {session.status} ", "$text-success" if session.attached else "$text-warning"))
    if session.hint:
        parts.append((f" {out}{session.hint}", "$text-warning"))
    log = session.log
    if log is not None and log.ended:
        parts.append((visible(f" log ended: {log.ended} "), "$text-warning"))
    port = session.guest.port
    if session.guest.device is not None and port is not None:
        parts.append((f" {visible(port.alias)}", "bold"))
    if below > 0:
        lines = "line" if below == 1 else "lines"
        parts.append((f" {below} {lines} further down: Shift+PgDn ", "$text-warning"))
    elif session.attached:
        parts += _attached(session, out)
    if log is not None and not log.ended:
        parts.append((visible(f"  log {log.path.name}"), "$quiet"))
    return Content.assemble(*parts)


def _attached(session: ConsoleSession, out: str) -> list[TextPart]:
    host, record = session.host, session.record
    if host is not None and not host.record.is_current:
        word = f" {visible(host.record.name)} is {host.record.word}: what is typed waits"
        return [(word, "$text-warning")]
    columns, rows = session.size
    if record is not None and record.state in RESTING:
        rests, helps = RESTING[record.state]
        return [(f" {rests}{out}{session.with_keys(helps)}", "$text-warning")]
    if session.is_silent:
        helps = session.with_keys("{console.help} helps")
        return [(f" silent: press Enter to wake it, {out}{helps}", "$text-warning")]
    told = session.guest.told
    if told == session.size:
        return [(f" {columns}×{rows}", "$quiet")]
    believes = "80×24?" if told is None else f"{told[0]}×{told[1]},"
    tells = session.with_keys("{console.size} tells it")
    return [(f" guest: {believes} {out}{tells} {columns}×{rows}", "$quiet")]


def open_consoles(
    sessions: Mapping[DomainKey, ConsoleSession], front: DomainKey, width: int
) -> Content:
    """The consoles that are open, those with something new marked; empty for one alone.

    Where they do not fit into ``width`` columns, the line begins with the one in front: what
    follows is what the key leads to.
    """
    if len(sessions) < 2:
        return Content("")
    several_hosts = len({host for host, _uuid in sessions}) > 1
    tabs = []
    for key, session in sessions.items():
        name = visible(f"{session.name}@{key[0]}" if several_hosts else session.name)
        if session.record is None:
            name += " (gone)"
        mark = "●" if session.unseen else " "
        style = "bold $text-primary underline" if key == front else "$quiet"
        tabs.append(Content.assemble((f" {mark}", "$text-accent"), (name, style)))
    helps = Content.assemble((session.with_keys("   Ctrl+] {console.next} next"), "$quiet"))
    if sum(tab.cell_length for tab in tabs) + helps.cell_length > width:
        first = list(sessions).index(front)
        tabs = tabs[first:] + tabs[:first]
    room = max(0, width - helps.cell_length)
    return Content.assemble(Content("").join(tabs).truncate(room, ellipsis=True), helps)
