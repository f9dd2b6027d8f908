"""The thread that reads keys sleeps until there are some, and still ends when it is told."""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Iterator

import pytest

from tui import input_wait
from tui.input_wait import PatientSelector


@pytest.fixture
def keys() -> Iterator[tuple[int, int]]:
    """Where they are read, and where typed."""
    read, typed = os.pipe()
    yield read, typed
    os.close(read)
    os.close(typed)


@pytest.fixture
def selector(keys: tuple[int, int]) -> Iterator[PatientSelector]:
    selector = PatientSelector()
    selector.register(keys[0], selectors.EVENT_READ)
    yield selector
    selector.close()


def waiting(selector: PatientSelector) -> tuple[threading.Thread, list[int]]:
    """A thread that looks once, and how many things it found."""
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(len(selector.select(0.01))), daemon=True)
    thread.start()
    return thread, found


def test_shortly_after_a_key_it_looks_again_and_again(selector):
    thread, found = waiting(selector)
    thread.join(5)
    assert found == [0]


def test_without_keys_it_waits_for_one(selector, keys, monkeypatch):
    monkeypatch.setattr(input_wait, "_SECONDS", -10.0)
    thread, found = waiting(selector)
    thread.join(0.2)
    assert thread.is_alive()
    os.write(keys[1], b"j")
    thread.join(5)
    assert found == [1]


def test_it_ends_when_it_is_told_and_is_in_time_from_then_on(selector, monkeypatch):
    monkeypatch.setattr(input_wait, "_SECONDS", -10.0)
    thread, found = waiting(selector)
    selector.end()
    thread.join(5)
    assert found == [0]
    assert selector.select(0.01) == []
    selector.close()
    selector.end()  # nobody listens any more


def test_textual_has_what_it_stands_in_for():
    assert input_wait.works()
