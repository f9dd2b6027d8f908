"""Snapshots of several machines at once: take one on each, or delete one by name."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from textual.content import Content

from tui.actions.base import host_refusal
from tui.hypervisor import snapshots
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.hypervisor.snapshot_deletion import delete_snapshots
from tui.hypervisor.snapshot_situation import look_at
from tui.model.snapshot_defaults import first_request, with_files
from tui.model.snapshot_request import default_name
from tui.model.snapshot_rules import forbidden, name_fault, remarks
from tui.model.text import visible
from tui.screens.acting import (
    done_line,
    failed_line,
    names_among,
    not_done_line,
    note_not_done,
)
from tui.screens.choose import Choose, Offer
from tui.screens.dialogs import Results
from tui.screens.program import Program

AT_ONCE = 8
"""Machines that are worked on side by side."""

Work = Callable[[Host, DomainRecord], Awaitable[str]]
"""Does it to one machine and says what was done; raises HypervisorError."""


async def snapshots_of_many(app: Program, records: Sequence[DomainRecord]) -> None:
    """Ask what, do it side by side, show a result for each."""
    offers = [
        Offer("take", "take a snapshot", "of each, by what is best for it"),
        Offer("delete", "delete a snapshot", "of this name, where there is one"),
    ]
    chosen = await app.push_screen_wait(Choose(f"Snapshots of {len(records)} machines", offers))
    if chosen is None:
        return
    if chosen == "take":
        name = await app.ask_text(
            f"Take a snapshot of {len(records)} machines", "Name", default_name((), time.time())
        )
        if name is not None and (fault := name_fault(name)) is not None:
            app.say(f"{fault.what} {fault.advice}", "warning")
            return
        title = "Snapshot"
        work = _taking(name or "")
    else:
        name = await app.ask_text(f"Delete a snapshot on {len(records)} machines", "Name", "")
        title = "Delete snapshot"
        work = _deleting(name or "")
        names = [visible(name) for name in names_among(records).values()]
        if name and not await app.ask(
            f"Delete the snapshot {visible(name)} of {len(records)} machines?",
            "It can no longer be gone back to. The present stays; overlays are merged.",
            names,
            "Delete",
        ):
            return
    if not name:
        return
    results = await _on_all(app, records, title, work)
    done = sum(ok for ok, _line in results)
    await app.push_screen_wait(
        Results(
            f"{title} {visible(name)}: {done} of {len(records)} machines done",
            [line for _ok, line in results],
        )
    )


def _taking(name: str) -> Work:
    async def take(host: Host, record: DomainRecord) -> str:
        now = (await look_at(host, record)).circumstances
        wanted = with_files(record.name, replace(first_request(record.name, now), name=name), now)
        found = remarks(wanted, now)
        if forbidden(found):
            raise HypervisorError(
                f"Take the snapshot {name} of {record.name}",
                words=found[0].what,
                advice=found[0].advice,
            )
        await snapshots.create(host, record, wanted)
        return "external" if wanted.external else "internal"

    return take


def _deleting(name: str) -> Work:
    async def delete(host: Host, record: DomainRecord) -> str:
        known = await snapshots.read_snapshots(host, record)
        if not any(one.name == name for one in known):
            raise HypervisorError(
                f"Delete the snapshot {name} of {record.name}", words="it has none of that name"
            )
        await delete_snapshots(host, record, [name])
        return "deleted"

    return delete


async def _on_all(
    app: Program, records: Sequence[DomainRecord], title: str, work: Work
) -> list[tuple[bool, Content]]:
    turns = asyncio.Semaphore(AT_ONCE)
    called = names_among(records)

    async def one(record: DomainRecord) -> tuple[bool, Content]:
        host = app.fleet.hosts.get(record.host)
        reason = "its host is gone" if host is None else host_refusal(host.record, changes=True)
        if host is None or reason:
            note_not_done(app, record, title, reason)
            return False, not_done_line(called[record.key], reason)
        async with turns:
            try:
                said = await work(host, record)
            except HypervisorError as error:
                app.fleet.journal.keep(error, record.host, record.name)
                return False, failed_line(called[record.key], error)
        return True, done_line(called[record.key], said)

    return list(await asyncio.gather(*map(one, records)))
