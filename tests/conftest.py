"""Fixtures and hooks that every test may use."""

from __future__ import annotations

import gc
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings
from textual.app import App
from textual.css import stylesheet
from textual.css.model import RuleSet

from tui import output_renders

pytest_plugins = ["tests.lab.fixtures"]

# How long an example takes says more of the machine's other work than of ours.
settings.register_profile("virtty", deadline=None)
settings.load_profile("virtty")

# Screens are drawn as in the program, in half of the time.
output_renders.attach()


_parsed: dict[tuple[object, ...], list[RuleSet]] = {}
_stock_parse = stylesheet.parse


def _parse_once(*args: Any, **options: Any) -> list[RuleSet]:
    """Each test has a program of its own, and all of them have the same styles."""
    tokens = options["variable_tokens"].items()
    look = tuple((name, *(token.value for token in values)) for name, values in tokens)
    key = (*args, *{**options, "variable_tokens": look}.items())
    if key not in _parsed:
        _parsed[key] = list(_stock_parse(*args, **options))
    return _parsed[key]


setattr(stylesheet, "parse", _parse_once)  # noqa: B010 - mypy refuses the assignment


def pytest_collection_finish() -> None:
    """The collector need not look at what was imported and collected, again and again."""
    gc.collect()
    gc.freeze()


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
