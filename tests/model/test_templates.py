"""New hardware fits into the machine that it is added to."""

from __future__ import annotations

import pytest

from tests.model.definitions import NUMA, Q35
from tui.model import ChangeSet, Domain
from tui.model.changes import LostError
from tui.model.checks import check
from tui.model.fields import Call
from tui.model.plan import DomainStatus, Effect, plan
from tui.model.session import remove
from tui.model.surroundings import Surroundings
from tui.model.templates import TEMPLATES, new_mac

BARE = """<domain type='kvm'><name>bare</name><memory>1048576</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
<graphics type='spice'/></devices></domain>"""
TOLD = {
    "source": "/srv/share",
    "target": "share",
    "id": "046d:C52B",
    "uuid": "8bb2ff8c-7f1b-4d7b-9a6a-6f0b6f1f6a01",
    "address": "03:00.1",
}
"""Answers where a question has no default."""


def template(name: str):
    return next(one for one in TEMPLATES if one.name == name)


def add(document: Domain, name: str, **told: str) -> list[str]:
    kind = template(name)
    answers = {q.name: q.default or TOLD[q.name] for q in kind.ask(document, Surroundings())}
    return [document.add_device(xml).key for xml in kind.xml(document, {**answers, **told})]


def test_templates_have_names_and_words():
    assert len({one.name for one in TEMPLATES}) == len(TEMPLATES)
    for one in TEMPLATES:
        assert one.label
        assert one.help


@pytest.mark.parametrize("name", [one.name for one in TEMPLATES])
@pytest.mark.parametrize("xml", [BARE, Q35], ids=["bare", "full"])
def test_what_is_added_is_there_and_can_be_told(name, xml):
    base = Domain.from_xml(xml)
    edited = base.copy()
    if xml == Q35 and name in ("agent", "tpm", "vsock", "watchdog", "panic"):
        with pytest.raises(ValueError, match="already"):
            add(edited, name)
        return
    keys = add(edited, name)
    assert keys
    views = [edited.device(key) for key in keys]
    assert all(view is not None and view.label for view in views)
    assert {change.what for change in ChangeSet(base, edited).changes} == {"added"}
    new = {f for f in check(edited, Surroundings()) if f.severity == "error"}
    told = [f for f in new - set(check(base, Surroundings())) if "shared memory" not in f.text]
    assert told == []


def test_names_of_disks_are_free_ones():
    document = Domain.from_xml(Q35)
    assert add(document, "disk", bus="virtio") == ["disk vdb"]
    assert add(document, "disk", bus="virtio") == ["disk vdc"]
    assert add(document, "disk", bus="scsi", source="pool/a.img") == ["disk sdb"]
    assert add(document, "cdrom", source="") == ["disk sdc"]
    assert document.device("disk sdb").source == "pool/a.img"
    assert document.device("disk sdc").source == ""
    assert document.device("disk vdb").format == "qcow2"
    with pytest.raises(ValueError, match="full path"):
        add(document, "disk", source="image.qcow2")


def test_a_mac_address_is_nobody_elses():
    draws = iter((0, 0, 1, 0, 0, 1, 7, 8, 9))
    assert new_mac({"52:54:00:00:00:01": "web"}, lambda _n: next(draws)) == "52:54:00:07:08:09"


def test_a_nic_is_what_was_asked_for():
    document = Domain.from_xml(Q35)
    (key,) = add(document, "nic", source="direct eth1", mac="52:54:00:AB:CD:EF")
    assert key == "interface 52:54:00:ab:cd:ef"
    assert document.device(key).where == "direct eth1"
    with pytest.raises(ValueError, match="NAME"):
        add(document, "nic", source="bridge")


def test_the_first_serial_port_brings_its_console_and_takes_it_away():
    document = Domain.from_xml(BARE)
    before = document.to_xml()
    serial, console = add(document, "serial")
    assert (serial, console) == ("serial 0", "console 0")
    assert add(document, "serial") == ["serial 1"]
    remove(document, "serial 1")
    remove(document, "serial 0")
    assert document.to_xml() == before
    document = Domain.from_xml(Q35)
    remove(document, "console 0")
    assert not document.has_serial
    with pytest.raises(LostError):
        remove(document, "serial 0")


def test_a_virtio_console_goes_alone():
    document = Domain.from_xml(Q35)
    (console,) = add(document, "console")
    remove(document, console)
    assert document.has_serial


def test_an_agent_channel_is_one_step():
    document = Domain.from_xml(BARE)
    assert not document.has_agent_channel
    add(document, "agent")
    assert document.has_agent_channel


def test_addresses_of_host_devices_are_checked():
    document = Domain.from_xml(NUMA)
    assert add(document, "host-usb") == ["hostdev usb 046d:c52b"]
    assert add(document, "host-pci") == ["hostdev pci 0000:03:00.1"]
    for name, answers in (("host-usb", {"id": "mouse"}), ("host-pci", {"address": "first"})):
        with pytest.raises(ValueError, match="as ls"):
            add(document, name, **answers)


@pytest.mark.parametrize("name", ["disk", "nic", "rng", "vsock", "host-pci", "tablet", "watchdog"])
def test_what_can_be_plugged_is_plugged_at_once(name):
    base = Domain.from_xml(BARE)
    edited = base.copy()
    add(edited, name)
    found = plan(ChangeSet(base, edited), DomainStatus(True, True), base.copy())
    assert [(f.effect, f.call) for f in found.forecasts] == [(Effect.NOW, Call.ATTACH_DEVICE)]
