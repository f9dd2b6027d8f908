"""The measures by name."""

from collections.abc import Callable, Iterator

from tests.benchmarks.result import Figure
from tests.benchmarks.stage import Stage

Measure = Callable[[Stage], Iterator[Figure]]
MEASURES: dict[str, Measure] = {}
_WITH_GUESTS: set[str] = set()


def measure(name: str, *, with_guests: bool = False) -> Callable[[Measure], Measure]:
    """Register a function that yields the figures of one or more lines of the table.

    ``with_guests``: it starts the fifty guests of the stage, which go on computing.
    """

    def register(function: Measure) -> Measure:
        MEASURES[name] = function
        if with_guests:
            _WITH_GUESTS.add(name)
        return function

    return register


def in_order() -> list[str]:
    """The names, those that leave guests running last: they would slow the others down."""
    return sorted(MEASURES, key=_WITH_GUESTS.__contains__)
