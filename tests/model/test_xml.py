"""What may be shown of a definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tui.model import Domain
from tui.model.xml import (
    MASK,
    hide_secrets,
    mask_secrets,
    parse,
    restore_secrets,
    serialise,
    spelled_out,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "<graphics type='vnc' passwd='pa&apos;ss' passwdValidTo='2026-01-01T00:00:00'/>",
            "<graphics type='vnc' passwd='********' passwdValidTo='2026-01-01T00:00:00'/>",
        ),
        ('<graphics passwd="it\'s"/>', '<graphics passwd="********"/>'),
        ("<graphics passwd=''/>", "<graphics passwd='********'/>"),
        (
            "<qemu:arg value='-vnc :1,password=se,,cret word,tls'/>",
            "<qemu:arg value='-vnc :1,password=********,tls'/>",
        ),
        (
            "<qemu:arg value='secret,id=s0,data=letmein'/>",
            "<qemu:arg value='secret,id=s0,data=********'/>",
        ),
        (
            "<qemu:env name='ROOT_PASSWORD' value='x y'/>",
            "<qemu:env name='ROOT_PASSWORD' value='********'/>",
        ),
        ("<source name='http://me:pw@host/x'/>", "<source name='http://me:********@host/x'/>"),
    ],
)
def test_secrets_are_masked(text, shown):
    assert mask_secrets(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "<secret type='ceph' uuid='4ec115d5-1b2c-4a7a-9d32-2a5ef9e1d2f6'/>",
        "<qemu:arg value='-device x,password-secret=sec0'/>",
        "<cmdline>root=/dev/vda rootflags=data=ordered</cmdline>",
        "<source protocol='rbd' name='pool/web'><host name='mon' port='6789'/></source>",
        "<qemu:env name='TERM' value='linux'/>",
        "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'/>",
    ],
)
def test_what_is_no_secret_stays(text):
    assert mask_secrets(text) == text


def test_the_rest_is_still_xml():
    text = (
        "<domain><graphics passwd='a'/><cmdline>password=b quiet</cmdline><name>x</name></domain>"
    )
    assert etree.fromstring(mask_secrets(text)).findtext("name") == "x"


TEXTS = st.text(
    st.one_of(
        st.sampled_from(f"*'\"=,:@/&<>\ue000\ue0010\u2028\u202e\x85\x7f\u200d\t\n {MASK}passwd"),
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
    ),
    max_size=40,
)


@given(texts=st.lists(TEXTS, min_size=3, max_size=3), secret=TEXTS)
def test_nothing_is_lost_on_the_way_to_an_editor_and_back(texts: list[str], secret: str):
    """Whatever a document holds of what stands for a secret, or cannot be seen."""
    root = etree.fromstring("<domain><!--c\u202e--><a/><graphics/><b/></domain>")
    root[1].text, root[1].tail, root[3].text = (text or None for text in texts)
    root[2].set("passwd", secret)
    root[3].set("x", secret)
    before = serialise(root.getroottree())
    hidden, secrets = hide_secrets(before)
    shown = spelled_out(hidden)
    assert restore_secrets(hidden, secrets) == before
    assert serialise(parse(restore_secrets(shown, secrets))) == before


def test_what_cannot_be_seen_is_spelled_out():
    assert (
        spelled_out("<a b='\u202e'>\x85日本é\u200b</a>")
        == "<a b='&#x202E;'>&#x85;日本é&#x200B;</a>"
    )
    kept = "<a><!--\u200b--><![CDATA[\u200b]]></a>"
    assert spelled_out(kept) == kept


def test_a_mask_of_the_documents_own_is_no_secret_of_another():
    """Else a description could have a password put into it."""
    text = f"<a><d>{MASK} \ue0000\ue001</d><graphics passwd='hush'/></a>"
    hidden, secrets = hide_secrets(text)
    assert "hush" not in hidden
    assert restore_secrets(hidden, secrets) == text


def test_what_libvirt_stores_though_no_xml_may_hold_it_is_replaced() -> None:
    document = Domain.from_xml("<domain><description>a\uffffb\ufffe</description></domain>")
    assert document.description == "a\ufffdb\ufffd"
