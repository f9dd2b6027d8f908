"""What of a stored definition is not yet so in the running machine. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tui.model.changes import pair, to_xml
from tui.model.devices import Disk
from tui.model.domain import Domain
from tui.model.fields import Field, fields_of
from tui.model.views import View

OF_THE_RUN = ("alias", "backingStore", "mirror", "source/@index", "target/@state")
"""What a running device tells of this run: nothing that a definition should hold to."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One difference between the running machine and its stored definition."""

    key: str
    """The view's key in the stored definition, or the running one's where only that has it."""
    label: str
    what: str
    """A field's label; ``added`` or ``removed`` for a device that only one of them has."""
    now: str
    """In words."""
    then: str
    """At the next boot, in words."""
    field: str = ""
    """The field's name; empty for a device."""


def pending(live: Domain, stored: Domain) -> tuple[Pending, ...]:
    """What the next boot would change, in the order of the device list.

    What libvirt itself fills in while a machine runs (aliases, an expanded CPU model, the
    balloon's size, ports) is no difference.
    """
    found: list[Pending] = []
    for now, then in zip(live.sections, stored.sections, strict=True):
        found += _differences(now, then)
    pairs, gone, new = pair(live.devices, stored.devices)
    for running, device in pairs:
        found += [] if device.echo else _differences(running, device)
    found += [Pending(d.key, d.label, "removed", d.summary, "") for d in gone]
    found += [Pending(d.key, d.label, "added", "", d.summary) for d in new]
    return tuple(found)


def _differences(live: View, stored: View) -> list[Pending]:
    return [
        Pending(
            stored.key, stored.label, field.label, field.read_words(live),
            field.read_words(stored), field.name,
        )
        for field in fields_of(type(stored)).values()
        if is_pending(field, live, stored)
    ]  # fmt: skip


def stored_like_live(stored: Domain, live: Domain, item: Pending) -> Domain:
    """A copy of the stored definition with one difference taken back: as the machine runs."""
    result = stored.copy()
    if not item.field:
        if item.what == "added":
            added = result.device(item.key)
            if added is not None:
                result.remove_device(added)
        else:
            running = live.device(item.key)
            if running is not None:
                device = result.add_device(to_xml(running.element))
                for told in OF_THE_RUN:
                    device.set(told, None)
        return result
    view = result.view(item.key)
    if view is None:
        return result
    running_view = live.view(item.key)
    for then, now in pair(live.devices, stored.devices)[0]:
        if now.key == item.key:
            running_view = then
    if running_view is not None:
        field = fields_of(type(view))[item.field]
        field.write(view, field.read(running_view))
    return result


def is_pending(field: Field[Any], live: View, stored: View) -> bool:
    """Whether the next boot gives a field another value."""
    if field.volatile or field.read(live) == field.read(stored):
        return False
    # Which driver hands a device of the host over is told once the machine runs with it.
    if (
        field.path == "driver/@name"
        and live.get(field.path) == "vfio"
        and not stored.get(field.path)
    ):
        return False
    # The active layer of a running disk may be a snapshot's overlay: not a pending edit.
    return not (isinstance(stored, Disk) and field.name == "source" and stored.device == "disk")
