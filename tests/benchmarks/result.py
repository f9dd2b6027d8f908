"""What a measure finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table: ours, the reference of the same run, and the bar.

    `bar` is in the unit of `ours` and has the reference in it already; `rule` says how it
    came about. `at_least` turns the bar round. Without a bar the figure only informs.
    """

    measure: str
    ours: float
    unit: str
    bar: float | None = None
    rule: str = ""
    reference: float | None = None
    note: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the bar is met."""
        if self.bar is None:
            return True
        return self.ours >= self.bar if self.at_least else self.ours <= self.bar

    def cells(self) -> tuple[str, str, str, str, str]:
        """Measure, ours, reference, bar, met or not."""

        def amount(value: float | None) -> str:
            if value is None:
                return ""
            digits = 0 if value == int(value) else 1 if value >= 10 else 2
            return f"{value:.{digits}f} {self.unit}"

        bar = amount(self.bar)
        if bar:
            bar = f"{'≥' if self.at_least else '≤'} {bar}"
            if self.rule:
                bar += f" ({self.rule})"
        verdict = "" if self.bar is None else "met" if self.met else "MISSED"
        return self.measure, amount(self.ours), amount(self.reference), bar, verdict


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values are (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: list[float]) -> float:
    """The middle value."""
    return percentile(values, 0.5)
