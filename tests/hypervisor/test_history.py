"""Definitions that were replaced are kept: privately, newest first, the last hundred."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.model.definitions import Q35
from tui.hypervisor import history
from tui.model import Domain

URI = "qemu+ssh://admin@far/system"


def keep(directory: Path, document: Domain, *why: str, uri: str = URI) -> Path:
    return history.keep(directory, uri, document.uuid, document, why)


def test_a_definition_comes_back_as_it_was(tmp_path: Path):
    document = Domain.from_xml(Q35)
    keep(tmp_path / "history", document, "Disk vda: Cache mode")
    (version,) = history.versions(tmp_path / "history", URI, document.uuid)
    assert (version.name, version.why) == ("web", ("Disk vda: Cache mode",))
    assert history.read(version).to_xml() == document.to_xml()


def test_nobody_else_can_read_them(tmp_path: Path):
    path = keep(tmp_path / "state" / "history", Domain.from_xml(Q35))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in list(path.parents)[:3]:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_hosts_have_their_own(tmp_path: Path):
    document = Domain.from_xml(Q35)
    keep(tmp_path, document, uri="qemu:///system")
    assert history.versions(tmp_path, URI, document.uuid) == []


def test_the_last_ones_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    document = Domain.from_xml(Q35)
    monkeypatch.setattr(history, "KEPT", 3)
    for number in range(5):
        keep(tmp_path, document, str(number))
    found = history.versions(tmp_path, URI, document.uuid)
    assert [version.why for version in found] == [("4",), ("3",), ("2",)]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"time": "x", "name": "", "why": []}'])
def test_a_broken_file_hides_none_of_the_others(tmp_path: Path, text: str):
    document = Domain.from_xml(Q35)
    path = keep(tmp_path, document)
    (path.parent / "1.000000.json").write_text(text)
    assert len(history.versions(tmp_path, URI, document.uuid)) == 1
