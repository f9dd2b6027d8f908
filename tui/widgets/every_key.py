"""A part of the screen that takes every key, and the one key that leads out of it."""

from __future__ import annotations

from textual.widget import Widget

LEAVE = ("ctrl+right_square_bracket", "ctrl+5")
"""The same byte, to terminals; keyboards without the one have the other."""


class EveryKey(Widget, can_focus=True):
    """With the focus, keys are a guest's; :data:`LEAVE` gives it to what is around it."""

    takes_every_key = True

    def lead_out(self) -> None:
        """At once: keys of one burst are already on their way here."""
        around = (place for place in self.ancestors if isinstance(place, Widget))
        self.screen.set_focus(next((place for place in around if place.can_focus), None))
