"""Fixtures and hooks that every test may use."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import settings
from textual.app import App

from tui import output_renders

pytest_plugins = ["tests.lab.fixtures"]

# How long an example takes says more of the machine's other work than of ours.
settings.register_profile("virtty", deadline=None)
settings.load_profile("virtty")

# Screens are drawn as in the program, in half of the time.
output_renders.attach()


_stock_shutdown = App._shutdown


async def _shutdown(self: App[object]) -> None:
    """No timer fires while widgets are removed: `App.exit` sees to that, `run_test` does not."""
    self._exit = True
    await _stock_shutdown(self)


setattr(App, "_shutdown", _shutdown)  # noqa: B010 - mypy refuses the assignment


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Some tests log what is no text; a report goes to another process as text."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report
