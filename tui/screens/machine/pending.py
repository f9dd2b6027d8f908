"""What waits for the next boot, item by item; each can be taken back."""

from __future__ import annotations

from tui.model.domain import Domain
from tui.model.pending import Pending, pending, stored_like_live
from tui.model.text import visible
from tui.screens.choose import Choose, Offer
from tui.screens.program import Program


async def choose_pending(app: Program, live: Domain, stored: Domain) -> Domain | None:
    """Show the differences; answers a definition with the chosen one taken back."""
    found = pending(live, stored)
    if not found:
        app.say("Nothing is pending: the machine runs by its definition.")
        return None
    offers = [
        Offer(str(place), visible(f"{item.label}: {item.what}"), visible(_values(item)))
        for place, item in enumerate(found)
    ]
    title = "Waits for the next boot. Enter takes an item back: the definition follows the machine"
    chosen = await app.push_screen_wait(Choose(title, offers))
    return None if chosen is None else stored_like_live(stored, live, found[int(chosen)])


def _values(item: Pending) -> str:
    values = [value for value in (item.now, item.then) if value]
    return f"now {values[0]} → next boot {values[1]}" if len(values) == 2 else "".join(values)
