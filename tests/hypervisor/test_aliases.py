"""libvirt.conf's URI aliases, read as libvirt reads them."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.hypervisor import aliases
from tui.hypervisor.aliases import config_path, uri_aliases


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ('#uri_aliases = [ "a=test:///default" ]\n', {}),
        ('uri_aliases = [ "a=test:///default" ]\n', {"a": "test:///default"}),
        ("uri_aliases=['a=b://c/d?x=y',]", {"a": "b://c/d?x=y"}),
        (
            'uri_default = "q:///s"\nuri_aliases = [\n  # "no=x",\n  "a=b#c", # one\n  "d=e",\n]\n',
            {"a": "b#c", "d": "e"},
        ),
        ('uri_aliases = [ "nonsense", "=x" ]', {}),
        ('uri_aliases = [ "a=b"', {"a": "b"}),
        ('other = [ "a=b" ]', {}),
    ],
)
def test_aliases_are_read_as_libvirt_writes_them(tmp_path, text, found):
    path = tmp_path / "libvirt.conf"
    path.write_text(text)
    assert uri_aliases(path) == found


def test_without_a_file_there_is_no_alias(tmp_path):
    assert uri_aliases(tmp_path / "none") == {}


def test_what_cannot_be_read_is_logged(tmp_path, caplog):
    assert uri_aliases(tmp_path) == {}
    assert "no URI aliases" in caplog.text


@given(st.text("uri_alses=[]\"'#,a \n"))
def test_no_text_makes_it_fail(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "libvirt.conf"
    path.write_text(text)
    uri_aliases(path)


def test_root_has_the_systems_file_and_others_their_own(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert config_path() == aliases.SYSTEM_CONFIG
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path() == tmp_path / "libvirt" / "libvirt.conf"
