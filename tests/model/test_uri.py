"""Connection URIs: apart and together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.uri import Uri, expand

WORD = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
VALUE = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable())


@pytest.mark.parametrize(
    "text",
    [
        "qemu:///system",
        "qemu:///session",
        "qemu+ssh://root@host:2222/system?keyfile=/home/me/key&socket=/run/x",
        "qemu+tls://[fd00::1]:16514/system?pkipath=/etc/pki",
        "qemu+unix:///system?socket=/run/libvirt/libvirt-sock",
        "test:///default",
        "lxc:///",
        "xen+ssh://host/",
    ],
)
def test_a_uri_stays_as_it_is(text: str) -> None:
    assert str(Uri.parse(text)) == text


@given(WORD, VALUE, st.integers(1, 65535), VALUE)
def test_what_is_put_in_comes_out(host: str, user: str, port: int, value: str) -> None:
    made = Uri("qemu", "ssh", user, host, port).with_parameters(socket=value)
    assert Uri.parse(str(made)) == made


def test_parameters_are_set_replaced_and_taken_out() -> None:
    uri = Uri.parse("qemu+ssh://h/system?jump=g&a=1")
    assert str(uri.with_parameters(jump="", a="2", b="")) == "qemu+ssh://h/system?a=2"
    assert uri.get("jump") == "g"
    assert uri.get("none") == ""
    assert Uri.parse("qemu+ssh://h/system?a=1;socket=/x").get("socket") == "/x"


@pytest.mark.parametrize("text", ["", "host", "qemu", "a b"])
def test_words_are_no_uris(text: str) -> None:
    with pytest.raises(ValueError, match="no connection URI"):
        Uri.parse(text)


def test_ranges_stand_for_each_of_their_names() -> None:
    assert expand("node") == ["node"]
    assert expand("node[08:11]") == ["node08", "node09", "node10", "node11"]
    assert expand("n[1:2]-[1:2]") == ["n1-1", "n1-2", "n2-1", "n2-2"]
    assert expand("qemu+ssh://n[1:2]/system") == ["qemu+ssh://n1/system", "qemu+ssh://n2/system"]
    assert expand("[fd00::1]") == ["[fd00::1]"]
    for wrong in ("n[5:1]", "n[1:9999]", "n[1:400]-[1:400]-[1:400]-[1:400]"):
        with pytest.raises(ValueError, match=r"\["):
            expand(wrong)
