"""Carrying an action out on machines: what is asked before, what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from textual.content import Content
from textual.widgets import Input

from tui.actions.base import LEFT_TO_THE_GUEST, MachineAction
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.records import DomainKey, DomainRecord, HostChange
from tui.model.text import visible
from tui.screens.program import Program

PATIENCE = 60.0
"""Seconds after which a guest that does not do what it was asked is worth a word."""


async def act_on_machines(
    app: Program, action: MachineAction, subjects: Sequence[DomainRecord]
) -> None:
    """Do it to those that allow it, side by side, after asking where it has to be asked."""
    reasons = {d.key: action.refusal(app.fleet, d) for d in subjects}
    willing = [d for d in subjects if not reasons[d.key]]
    begun_on = app.screen
    if not await _agreed(app, action, willing, len(subjects)):
        return
    failures = await _perform(app, action, willing)
    if action.unheard:
        _Asked(app, action, [d.key for d in willing if d.key not in failures])
    if len(subjects) > 1:
        await _tell_results(app, action, subjects, reasons, failures)
        return
    for key, error in failures.items():
        # Not over what the person has gone to meanwhile, where the next key is meant for that.
        stayed = app.screen is begun_on and not isinstance(app.focused, Input)
        if action.id == "machine.start" and stayed:
            app.open_machine(key, "log", error)
        else:
            app.tell_error(error)


async def _agreed(
    app: Program, action: MachineAction, willing: Sequence[DomainRecord], count: int
) -> bool:
    """Ask, where there is something to ask; ``count``: how many machines it was meant for."""
    called = names_among(willing)
    worries = [(called[d.key], text) for d in willing if (text := action.worry(app.fleet, d))]
    if not action.dangerous and not worries:
        return True
    only = willing[0] if len(willing) == 1 else None
    hosts = {d.host for d in willing}
    where = visible(hosts.pop()) if len(hosts) == 1 else f"{len(hosts)} hosts"
    of = "" if len(willing) == count else f"of {count} "
    which = f"{visible(only.name) if only else f'{len(willing)} {of}machines'} on {where}"
    question = f"{action.question or action.name} {which}?"
    told = [text if only else f"{name}: {text}" for name, text in worries]
    shown = (visible(text, newlines=True) for text in told)
    consequence = "\n".join(filter(None, (*shown, action.consequence)))
    lines = [visible(action.virsh(domain)) for domain in willing]
    return await app.ask(question, consequence, lines, action.name)


async def _perform(
    app: Program, action: MachineAction, domains: Sequence[DomainRecord]
) -> Mapping[DomainKey, HypervisorError]:
    """Do it to all of them at once; answers with those on which it failed."""
    outcomes = await asyncio.gather(
        *(action.perform(app.fleet.hosts[d.host], d) for d in domains),
        return_exceptions=True,
    )
    failures = {}
    for domain, outcome in zip(domains, outcomes, strict=True):
        if isinstance(outcome, HypervisorError):
            failures[domain.key] = outcome
        elif isinstance(outcome, BaseException):
            raise outcome
    return failures


async def _tell_results(
    app: Program,
    action: MachineAction,
    subjects: Sequence[DomainRecord],
    reasons: Mapping[DomainKey, str],
    failures: Mapping[DomainKey, HypervisorError],
) -> None:
    """In passing where it was done to all of them, else a line for each."""
    from tui.screens.dialogs import Results

    refused = [d for d in subjects if reasons[d.key]]
    failed = [d for d in subjects if d.key in failures]
    done = [d for d in subjects if not reasons[d.key] and d.key not in failures]
    if len(done) == len(subjects):
        app.say(f"{action.name}: {len(done)} machines")
        return
    for domain in refused:
        note_not_done(app, domain, action.name, reasons[domain.key])
    called = names_among(subjects)
    # What went wrong first: of fifty lines the last ones are out of sight.
    lines = [
        *(failed_line(called[d.key], failures[d.key]) for d in failed),
        *(not_done_line(called[d.key], reasons[d.key]) for d in refused),
        *(done_line(called[d.key]) for d in done),
    ]
    title = f"{action.name}: {len(done)} of {len(subjects)} machines done"
    await app.push_screen_wait(Results(title, lines))


def names_among(domains: Sequence[DomainRecord]) -> Mapping[DomainKey, str]:
    """What each is called beside the others: two hosts may have machines of one name."""
    several = len({d.host for d in domains}) > 1
    return {d.key: f"{d.name} on {d.host}" if several else d.name for d in domains}


def note_not_done(app: Program, domain: DomainRecord, what: str, reason: str) -> None:
    """Activity keeps why it was not begun on one of many."""
    app.fleet.journal.event(domain.host, domain.name, f"{what}: not done, {reason}")


def done_line(name: str, said: str = "") -> Content:
    """A machine on which it was done."""
    return Content.assemble((f"✓ {visible(name)}", "$text-success"), (f"  {said}", "$quiet"))


def not_done_line(name: str, reason: str) -> Content:
    """A machine that it was not begun on."""
    return Content.assemble((f"– {visible(name)}: not done, {visible(reason)}", "$text-warning"))


def failed_line(name: str, error: HypervisorError) -> Content:
    """A machine on which it failed, and what to do."""
    words = Content.assemble((f"! {visible(name)}: ", "$text-error"), error.words)
    if not error.advice:
        return words
    return Content.assemble(words, "\n", (f"  {error.advice}", "$quiet"))


class _Asked:
    """Guests that were asked for something, until they have done it or patience is at its end."""

    def __init__(self, app: Program, action: MachineAction, keys: Sequence[DomainKey]) -> None:
        self._app = app
        self._action = action
        self._keys = list(keys)
        self._unsubscribe = app.fleet.subscribe(self._changed)
        app.set_timer(PATIENCE, self._tell_unheard)

    def _changed(self, change: HostChange) -> None:
        """What one that has done it is asked next is another matter."""
        if change.domains:
            self._keys = [key for key in self._keys if self._record(key) is not None]

    def _record(self, key: DomainKey) -> DomainRecord | None:
        """The machine, while it is still to do what it was asked."""
        record = self._app.fleet.domain(key)
        return record if record is not None and record.transition in LEFT_TO_THE_GUEST else None

    def _tell_unheard(self) -> None:
        """What was asked is no longer shown in place of how the machine is."""
        self._unsubscribe()
        app, unheard = self._app, self._action.unheard
        for record in filter(None, map(self._record, self._keys)):
            helps = app.hint(self._action.otherwise)
            told = f"{visible(record.name)} {unheard} after {PATIENCE:.0f} s: {helps}"
            app.say(told, "warning")
            app.fleet.journal.event(record.host, record.name, f"{unheard} yet")
            app.fleet.hosts[record.host].inventory.set_transition(record.uuid, None)
