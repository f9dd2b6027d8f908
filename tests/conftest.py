"""Fixtures and hooks that every test may use."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from typing import IO, Any

import pytest
from hypothesis import settings
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from tests import hanging
from tui import output_renders

pytest_plugins = ["tests.lab.fixtures"]

# How long an example takes says more of the machine's other work than of ours.
settings.register_profile("virtty", deadline=None)
settings.load_profile("virtty")

# Screens are drawn as in the program, in half of the time.
output_renders.attach()


_parsed: dict[tuple[object, ...], list[RuleSet]] = {}
_stock_parse = Stylesheet._parse_rules


def _parse_once(self: Stylesheet, *source: Any, **more: Any) -> list[RuleSet]:
    """Each test has a program of its own, and all of them have the same styles."""
    key = (*self._variables.items(), *source, *more.items())
    if key not in _parsed:
        _parsed[key] = _stock_parse(self, *source, **more)
    return _parsed[key]


setattr(Stylesheet, "_parse_rules", _parse_once)  # noqa: B010 - mypy refuses the assignment


def pytest_collection_finish() -> None:
    """The collector need not look at what was imported and collected, again and again.

    Nor after each seven hundred objects: a screen makes thousands of them at once.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


_stock_shutdown = App._shutdown


async def _shutdown(self: App[object]) -> None:
    """No timer fires while widgets are removed: `App.exit` sees to that, `run_test` does not."""
    self._exit = True
    await _stock_shutdown(self)


setattr(App, "_shutdown", _shutdown)  # noqa: B010 - mypy refuses the assignment


_uncaptured = pytest.StashKey[IO[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """A way to the terminal, while pytest captures nothing yet."""
    config.stash[_uncaptured] = os.fdopen(os.dup(2), "w")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Told a moment before pytest-timeout ends it."""
    limit = item.config.getoption("timeout") or float(item.config.getini("timeout"))
    with hanging.told(limit - 2, item.config.stash[_uncaptured]):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Some tests log what is no text; a report goes to another process as text."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report
