"""The measures by name."""

from collections.abc import Callable, Iterator

from tests.benchmarks.result import Figure
from tests.benchmarks.stage import Stage

Measure = Callable[[Stage], Iterator[Figure]]
MEASURES: dict[str, Measure] = {}


def measure(name: str) -> Callable[[Measure], Measure]:
    """Register a function that yields the figures of one or more lines of the table."""

    def register(function: Measure) -> Measure:
        MEASURES[name] = function
        return function

    return register
