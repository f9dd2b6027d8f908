"""Adding hardware: which kind, then what it has to be told."""

from __future__ import annotations

from tui.model.domain import Domain
from tui.model.surroundings import Surroundings
from tui.model.templates import TEMPLATES
from tui.screens.choose import Choose, Offer
from tui.screens.program import Program


async def add_hardware(app: Program, document: Domain, surroundings: Surroundings) -> list[str]:
    """Ask; answers the XML of the new devices, nothing when the person backs out."""
    offers = [Offer(kind.name, kind.label, kind.help) for kind in TEMPLATES]
    chosen = await app.push_screen_wait(Choose("Add hardware", offers))
    if chosen is None:
        return []
    return []
