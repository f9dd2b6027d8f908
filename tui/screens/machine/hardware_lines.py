"""What the Hardware tab draws: device list, form rows, forecast, diff. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence

from textual.content import Content

from tui.model.domain import Domain
from tui.model.fields import Field, fields_of
from tui.model.pending import is_pending
from tui.model.plan import Effect, Forecast
from tui.model.rules import Finding
from tui.model.session import EditSession
from tui.model.text import visible
from tui.model.views import Device, View
from tui.widgets.cells import fit
from tui.widgets.field_form import FormRow
from tui.widgets.text_view import Line

EFFECT_STYLES = {
    Effect.NOW: "$text-success",
    Effect.NEXT_BOOT: "$text-warning",
    Effect.REFUSED: "bold $text-error",
}
SECRET = "••••••••"
_FOLDER = re.compile(r"(?<!\S)/\S*/")


def device_line(
    view: View,
    session: EditSession,
    running: Mapping[str, View] | None,
    findings: Sequence[Finding],
    width: int,
) -> Content:
    """One entry of the device list: sign, label, summary.

    ``running`` are the running machine's views by the keys of the edited one, None when off.
    ``●`` edited, ``+`` new, ``≠`` the running machine differs, ``!`` something is wrong.
    """
    original = session.original(view)
    edited = any(change.key == (original or view).key for change in session.changes.changes)
    sign, style = " ", ""
    if any(finding.key == view.key for finding in findings):
        sign, style = "!", "bold $text-error"
    elif original is None:
        sign, style = "+", "$text-success"
    elif edited:
        sign, style = "●", "$text-accent"
    elif running is not None and _differs(view, running.get(view.key)):
        sign, style = "≠", "$text-warning"
    label = visible(view.label)
    if len(label) > width - 2:
        label = fit(label, width - 2)
    room = max(0, width - len(label) - 4)
    summary = visible(view.summary)
    if len(summary) > room:
        summary = _FOLDER.sub("", summary)
    return Content.assemble(
        (f"{sign} ", style),
        (label, "bold"),
        "  ",
        (fit(summary, room), "$quiet"),
    )


def _differs(view: View, running: View | None) -> bool:
    return bool(differing(view, running)) if running else isinstance(view, Device)


def differing(stored: View, running: View) -> list[str]:
    """Names of the fields that the next boot changes."""
    return [
        name
        for name, field in fields_of(type(stored)).items()
        if is_pending(field, running, stored)
    ]


def form_rows(
    view: View,
    original: View | None,
    running: View | None,
    findings: Sequence[Finding],
    readonly: str = "",
) -> list[FormRow]:
    """The rows of a view's form; ``readonly``: why nothing can be edited at all."""
    troubles: Mapping[str, str] = {
        finding.field: finding.text for finding in findings if finding.key == view.key
    }
    rows = []
    for name, field in fields_of(type(view)).items():
        text = field.read_text(view)
        words = field.read_words(view)
        changed = original is not None and field.read(original) != field.read(view)
        why_not = "shown only" if field.shown_only else readonly or field.why_not(view)
        if why_not and not text:
            words = ""
        rows.append(
            FormRow(
                name=name,
                label=field.label,
                value=visible(SECRET if field.secret and text else words),
                text="" if field.secret else visible(text),
                note=visible(_note(field, view, original if changed else None, running)),
                help=field.help,
                changed=changed,
                trouble=troubles.get(name, ""),
                why_not=why_not,
            )
        )
    return rows


def _note(field: Field[object], view: View, original: View | None, running: View | None) -> str:
    if original is not None:
        return f"was {field.read_words(original)}"
    if running is not None and is_pending(field, running, view):
        return f"now {field.read_words(running)} → next boot {field.read_words(view)}"
    return ""


def forecast_line(forecast: Forecast, width: int) -> Content:
    """One change: when, what of which device, from what to what, and why not now."""
    change = forecast.change
    subject = f"{visible(change.label)}: {change.what}"
    values = " → ".join(visible(value) for value in (change.old, change.new) if value)
    if not change.old and not change.new:
        values = ""
    told = f"{subject}  {values}" if values else subject
    room = max(20, width - 11)
    if len(told) > room:
        told = _FOLDER.sub("…/", told)
    why = f"  {forecast.why}" if forecast.why else ""
    if len(told) + len(why) > room:
        lines = textwrap.wrap(forecast.why, room)
        why = "".join(f"\n{'':<11}{line}" for line in lines)
    return Content.assemble(
        (f"{forecast.effect.value:<10} ", EFFECT_STYLES[forecast.effect]),
        (told if len(told) <= room else fit(told, room), ""),
        (why, "$quiet"),
    )


def finding_lines(findings: Sequence[Finding], document: Domain, width: int) -> list[Line]:
    """What does not fit, each on lines of its own, and an empty one."""
    lines: list[Line] = []
    for finding in findings:
        view = document.view(finding.key)
        about = f"{visible(view.label)}: " if view is not None else ""
        style = "error" if finding.severity == "error" else ""
        text = f" ! {about}{visible(finding.text)}"
        wrapped = textwrap.wrap(text, max(20, width - 3), subsequent_indent="   ")
        lines += [[(line, style)] for line in wrapped]
    return [*lines, [("", "")]] if lines else []


def diff_lines(diff: Sequence[tuple[str, str]]) -> list[Line]:
    """A diff for a TextView."""
    styles = {"+": "added", "-": "removed", "@": "muted"}
    return [
        [("  …" if sign == "@" else f"{sign} {visible(text)}", styles.get(sign, ""))]
        for sign, text in diff
    ]


def ordered(devices: Sequence[Device]) -> list[Device]:
    """Devices as the list shows them: by kind, in the document's order within one."""
    from tui.model.devices import KINDS

    places = {kind: place for place, kind in enumerate(KINDS.values())}
    return sorted(devices, key=lambda device: places.get(type(device), len(places)))
