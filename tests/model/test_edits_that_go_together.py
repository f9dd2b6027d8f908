"""What one edit needs beside it is there, is asked for, or is not offered at all."""

from __future__ import annotations

import pytest

from tests.model.definitions import Q35
from tui.model import Domain
from tui.model.alterations import alterations
from tui.model.checks import check
from tui.model.fields import Call, fields_of
from tui.model.plan import DomainStatus, Effect, plan
from tui.model.session import EditSession
from tui.model.surroundings import Surroundings
from tui.model.templates import TEMPLATES

DEVICES = """<video><model type='vga' vram='16384' heads='1'/></video>
<watchdog model='i6300esb'><address type='pci' slot='0x01'/></watchdog>
<panic model='isa'/><rng model='virtio'><backend model='builtin'/></rng>
<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
<disk type='file' device='disk'><driver type='qcow2'/><source file='/a'/>
<target dev='vda' bus='virtio'/></disk>
<interface type='user'><mac address='52:54:00:00:00:09'/><model type='e1000e'/></interface>
<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'>
<listen type='address' address='127.0.0.1'/></graphics>
<serial type='pty'><target port='0'/></serial>
<console type='pty'><target type='serial' port='0'/></console>
<channel type='unix'><target type='virtio' name='org.x'/></channel>"""
XML = f"""<domain type='qemu'><name>pair</name><memory unit='MiB'>256</memory><vcpu>4</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/><boot dev='network'/></os>
<clock offset='utc'/><devices>{DEVICES}</devices></domain>"""
NIC = "interface 52:54:00:00:00:09"


@pytest.fixture
def session() -> EditSession:
    return EditSession(Domain.from_xml(XML))


def offered(session: EditSession, key: str, name: str) -> dict[str, str]:
    view = session.edited.view(key)
    options = fields_of(type(view))[name].options(view, Surroundings())
    return {option.value: option.why_not for option in options}


def missing(session: EditSession) -> set[tuple[str, str]]:
    found = check(session.edited, Surroundings())
    return {(one.key, one.field) for one in found if one.severity == "error"}


@pytest.mark.parametrize(
    ("name", "typed", "shape"),
    [
        ("sockets", "2", (2, 2, 1)),
        ("cores", "4", (1, 4, 1)),
        ("threads", "2", (1, 2, 2)),
        ("dies", "2", (1, 2, 1)),
        ("sockets", "3", (3, 1, 1)),
    ],
)
def test_a_first_topology_is_told_whole(session, name, typed, shape):
    session.set("cpu", name, typed)
    cpu = session.edited.cpu
    assert (cpu.sockets, cpu.cores, cpu.threads) == shape
    fits = cpu.topology == 4
    assert (("cpu", "sockets") in missing(session)) is not fits


def test_spinlocks_are_told_how_often(session):
    session.set("hyperv", "spinlocks", "on")
    assert session.edited.hyperv.retries == 8191


def test_caches_that_are_made_up_are_of_the_third_level(session):
    session.set("cpu", "cache", "emulate")
    assert session.edited.cpu.get("cpu/cache/@level") == "3"
    assert offered(session, "cpu", "cache")["passthrough"]
    session.set("cpu", "mode", "host-passthrough")
    assert not offered(session, "cpu", "cache")["passthrough"]


def test_an_order_by_device_takes_the_place_of_one_by_kind(session):
    session.set("disk vda", "boot_order", "1")
    assert session.edited.boot.order == ("vda",)
    assert not session.edited.root.findall("os/boot")
    assert missing(session) == set()
    session.set("disk vda", "boot_order", "")
    assert session.edited.boot.order == ("hd", "network")


@pytest.mark.parametrize(
    ("key", "field", "typed", "asked"),
    [
        ("hyperv", "vendor_id", "on", ("hyperv", "vendor")),
        ("clock", "offset", "timezone", ("clock", "timezone")),
        ("memory", "numa_mode", "strict", ("memory", "numa_nodes")),
        ("serial 0", "type", "file", ("serial 0", "path")),
        ("serial 0", "type", "tcp", ("serial 0", "service")),
        ("video", "width", "800", ("video", "height")),
        ("graphics vnc", "autoport", "no", ("graphics vnc", "port")),
        ("disk vda", "source", "", ("disk vda", "source")),
        ("disk vda", "shareable", "yes", ("disk vda", "shareable")),
    ],
)
def test_what_is_missing_is_asked_for(session, key, field, typed, asked):
    session.set(key, field, typed)
    assert asked in missing(session)


