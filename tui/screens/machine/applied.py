"""What became of an applied change set."""

from __future__ import annotations

from textual.content import Content

from tui.hypervisor.apply import Applied
from tui.hypervisor.records import DomainRecord
from tui.model.text import visible
from tui.screens.dialogs import Results
from tui.screens.program import Program


async def tell_applied(app: Program, record: DomainRecord, applied: Applied) -> None:
    """In passing when all is well and done; as a list where something is left to know.

    Activity has the steps; what libvirt did otherwise is noted here.
    """
    for text in filter(None, (*applied.altered, applied.warning)):
        app.fleet.journal.event(record.host, record.name, f"applied: {text}")
    if not (applied.failed or applied.altered or applied.warning or applied.waiting):
        app.say("Applied: it is so now." if len(applied.steps) > 1 else "Applied.")
        return
    await app.push_screen_wait(Results("Applied", result_lines(applied)))


def result_lines(applied: Applied) -> list[Content]:
    """A line for each step, for what waits, and for what libvirt did otherwise."""
    lines = []
    for step in applied.steps:
        if step.error is None:
            lines.append(Content.assemble(("✓ ", "$text-success"), visible(step.what)))
            continue
        lines.append(Content.assemble(("! ", "$text-error"), visible(step.what)))
        lines.append(Content(f"    {step.error.words}"))
        if step.error.advice:
            lines.append(Content.assemble((f"    {step.error.advice}", "$text-warning")))
        stored = "It is stored, and comes at the next boot."
        told = stored if step.is_stored else "Nothing of it is stored."
        lines.append(Content.assemble((f"    {told}", "$quiet")))
    for forecast in applied.waiting:
        change = forecast.change
        lines.append(
            Content.assemble(
                ("≠ ", "$text-warning"),
                visible(f"{change.label}: {change.what} at the next boot"),
                (f"  {forecast.why}", "$quiet"),
            )
        )
    if applied.merged:
        lines.append(Content("Someone else's changes of the same machine were kept."))
    lines += [
        Content.assemble(("libvirt: ", "$text-warning"), visible(text)) for text in applied.altered
    ]
    if applied.warning:
        lines.append(Content.assemble((applied.warning, "$text-warning")))
    return lines
