"""Short, and unknown is not zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model import units

KIB, MIB, GIB = 1024, 1024**2, 1024**3


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "–"),
        (0, "0 B"),
        (1, "1 B"),
        (1023, "1023 B"),
        (KIB, "1.0 KiB"),
        (512 * MIB, "512 MiB"),
        (4 * GIB, "4.0 GiB"),
        (GIB - 1, "1.0 GiB"),
        (10 * GIB - 1, "10 GiB"),
        (1023 * GIB, "1023 GiB"),
        (1.5 * GIB, "1.5 GiB"),
        (-2 * MIB, "-2.0 MiB"),
    ],
)
def test_size(count, text):
    assert units.size(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0"),
        (0.3, "0"),
        (999, "999"),
        (999.6, "1.0 K"),
        (1_234_567, "1.2 M"),
        (45_600_000, "46 M"),
        (999_600_000, "1.0 G"),
        (-5, "0"),
    ],
)
def test_rate(value, text):
    assert units.rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0%"), (0.001, "<1%"), (0.034, "3%"), (1.0, "100%"), (-0.1, "0%")],
)
def test_percent(value, text):
    assert units.percent(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0s"),
        (42.9, "42s"),
        (725, "12:05"),
        (3 * 3600 + 20 * 60 + 59, "3h 20m"),
        (3 * 86400 + 4 * 3600, "3d 4h"),
        (1001 * 86400, "2y 271d"),
        (-3, "0s"),
    ],
)
def test_duration(seconds, text):
    assert units.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.4, "now"),
        (-2, "now"),
        (5, "5 s ago"),
        (200, "3 min ago"),
        (7300, "2 h ago"),
        (400000, "4 d ago"),
    ],
)
def test_ago(seconds, text):
    assert units.ago(seconds) == text


@given(st.integers(0, 2**60))
def test_sizes_fit_eight_cells(count):
    assert len(units.size(count)) <= 8


@given(st.floats(0, 1e18))
def test_rates_fit_six_cells(value):
    assert len(units.rate(value)) <= 6


@given(st.floats(0, 60 * 365 * 86400))
def test_durations_fit_eight_cells(seconds):
    assert len(units.duration(seconds)) <= 8
