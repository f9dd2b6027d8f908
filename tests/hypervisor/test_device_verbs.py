"""Changing devices on the host: the number of virtual functions, and what is journaled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hypervisor.test_node_device_reading import inventory
from tests.model.node_device_samples import HOST, pci_xml
from tests.waiting import until
from tui.hypervisor import device_verbs as verbs
from tui.hypervisor import shell
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.model.node_device_xml import from_xml

CARD = from_xml(HOST[2])
BARE = from_xml(pci_xml("02:00.0", virtual=(), most=4))


def test_the_command_takes_the_present_functions_away_first():
    file = "/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs"
    assert verbs.functions_command(CARD, 4) == f"echo 0 > {file} && echo 4 > {file}"
    assert verbs.functions_command(CARD, 0) == f"echo 0 > {file}"
    assert verbs.functions_command(BARE, 4) == f"echo 4 > {file.replace('01:', '02:', 1)}"


async def test_the_number_is_written_and_journaled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(verbs, "SYSFS", str(tmp_path))
    monkeypatch.setattr(shell, "can_run", lambda _host: True)
    file = tmp_path / CARD.address / "sriov_numvfs"
    file.parent.mkdir()
    log = tmp_path / "audit.log"
    fleet = Fleet(log)
    host = fleet.add("host", inventory(tmp_path))
    fleet.attach()
    await verbs.set_functions(host, CARD, 4)
    assert file.read_text(encoding="ascii") == "4\n"
    fleet.journal.flush()
    fleet.close()
    line = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    assert "echo 4 >" in line["virsh"]
    assert line["result"] == "done"


async def test_without_permission_the_words_have_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(verbs, "SYSFS", str(tmp_path / "nowhere"))
    monkeypatch.setattr(shell, "can_run", lambda _host: True)
    fleet = Fleet()
    host = fleet.add("host", inventory(tmp_path))
    fleet.attach()
    with pytest.raises(HypervisorError) as caught:
        await verbs.set_functions(host, CARD, 4)
    fleet.close()
    assert caught.value.advice.startswith("As root on the host: echo 0 > ")
    assert caught.value.what == "Set 4 virtual functions on 0000:01:00.0"
    assert "nowhere" in caught.value.words


async def test_only_where_the_host_can_be_reached_otherwise(tmp_path: Path):
    fleet = Fleet()
    host = fleet.add("host", inventory(tmp_path))
    host.open()
    fleet.attach()
    await until(lambda: host.record.facts is not None)
    assert "libvirt only" in verbs.why_not_set_functions(host)  # the test driver has no /sys
    with pytest.raises(HypervisorError) as caught:
        await verbs.detach(host, CARD)
    assert caught.value.what == "Detach device 0000:01:00.0"
    assert fleet.journal.entries[-1].error is not None
    fleet.close()


async def test_a_network_is_there_from_now_on_and_all_of_it_is_journaled(tmp_path: Path):
    log = tmp_path / "audit.log"
    fleet = Fleet(log)
    host = fleet.add("host", inventory(tmp_path))
    fleet.attach()
    host.open()
    await until(lambda: host.is_connected)
    assert await verbs.make_vf_network(host, "<network><name>a b</name></network>") == "a b"
    network = await host.call(lambda c: c.networkLookupByName("a b"))
    assert (network.isActive(), network.autostart()) == (1, 1)
    del network
    fleet.journal.flush()
    fleet.close()
    line = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    assert line["virsh"] == (
        "virsh net-define 'a b.xml' && virsh net-start 'a b' && virsh net-autostart 'a b'"
    )
