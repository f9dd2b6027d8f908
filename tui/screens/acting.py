"""Carrying an action out on machines: what is asked before, what became of each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual.content import Content

from tui.actions.base import MachineAction
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.records import DomainRecord
from tui.model.text import visible
from tui.screens.program import Program

SHUTDOWN_PATIENCE = 60.0
"""Seconds after which a machine that was asked to shut down is worth a word."""


async def act_on_machines(
    app: Program, action: MachineAction, subjects: Sequence[DomainRecord]
) -> None:
    """Do it to those that allow it, side by side, after asking where it has to be asked."""
    willing = [d for d in subjects if not action.refusal(app.fleet, d)]
    worries = [text for d in willing if (text := action.worry(app.fleet, d))]
    if (action.dangerous or worries) and not await _agreed(app, action, willing, worries):
        return
    outcomes = await asyncio.gather(
        *(action.perform(app.fleet.hosts[d.host], d) for d in willing),
        return_exceptions=True,
    )
    failures: dict[tuple[str, str], HypervisorError] = {}
    for domain, outcome in zip(willing, outcomes, strict=True):
        if isinstance(outcome, HypervisorError):
            failures[domain.key] = outcome
        elif isinstance(outcome, BaseException):
            raise outcome
    if action.id == "machine.shutdown":
        keys = [d.key for d in willing if d.key not in failures]
        app.set_timer(SHUTDOWN_PATIENCE, lambda: _still_up(app, keys))
    if len(subjects) == 1:
        if failures:
            await _single_failure(app, action, willing[0], failures[willing[0].key])
        return
    if failures or len(willing) < len(subjects):
        await _show_results(app, action, subjects, failures)
    else:
        app.say(f"{action.name}: {len(willing)} machines")


async def _agreed(
    app: Program, action: MachineAction, domains: Sequence[DomainRecord], worries: Sequence[str]
) -> bool:
    if len(domains) == 1:
        only = domains[0]
        question = f"{action.name} {visible(only.name)} on {visible(only.host)}?"
    else:
        question = f"{action.name} {len(domains)} machines?"
    lines = [visible(action.virsh(domain)) for domain in domains]
    consequence = "\n".join(filter(None, (*map(visible, worries), action.consequence)))
    return await app.ask(question, consequence, lines, action.name)


async def _single_failure(
    app: Program, action: MachineAction, domain: DomainRecord, error: HypervisorError
) -> None:
    app.tell_error(error)
    if action.id == "machine.start":
        app.open_machine(domain.key, "log", error)


async def _show_results(
    app: Program,
    action: MachineAction,
    subjects: Sequence[DomainRecord],
    failures: dict[tuple[str, str], HypervisorError],
) -> None:
    from tui.screens.dialogs import Results

    lines = []
    done = 0
    for domain in subjects:
        name = visible(domain.name)
        if domain.key in failures:
            error = failures[domain.key]
            lines.append(Content.assemble((f"! {name}: ", "$text-error"), error.words))
            if error.advice:
                lines.append(Content.assemble((f"  {error.advice}", "$quiet")))
        elif reason := action.refusal(app.fleet, domain) and not failures.get(domain.key):
            lines.append(Content.assemble((f"– {name}: not done, {reason}", "$text-warning")))
        else:
            done += 1
            lines.append(Content.assemble((f"✓ {name}", "$text-success")))
    await app.push_screen_wait(
        Results(f"{action.name}: {done} of {len(subjects)} machines done", lines)
    )


def _still_up(app: Program, keys: Sequence[tuple[str, str]]) -> None:
    for key in keys:
        record = app.fleet.domain(key)
        if record is not None and record.transition == "stopping":
            app.say(
                f"{visible(record.name)} has not shut down after "
                f"{SHUTDOWN_PATIENCE:.0f} s: o forces it off",
                "warning",
            )
            app.fleet.journal.event(record.host, record.name, "has not shut down yet")
