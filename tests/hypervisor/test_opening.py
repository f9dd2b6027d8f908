"""Opening a connection: what is left of one that could not be used."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import libvirt
import pytest

from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.lacks import if_supported
from tui.hypervisor.opening import close_quietly, open_connection, signed_in, state_after
from tui.hypervisor.records import HostRecord, HostState
from tui.hypervisor.signin import Attempt, SignInError
from tui.hypervisor.ssh import SignIns


def host(file: Path) -> HostRecord:
    return HostRecord("h", "h", f"test://{file}")


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
        open_connection(host(file), SignIns(), nobody, print, print, prepare=refuse)
    with pytest.raises(libvirt.libvirtError, match="invalid connection"):
        opened[0].getType()


@pytest.mark.parametrize("uri", ["test:///a\udcff", "test:///a\0b"])
def test_an_address_that_is_no_text_is_refused(uri: str) -> None:
    """Else the host would be connecting for ever."""
    nobody = Attempt(lambda _question: None, lambda _question: None)
    with pytest.raises(SignInError, match="cannot be told to libvirt") as caught:
        open_connection(HostRecord("h", "h", uri), SignIns(), nobody, print, print)
    assert state_after(caught.value) is HostState.FAILED
    assert str(caught.value).isprintable()


def test_a_closed_connection_holds_nothing(tmp_path: Path) -> None:
    """Its host, and with that the whole program's state, hung on it."""

    class Listener:
        def __call__(self, told: object) -> None: ...

    file = tmp_path / "host.xml"
    file.write_text("<node/>")
    listener = Listener()
    gone = weakref.ref(listener)
    nobody = Attempt(lambda _question: None, lambda _question: None)
    opened = open_connection(host(file), SignIns(), nobody, listener, listener)
    close_quietly(opened.connection)
    del opened, listener
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("qemu+ssh:///system", "--|localhost"),
        ("qemu+SSH://Rack1:22/system", "-p|22|--|Rack1"),
        ("qemu+ssh://rack1:99999/system", ""),
    ],
)
def test_ssh_is_never_left_to_libvirt(tmp_path: Path, uri: str, told: str) -> None:
    """The ssh that libvirt starts by itself asks on the terminal that we draw on."""
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nIFS="|"; echo "$*" >"$0.said"\nexit 1\n')
    ssh.chmod(0o700)
    nobody = Attempt(lambda _question: None, lambda _question: None)
    with pytest.raises(SignInError):
        signed_in(f"{uri}?command={ssh}", "h", SignIns(), nobody)
    said = ssh.with_name("ssh.said")
    assert said.exists() == bool(told)
    assert not told or said.read_text().strip().endswith(told)


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("authentication failed: Password request failed", HostState.NEEDS_AUTHENTICATION),
        ("authentication failed: the certificate is not signed", HostState.FAILED),
        ("Identity of host 'far:22' differs from stored identity.", HostState.FAILED),
    ],
)
def test_who_can_be_helped_by_typing(words: str, state: HostState) -> None:
    error = HypervisorError("Connecting", words=words, code=libvirt.VIR_ERR_AUTH_FAILED)
    assert state_after(error) is state


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
