"""Names in the order in which a person looks for them."""

from __future__ import annotations

from tui.model.order import natural


def test_numbers_count_and_case_does_not() -> None:
    names = ["node10", "Node2", "node1b", "node1", "10", "9", "", "rack2-node1", "rack10-node1"]
    assert sorted(names, key=natural) == [
        *("", "9", "10", "node1", "node1b", "Node2", "node10", "rack2-node1", "rack10-node1")
    ]
