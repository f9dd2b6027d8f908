"""The forecast: what of a change set takes effect now, what at the next boot, what is refused.

What a running QEMU machine accepts is small and fixed; the fields and devices say it where they
are declared (``live``, ``live_unless``, ``why_not_hotplug``). Pure: nothing is asked of libvirt.
"""

from __future__ import annotations

import enum
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from tui.model.changes import (
    Change,
    ChangeId,
    ChangeSet,
    DeviceAdded,
    DeviceRemoved,
    FieldChange,
    pair,
)
from tui.model.devices.character import Channel, Console
from tui.model.devices.rest import Filesystem
from tui.model.domain import Domain
from tui.model.fields import BESIDE_DEFINITION, Call
from tui.model.live_commands import commands
from tui.model.pcie_ports import FULL, NO_SLOT, free_ports, has_slot, takes_port, takes_slot
from tui.model.views import Device, View, keys_of


class Effect(enum.Enum):
    """When a change takes effect; the value is the word for it."""

    NOW = "now"
    NEXT_BOOT = "next boot"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DomainStatus:
    """What of a domain decides how changes to it take effect."""

    active: bool
    persistent: bool
    driver: str = "QEMU"
    """virConnectGetType."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What becomes of one change."""

    change: Change
    effect: Effect
    why: str = ""
    """Why not now, or why not at all; empty where there is nothing to say."""
    call: Call | None = None
    """The libvirt call that does it now; None where the definition alone is changed."""
    is_stored: bool = True
    """The next boot has it too; False for what the person wants now only."""


@dataclass(frozen=True, slots=True)
class LiveStep:
    """One libvirt call on the running machine, for all changes that it takes at once."""

    call: Call
    key: str
    """The view that it is about, in the base."""
    label: str
    changes: tuple[Change, ...]
    commands: tuple[str, ...]
    """The equivalent virsh commands."""

    @property
    def virsh(self) -> str:
        """The commands in one line."""
        return "; ".join(self.commands)


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying will do: the definition first, then the steps, in order."""

    forecasts: tuple[Forecast, ...]
    define: bool
    """Whether a stored definition is written."""
    steps: tuple[LiveStep, ...]
    commands: tuple[str, ...]
    """The equivalent virsh commands."""

    @property
    def refused(self) -> tuple[Forecast, ...]:
        """What stands in the way: nothing is applied while there is any."""
        return tuple(f for f in self.forecasts if f.effect is Effect.REFUSED)


def plan(
    changes: ChangeSet,
    status: DomainStatus,
    live: Domain | None = None,
    *,
    held_back: Collection[ChangeId] = (),
    now_only: Collection[ChangeId] = (),
) -> Plan:
    """Forecast a change set.

    ``live``: the running machine's document; None while it is off. ``held_back``: ids of
    changes that the person wants at the next boot only; ``now_only``: not at the next boot.
    """
    forecasts = [
        _forecast(change, changes, status, live, change.id in held_back)
        for change in changes.changes
    ]
    forecasts = [
        replace(f, why="not at the next boot, as you chose", is_stored=False)
        if f.change.id in now_only and f.call not in (None, *BESIDE_DEFINITION)
        else f
        for f in forecasts
    ]
    steps = _steps(forecasts, changes)
    define = status.persistent and any(
        f.is_stored and f.call not in BESIDE_DEFINITION for f in forecasts
    )
    name = changes.base.name
    told = [c for step in steps if step.call in BESIDE_DEFINITION for c in step.commands]
    if define:
        told.append(f"virsh define {shlex.quote(name + '.xml')} --validate")
    told += [c for step in steps if step.call not in BESIDE_DEFINITION for c in step.commands]
    return Plan(tuple(forecasts), define, steps, tuple(told))


def _forecast(
    change: Change, changes: ChangeSet, status: DomainStatus, live: Domain | None, held: bool
) -> Forecast:
    if isinstance(change, FieldChange) and change.field.live in BESIDE_DEFINITION:
        if change.field.live is Call.RENAME and status.active:
            return Forecast(change, Effect.REFUSED, "a machine is renamed while it is off")
        return Forecast(change, Effect.NOW, call=change.field.live)
    if not status.active:
        return Forecast(change, Effect.NEXT_BOOT)
    call, why = _live_call(change, changes, status, live)
    if call is not None and held and status.persistent:
        return Forecast(change, Effect.NEXT_BOOT, "as you chose")
    if call is not None or (not why and status.persistent):
        return Forecast(change, Effect.NOW, call=call)
    if not status.persistent:
        return Forecast(
            change, Effect.REFUSED, f"{why}; and a transient machine has no stored definition"
        )
    return Forecast(change, Effect.NEXT_BOOT, why)


def _live_call(
    change: Change, changes: ChangeSet, status: DomainStatus, live: Domain | None
) -> tuple[Call | None, str]:
    """The call, or why there is none; neither where the running machine has it so already."""
    if status.driver == "TEST":
        return None, "the test driver takes changes of the definition only"
    if live is None:
        return None, "its running definition could not be read"
    if isinstance(change, DeviceAdded):
        device = changes.edited.device(change.key)
        why = ""
        if device is not None:
            why = device.why_not_hotplug() or _why_not_shared(device, live)
            why = why or _why_no_bus(device, live) or _why_no_port(device, changes, live)
        return (None, why) if why else (Call.ATTACH_DEVICE, "")
    if isinstance(change, DeviceRemoved):
        running = counterpart(changes.base, change.key, live)
        if running is None:
            return None, ""
        why = running.why_not_hotplug() if isinstance(running, Device) else ""
        return (None, why) if why else (Call.DETACH_DEVICE, "")
    if not isinstance(change, FieldChange):
        return None, "only fields can change while it runs"
    return _live_field(change, changes, live)


def _why_not_shared(device: Device, live: Domain) -> str:
    """Whether the running machine's memory can be seen by the program behind a new device."""
    needed = isinstance(device, Filesystem) and device.needs_shared_memory
    return "its running memory is not shared" if needed and not live.memory.is_shared else ""


