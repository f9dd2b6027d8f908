"""What may be shown of a definition."""

import pytest
from lxml import etree

from tui.model.xml import mask_secrets


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
