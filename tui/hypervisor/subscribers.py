"""Those who want to be told of something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Subscribers(Generic[T]):
    """Callbacks on the loop, told in the order in which they came."""

    def __init__(self) -> None:
        self._subscribers: dict[object, Callable[[T], None]] = {}

    def add(self, subscriber: Callable[[T], None]) -> Callable[[], None]:
        """Tell this one too; returns the way to stop that, which may be gone more than once."""
        place = object()
        self._subscribers[place] = subscriber

        def leave() -> None:
            self._subscribers.pop(place, None)

        return leave

    def tell(self, what: T) -> None:
        """Call all of them. One that goes meanwhile is told a last time."""
        for subscriber in list(self._subscribers.values()):
            subscriber(what)

    def clear(self) -> None:
        """Tell nobody any more."""
        self._subscribers.clear()