def _why_no_bus(device: Device, live: Domain) -> str:
    """Whether the running machine has what a new device is plugged into."""
    models: dict[str, list[str]] = {}
    for one in live.devices:
        if one.tag_name == "controller":
            models.setdefault(one.get("@type"), []).append(one.get("@model"))
    if isinstance(device, Channel | Console) and device.target_type == "virtio":
        if "virtio-serial" not in models:
            return "it runs without a virtio-serial controller; libvirt adds one for the next boot"
    elif device.is_on_usb and "none" in models.get("usb", ()):
        return "it runs without USB"
    return NO_SLOT if takes_slot(device) and not has_slot(live) else ""


def _why_no_port(device: Device, changes: ChangeSet, live: Domain) -> str:
    """Whether the running machine's PCIe ports suffice for this one of the new devices."""
    free = free_ports(live)
    if free is None or not takes_port(device):
        return ""
    added = [changes.edited.device(c.key) for c in changes.changes if isinstance(c, DeviceAdded)]
    keys = [other.key for other in added if other is not None and takes_port(other)]
    return "" if keys.index(device.key) < free else FULL


def _live_field(change: FieldChange, changes: ChangeSet, live: Domain) -> tuple[Call | None, str]:
    field = change.field
    running = counterpart(changes.base, change.key, live)
    wanted = edited_view(changes, change.key)
    if running is None or wanted is None:
        return None, "the running machine does not have it"
    if field.read(running) == change.after:
        return None, ""
    if field.live is None:
        return None, "it takes effect when the machine starts"
    why = field.live_unless(running, wanted) if field.live_unless is not None else ""
    if not why and field.live is Call.UPDATE_DEVICE:
        why = _why_not_update(running)
    return (None, why) if why else (field.live, "")


def _why_not_update(running: View) -> str:
    if running.get("@type") in ("hostdev", "vdpa") and running.element.tag == "interface":
        return "nothing of a passed-through NIC changes while it runs"
    return ""


def counterpart(base: Domain, key: str, live: Domain) -> View | None:
    """The running machine's view of what ``key`` names in the base."""
    return counterparts(base, live).get(key)


def counterparts(base: Domain, live: Domain) -> dict[str, View]:
    """The running machine's views of what the keys of the base name."""
    found: dict[str, View] = {section.key: section for section in live.sections}
    devices = base.devices
    keys = dict(zip(devices, keys_of(devices), strict=True))
    return found | {keys[old]: running for old, running in pair(devices, live.devices)[0]}


def edited_view(changes: ChangeSet, key: str) -> View | None:
    """The edited document's view of what ``key`` names in the base."""
    return counterpart(changes.base, key, changes.edited)


def _steps(forecasts: Sequence[Forecast], changes: ChangeSet) -> tuple[LiveStep, ...]:
    """One step per call and view; removals before additions: they may take the same place."""
    groups: dict[tuple[Call, str], list[Change]] = {}
    for forecast in forecasts:
        if forecast.call is not None:
            groups.setdefault((forecast.call, forecast.change.key), []).append(forecast.change)
    order = list(Call)
    last = (Call.DETACH_DEVICE, Call.ATTACH_DEVICE)
    ranked = sorted(
        groups.items(),
        key=lambda item: (
            (last.index(item[0][0]) + len(order)) if item[0][0] in last else order.index(item[0][0])
        ),
    )
    edited, name = changes.edited, changes.base.name
    return tuple(
        LiveStep(
            call,
            key,
            made[0].label,
            tuple(made),
            commands(call, key, made, edited, name),
        )
        for (call, key), made in ranked
    )
