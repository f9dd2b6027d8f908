"""What definitions add to the list."""

from __future__ import annotations

from types import SimpleNamespace

from tui.hypervisor.details import read_details


def test_a_definition_that_is_no_xml_leaves_the_others_alone() -> None:
    texts = {
        "broken": "<domain><name>a</name>",
        "whole": "<domain><name>b</name><vcpu>3</vcpu><title>Web</title></domain>",
    }
    connection = SimpleNamespace(
        lookupByUUIDString=lambda uuid: SimpleNamespace(XMLDesc=lambda _flags: texts[uuid])
    )
    found = read_details(connection, dict.fromkeys(texts, True), {}, listing_pays=False)
    assert list(found) == ["whole"]
    assert (found["whole"].details.title, found["whole"].size.vcpus) == ("Web", 3)
