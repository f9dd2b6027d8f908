"""Where choices come from: a host's domain capabilities and what else it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tui.model.fields import Option, Told
from tui.model.surroundings import Surroundings
from tui.model.views import View


def enum(
    path: str,
    name: str,
    *,
    otherwise: Told | None = None,
    refused: Mapping[str, str] = MappingProxyType({}),
) -> Told:
    """The values of ``<enum name=…>`` below ``path`` in the domain capabilities.

    ``otherwise`` gives them where the host does not tell; ``refused``: values that a form
    cannot give, and why.
    """

    def told(view: View, surroundings: Surroundings) -> Sequence[Option] | None:
        capabilities = surroundings.capabilities
        values = None if capabilities is None else capabilities.enum(path, name)
        if values is not None:
            return [Option(value, value, why_not=refused.get(value, "")) for value in values]
        return None if otherwise is None else otherwise(view, surroundings)

    return told


def by_arch(values: Mapping[str, str]) -> Told:
    """Values by the one architecture that has each, ``x86`` for both of a PC; empty for all."""

    def told(view: View, _surroundings: Surroundings) -> Sequence[Option]:
        kind = view.element.getroottree().find("os/type")
        arch = "" if kind is None else kind.get("arch", "")
        family = "x86" if arch in ("x86_64", "i686") else arch.removesuffix("le")
        return [
            Option(value, value, why_not=f"only on {only}" if family and only != family else "")
            if only
            else Option(value, value)
            for value, only in values.items()
        ]

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


def filters(_view: View, surroundings: Surroundings) -> Sequence[Option]:
    """The host's network filters."""
    return [Option(name, name) for name in surroundings.filters]
