"""Where choices come from: a host's domain capabilities and what else it tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.model.fields import Option
from tui.model.surroundings import Surroundings
from tui.model.views import View


def enum(path: str, name: str) -> Callable[[View, Surroundings], Sequence[Option] | None]:
    """The values of ``<enum name=…>`` below ``path`` in the domain capabilities."""

    def told(_view: View, surroundings: Surroundings) -> Sequence[Option] | None:
        capabilities = surroundings.capabilities
        values = None if capabilities is None else capabilities.enum(path, name)
        return None if values is None else [Option(value, value) for value in values]

    return told


def cpu_modes(_view: View, surroundings: Surroundings) -> Sequence[Option] | None:
    """CPU modes that the host supports."""
    if surroundings.capabilities is None:
        return None
    return [Option(mode, mode) for mode in surroundings.capabilities.cpu_modes]


def cpu_models(_view: View, surroundings: Surroundings) -> Sequence[Option] | None:
    """Named models, those that this processor lacks features for with the reason."""
    if surroundings.capabilities is None:
        return None
    return [
        Option(
            model.name,
            model.name,
            "" if model.vendor == "unknown" else model.vendor,
            "" if model.usable else "this host's processor lacks features of it",
        )
        for model in surroundings.capabilities.cpu_models
    ]


def machines(view: View, surroundings: Surroundings) -> Sequence[Option] | None:
    """Versions of the machine type's own family: another chipset would move every device."""
    family = machine_family(view.get("os/type/@machine"))
    found = [name for name in surroundings.machines if machine_family(name) == family]
    return [Option(name, name) for name in found] or None


def machine_family(machine: str) -> str:
    """``q35`` or ``i440fx`` for the versions of a PC, else the name before its version."""
    if "q35" in machine:
        return "q35"
    if machine == "pc" or machine.startswith("pc-i440fx"):
        return "i440fx"
    name, _, version = machine.rpartition("-")
    return name if version[:1].isdigit() else machine


def networks(_view: View, surroundings: Surroundings) -> Sequence[Option]:
    """The host's networks."""
    return [Option(name, name) for name in surroundings.networks]


def filters(_view: View, surroundings: Surroundings) -> Sequence[Option]:
    """The host's network filters."""
    return [Option(name, name) for name in surroundings.filters]
