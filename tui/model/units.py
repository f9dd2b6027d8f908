"""Numbers as a person reads them, short enough for a column. Unknown is never drawn as zero."""

from __future__ import annotations

UNKNOWN = "–"
"""What stands for a value that is not known (None)."""

_PREFIXES = ("", "K", "M", "G", "T", "P", "E")


def _scaled(value: float, base: int) -> tuple[str, str]:
    """A number of at most four characters and its prefix: ``("1.2", "M")``, ``("512", "K")``.

    Whole numbers below ``base``; one decimal below ten of a larger unit.
    """
    for power, prefix in enumerate(_PREFIXES):
        scaled = value / base**power
        if power and scaled < 9.95:
            return f"{scaled:.1f}", prefix
        if round(scaled) < base or prefix == _PREFIXES[-1]:
            return f"{scaled:.0f}", prefix
    raise AssertionError("the last prefix takes everything")


def size(count: float | None) -> str:
    """Bytes in binary units, at most 8 cells: ``4.0 GiB``, ``512 MiB``, ``0 B``."""
    if count is None:
        return UNKNOWN
    if count < 0:
        return f"-{size(-count)}"
    number, prefix = _scaled(count, 1024)
    return f"{number} {prefix}iB" if prefix else f"{number} B"


def rate(per_second: float | None) -> str:
    """Bytes (or operations) per second, at most 6 cells: ``1.2 M``, ``0``; powers of 1000.

    The unit stands in the column's title.
    """
    if per_second is None:
        return UNKNOWN
    number, prefix = _scaled(max(per_second, 0.0), 1000)
    return f"{number} {prefix}".rstrip()


def percent(fraction: float | None) -> str:
    """A share, 1.0 being all of it, as ``0%``, ``3%``, ``100%``; ``<1%`` for a trace."""
    if fraction is None:
        return UNKNOWN
    if 0 < fraction < 0.005:
        return "<1%"
    return f"{max(fraction, 0.0) * 100:.0f}%"


def duration(seconds: float | None) -> str:
    """A span in its two largest units, at most 8 cells: ``42s``, ``12:05``, ``3h 20m``, ``3d 4h``.

    ``12:05`` is minutes and seconds.
    """
    if seconds is None:
        return UNKNOWN
    whole = max(int(seconds), 0)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days >= 1000:
        return f"{days // 365}y {days % 365}d"
    if days:
        return f"{days}d {hour}h"
    if hours:
        return f"{hours}h {minute}m"
    if minutes:
        return f"{minutes}:{second:02d}"
    return f"{second}s"


def ago(seconds: float | None) -> str:
    """How long ago in its largest unit: ``now``, ``5 s ago``, ``3 min ago``, ``4 d ago``."""
    if seconds is None:
        return UNKNOWN
    whole = int(seconds)
    if whole < 1:
        return "now"
    for span, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if whole >= span:
            return f"{whole // span} {unit} ago"
    return f"{whole} s ago"
