"""Numbers as a person reads them, short enough for a column. Unknown is never drawn as zero."""

from __future__ import annotations

import re

UNKNOWN = "–"
"""What stands for a value that is not known (None)."""

SCALES = {
    "b": 1,
    "bytes": 1,
    "kb": 1000,
    "k": 1024,
    "kib": 1024,
    "mb": 1000**2,
    "m": 1024**2,
    "mib": 1024**2,
    "gb": 1000**3,
    "g": 1024**3,
    "gib": 1024**3,
    "tb": 1000**4,
    "t": 1024**4,
    "tib": 1024**4,
    "pb": 1000**5,
    "p": 1024**5,
    "pib": 1024**5,
    "eb": 1000**6,
    "e": 1024**6,
    "eib": 1024**6,
}
"""libvirt's scaled integers (virScaleInteger), in bytes."""


def scale(unit: str | None) -> int:
    """Bytes in one of libvirt's units; KiB where none is told, or none that we know."""
    return SCALES.get((unit or "KiB").casefold(), 1024)


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


def uptime(seconds: float | None) -> str:
    """A span to the minute, not to be drawn anew every second: ``0m``, ``40m``, ``3d 4h``."""
    if seconds is None or seconds >= 3600:
        return duration(seconds)
    return f"{int(max(seconds, 0) // 60)}m"


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


_SIZE = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*([a-zA-Z]*)\s*")


def parse_size(text: str) -> int | None:
    """Bytes of ``4 GiB``, ``4G``, ``1.5 GB``; a bare number is MiB; None for anything else."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    scale = SCALES.get((match[2] or "MiB").casefold())
    return None if scale is None else round(float(match[1].replace(",", ".")) * scale)


def exact_size(count: int) -> str:
    """Bytes in the largest binary unit that loses nothing: ``4 GiB``, ``1536 MiB``, ``7 B``."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        scale = SCALES[unit.casefold()]
        if count and count % scale == 0:
            return f"{count // scale} {unit}"
    return f"{count} B"


def count(number: int, word: str) -> str:
    """``1 machine``, ``2 machines``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
