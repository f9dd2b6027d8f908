"""What is remembered, and what is on disk."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest

from tui.hypervisor import journal as journal_module
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.journal import KEPT, Entry, Journal, Outcome, read_audit
from tui.model.text import visible

URI = "qemu+ssh://admin:hush@host/system"


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_one_line_per_change_with_its_result(tmp_path: Path):
    path = tmp_path / "sub" / "audit.log"
    journal = Journal(path)
    for outcome, error in (
        (Outcome.DONE, None),
        (Outcome.FAILED, HypervisorError("Start a", words="no such file")),
        (Outcome.CANCELLED, None),
    ):
        number = journal.begin("h", "a", "start", "virsh start a")
        journal.end(number, outcome, URI, error)
    journal.flush()
    assert [line["result"] for line in lines(path)] == ["done", "failed", "cancelled"]
    assert lines(path)[1]["error"] == "no such file"
    assert "hush" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_name_loses_a_line_or_acts_on_a_terminal(tmp_path: Path):
    """Bytes of the command line or the environment come as lone surrogates."""
    path = tmp_path / "audit.log"
    journal = Journal(path)
    names = ["a\udcff", "line\u2028 separator\x85", "\x9b2J\u202e\x7f\n日本", "b"]
    for name in names:
        journal.end(journal.begin("h", name, "start", "virsh"), Outcome.DONE, f"{URI}\ud800")
    journal.flush()
    text = path.read_text()
    assert visible(text, newlines=True) == text
    assert "日本" in text
    assert [json.loads(line)["object"] for line in text.split("\n") if line] == names
    assert [entry.subject for entry in read_audit(path, float("inf"))] == names


def test_running_work_is_replaced_by_its_end():
    journal = Journal(None)
    seen: list[Entry] = []
    journal.subscribers.add(seen.append)
    number = journal.begin("h", "a", "start", "virsh start a")
    journal.progress(number, 0.5)
    assert journal.running[number].progress == 0.5
    journal.end(number, Outcome.DONE, URI)
    assert not journal.running
    assert [entry.outcome for entry in journal.entries] == [Outcome.DONE]
    assert len(seen) == 3


def test_only_so_many_entries_are_kept():
    journal = Journal(None)
    for number in range(KEPT + 10):
        journal.event("h", "a", f"event {number}")
    assert len(journal.entries) == KEPT


def test_earlier_runs_are_read_back(tmp_path: Path):
    path = tmp_path / "audit.log"
    journal = Journal(path)
    journal.end(journal.begin("h", "a", "start", "virsh start a"), Outcome.DONE, URI)
    journal.flush()
    with path.open("a") as file:
        file.write('{"cut')
    (entry,) = read_audit(path, float("inf"))
    assert entry.virsh == "virsh start a"
    assert abs(entry.time - journal.entries[0].time) < 1.5
    assert read_audit(path, 0) == []
    assert read_audit(tmp_path / "none", float("inf")) == []


def test_of_a_long_log_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "audit.log"
    journal = Journal(path)
    for number in range(10):
        journal.end(journal.begin("h", f"m{number}", "start", "virsh start"), Outcome.DONE, URI)
    journal.flush()
    length = len(path.read_text().splitlines()[-1])
    monkeypatch.setattr(journal_module, "AT_MOST", int(length * 2.5))
    entries = read_audit(path, time.time() + 60)
    assert [entry.subject for entry in entries] == ["m8", "m9"]
