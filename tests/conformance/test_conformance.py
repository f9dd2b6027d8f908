"""The emulator against the list of cases; the page tells the same."""

from __future__ import annotations

import pytest

from tests.conformance.__main__ import DOCS
from tests.conformance.case import Case, differences
from tests.conformance.page import GROUPS, page

CASES = [case for cases in GROUPS.values() for case in cases]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.source}: {case.what}")
def test_as_the_source_says(case: Case):
    found = differences(case)
    assert bool(found) == bool(case.known), found


def test_the_page_is_of_this_run():
    """Mended by `make conformance`."""
    assert DOCS.read_text(encoding="utf-8") == page()
