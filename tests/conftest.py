"""Fixtures and hooks that every test may use."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import settings

from tui import output_renders

pytest_plugins = ["tests.lab.fixtures"]

# How long an example takes says more of the machine's other work than of ours.
settings.register_profile("virtty", deadline=None)
settings.load_profile("virtty")

# Screens are drawn as in the program, in half of the time.
output_renders.attach()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Some tests log what is no text; a report goes to another process as text."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report