def test_a_port_of_vnc_is_one(session):
    session.set("graphics vnc", "autoport", "no")
    for typed, refused in (("590", True), ("5901", False)):
        session.set("graphics vnc", "port", typed)
        assert (("graphics vnc", "port") in missing(session)) is refused


def test_a_socket_of_a_channel_is_libvirts(session):
    assert missing(session) == set()


@pytest.mark.parametrize(
    ("key", "name", "refused"),
    [
        ("watchdog", "model", "diag288"),
        ("panic", "model", "pseries"),
        ("disk vda", "startup_policy", "requisite"),
        ("serial 0", "type", "spicevmc"),
        ("boot", "smbios", "sysinfo"),
    ],
)
def test_what_cannot_be_here_is_offered_with_its_reason(session, key, name, refused):
    found = offered(session, key, name)
    assert [value for value, why in found.items() if why].count(refused) == 1
    assert len(found) > sum(map(bool, found.values()))


@pytest.mark.parametrize(
    ("key", "names"),
    [
        (NIC, ("mtu", "filter", "isolated", "coalesce", "port_type", "inbound_average")),
        ("disk sda", ("readonly", "wwn", "rotation_rate", "copy_on_read", "snapshot")),
        ("disk vda", ("limit_group", "size_iops")),
        ("video", ("heads",)),
        ("console 0", ("type", "log")),
    ],
)
def test_what_does_not_apply_says_so(session, key, names):
    view = session.edited.view(key)
    assert all(fields_of(type(view))[name].why_not(view) for name in names)


def test_another_model_of_a_watchdog_has_no_address(session):
    session.set("watchdog", "model", "ib700")
    assert session.edited.view("watchdog").element.find("address") is None


def test_random_numbers_of_the_host_come_from_somewhere(session):
    session.set("rng", "backend", "random")
    assert session.edited.view("rng").source == "/dev/urandom"


def test_another_kind_of_display_is_not_told_what_it_cannot_be(session):
    key = session.set("graphics vnc", "type", "egl-headless")
    element = session.edited.view(key).element
    assert dict(element.attrib) == {"type": "egl-headless"}
    assert len(element) == 0
    session.set(key, "type", "vnc")
    assert not session.changes


@pytest.mark.parametrize(
    ("key", "name", "typed"),
    [
        ("cpu", "iothreads", "0"),
        ("cpu", "quota", "0"),
        ("disk vda", "total_iops", "0"),
        ("disk vda", "total_bytes", "0"),
    ],
)
def test_nothing_is_typed_as_a_number_too(session, key, name, typed):
    session.set(key, name, typed)
    assert not session.changes


def test_what_a_console_repeats_is_not_told_as_altered():
    sent = Domain.from_xml(XML.replace("<serial type='pty'>", "<serial type='null'>"))
    stored = Domain.from_xml(XML.replace("<serial type='pty'>", "<serial type='null'>").replace(
        "<console type='pty'>", "<console type='null'>"))  # fmt: skip
    assert alterations(sent, stored) == ()


def test_a_whole_definition_asks_for_nothing():
    assert missing(EditSession(Domain.from_xml(Q35))) == set()


def template(kind: str, document: Domain, **answers: str) -> list[str]:
    return next(one for one in TEMPLATES if one.name == kind).xml(document, answers)


def test_a_virtiofs_brings_the_shared_memory_that_it_needs(session):
    session.add(*template("filesystem", session.edited, source="/srv", target="srv"))
    assert {change.id for change in session.changes.changes} == {
        ("filesystem srv", ""),
        ("memory", "access"),
        ("memory", "source"),
    }
    assert missing(session) == set()
    live = session.base.copy()
    effects = [f.effect for f in plan(session.changes, DomainStatus(True, True), live).forecasts]
    assert set(effects) == {Effect.NEXT_BOOT}
    live.memory.share()
    made = plan(session.changes, DomainStatus(True, True), live).forecasts
    assert {f.change.id for f in made if f.call is Call.ATTACH_DEVICE} == {("filesystem srv", "")}


@pytest.mark.parametrize("kind", ["watchdog", "panic"])
def test_what_is_there_once_is_not_added_again(session, kind):
    with pytest.raises(ValueError, match="one already"):
        template(kind, session.edited)


def test_usb_that_is_off_is_turned_on_where_it_is_off(session):
    session.add("<controller type='usb' index='0' model='none'/>")
    with pytest.raises(ValueError, match="give it another model"):
        template("usb", session.edited)
