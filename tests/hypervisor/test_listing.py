"""Bulk reading while things vanish: what is left is told all the same."""

from __future__ import annotations

from types import SimpleNamespace

import libvirt
import pytest

from tui.hypervisor.details import read_leases
from tui.hypervisor.listing import read_having_snapshots


def error(code: int) -> libvirt.libvirtError:
    made = libvirt.libvirtError("gone")
    made.err = (code, 0, "gone", 2, "", None, None, 0, 0)
    return made


def raising(code: int):
    def call():
        raise error(code)

    return call


def domain(uuid: str, snapshots) -> SimpleNamespace:
    return SimpleNamespace(UUIDString=lambda: uuid, snapshotNum=snapshots)


def test_a_domain_that_vanishes_takes_no_others_snapshots_along() -> None:
    domains = [
        domain("a", lambda: 2),
        domain("b", raising(libvirt.VIR_ERR_NO_DOMAIN)),
        domain("c", lambda: 1),
    ]
    connection = SimpleNamespace(listAllDomains=lambda _flags: domains)
    assert read_having_snapshots(connection, count=True) == {"a": 2, "b": 0, "c": 1}


@pytest.mark.parametrize("code", [libvirt.VIR_ERR_NO_NETWORK, libvirt.VIR_ERR_OPERATION_INVALID])
def test_a_network_that_is_stopped_takes_no_others_leases_along(code: int) -> None:
    networks = [
        SimpleNamespace(DHCPLeases=raising(code)),
        SimpleNamespace(DHCPLeases=lambda: [{"mac": "52:54:00:AA:00:01", "ipaddr": "192.0.2.7"}]),
    ]
    connection = SimpleNamespace(listAllNetworks=lambda _flags: networks)
    assert read_leases(connection) == {"52:54:00:aa:00:01": ("192.0.2.7",)}
