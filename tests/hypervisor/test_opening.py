"""Opening a connection: what is left of one that could not be used."""

from __future__ import annotations

from pathlib import Path

import libvirt
import pytest

from tui.hypervisor.lacks import if_supported
from tui.hypervisor.opening import open_connection
from tui.hypervisor.signin import Attempt
from tui.hypervisor.ssh import SignIns


def test_a_connection_that_cannot_be_read_is_let_go_of(tmp_path: Path) -> None:
    """Its subscriptions would hold it, and every further attempt one more."""
    file = tmp_path / "host.xml"
    file.write_text("<node/>")
    opened: list[libvirt.virConnect] = []

    def refuse(connection: libvirt.virConnect) -> None:
        opened.append(connection)
        connection.lookupByName("nobody")

    nobody = Attempt(lambda _question: None, lambda _question: None)
    with pytest.raises(libvirt.libvirtError, match="not found"):
        open_connection(
            f"test://{file}", False, "h", SignIns(), nobody, print, print, prepare=refuse
        )
    with pytest.raises(libvirt.libvirtError, match="invalid connection"):
        opened[0].getType()


def test_what_a_driver_lacks_is_told_from_what_fails() -> None:
    connection = libvirt.open("test:///default")
    domain = connection.lookupByName("test")
    assert if_supported(domain.name, "") == "test"
    assert if_supported(lambda: domain.blockJobAbort("vda", 0), "none") == "none"
    gone = "6695eb01-f6a4-8304-79aa-000000000000"
    with pytest.raises(libvirt.libvirtError):
        if_supported(lambda: connection.lookupByUUIDString(gone), None)
    also = [libvirt.VIR_ERR_NO_DOMAIN]
    assert if_supported(lambda: connection.lookupByUUIDString(gone), None, also) is None
    connection.close()
