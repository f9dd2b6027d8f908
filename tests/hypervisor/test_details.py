"""What definitions add to the list."""

from __future__ import annotations

from types import SimpleNamespace

import libvirt
import pytest

from tui.hypervisor.details import read_details


def test_a_definition_that_is_no_xml_leaves_the_others_alone() -> None:
    texts = {
        "broken": "<domain><name>a</name>",
        "whole": "<domain><name>b</name><vcpu>3</vcpu><title>Web</title></domain>",
    }
    connection = SimpleNamespace(
        lookupByUUIDString=lambda uuid: SimpleNamespace(XMLDesc=lambda _flags: texts[uuid])
    )
    found = read_details(connection, dict.fromkeys(texts, True), {})
    assert list(found) == ["whole"]
    assert (found["whole"].details.title, found["whole"].size.vcpus) == ("Web", 3)


@pytest.mark.parametrize("alive", [True, False])
def test_a_machine_that_libvirt_cannot_describe_leaves_the_others_alone(alive: bool) -> None:
    def describe(uuid: str) -> str:
        if uuid == "broken":
            raise refused
        return "<domain><name>b</name></domain>"

    refused = libvirt.libvirtError("")
    refused.err = (libvirt.VIR_ERR_INTERNAL_ERROR, 0, "a VMX entry is missing", 2, "", "", "", 0, 0)
    connection = SimpleNamespace(
        lookupByUUIDString=lambda uuid: SimpleNamespace(XMLDesc=lambda _flags: describe(uuid)),
        isAlive=lambda: alive,
    )
    wanted = {"broken": True, "whole": True}
    if alive:
        assert list(read_details(connection, wanted, {})) == ["whole"]
    else:  # it says nothing of the machine: all of them are to be read again
        with pytest.raises(libvirt.libvirtError):
            read_details(connection, wanted, {})
