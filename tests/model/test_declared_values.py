"""What the forms offer is what libvirt takes: each value of a field, in its test driver."""

from __future__ import annotations

from collections.abc import Iterator

import libvirt
import pytest

from tests.model.definitions import Q35
from tui.model import Domain
from tui.model.checks import check
from tui.model.devices import Disk
from tui.model.fields import Choice, Field, fields_of
from tui.model.quantities import Number
from tui.model.sections import Clock, Cpu, General, Memory
from tui.model.surroundings import Surroundings
from tui.model.views import View

XML = """<domain type='test'><name>values</name><memory unit='KiB'>1048576</memory><vcpu>4</vcpu>
<os><type arch='x86_64'>hvm</type></os><clock offset='utc' timezone='Europe/Paris'/>
<devices><disk type='file' device='disk'><driver name='qemu'/><source file='/a'/>
<target dev='vda' bus='virtio'/></disk></devices></domain>"""
FIELDS = {
    Disk: ("format", "cache", "io", "discard", "detect_zeroes", "error_policy", "rerror_policy",
           "snapshot"),
    General: ("on_poweroff", "on_reboot", "on_crash", "io_weight"),
    Memory: ("source", "access", "allocation"),
    Cpu: ("shares", "period", "period_global", "cache"),
    Clock: ("offset", "rtc_tick", "hpet"),
}  # fmt: skip


@pytest.fixture(scope="module")
def connection() -> Iterator[libvirt.virConnect]:
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    found = libvirt.open("test:///default")
    yield found
    found.close()


def view_of(document: Domain, kind: type[View]) -> View:
    return next(v for v in (*document.sections, *document.devices) if type(v) is kind)


def cases() -> list[tuple[type[View], str, object]]:
    return [
        (kind, name, value)
        for kind, names in FIELDS.items()
        for name in names
        for value in values_of(fields_of(kind)[name])
    ]


def values_of(field: Field) -> list[object]:
    if isinstance(field, Number):
        return [field.least, field.most]
    assert isinstance(field, Choice)
    return list(field.values)


def define(connection: libvirt.virConnect, document: Domain) -> None:
    connection.defineXML(document.to_xml()).undefine()


@pytest.mark.parametrize(("kind", "name", "value"), cases())
def test_libvirt_takes_every_value(connection, kind, name, value):
    document = Domain.from_xml(XML)
    fields_of(kind)[name].write(view_of(document, kind), value)
    define(connection, document)


@pytest.mark.parametrize(
    ("field", "changes", "taken"),
    [
        ("quota", {"quota": 999}, False),
        ("quota", {"quota": 1000}, True),
        ("quota", {"quota": -1}, True),
        ("quota_global", {"quota_global": 1}, False),
        ("cores", {"sockets": 4}, False),
        ("threads", {"sockets": 2, "cores": 2}, False),
        ("cores", {"sockets": 2, "cores": 2, "threads": 1}, True),
    ],
)
def test_what_libvirt_refuses_is_told_before(connection, field, changes, taken):
    document = Domain.from_xml(XML)
    for name, value in changes.items():
        setattr(document.cpu, name, value)
    told = {finding.field for finding in check(document, Surroundings())}
    assert (field not in told) is taken
    if taken:
        define(connection, document)
    else:
        with pytest.raises(libvirt.libvirtError, match=r"must be in range|Missing required"):
            define(connection, document)


@pytest.mark.parametrize(
    ("field", "refused"),
    [
        ("on_poweroff", {"preserve", "rename-restart"}),
        ("on_reboot", {"preserve", "rename-restart"}),
        ("on_crash", {"rename-restart"}),
    ],
)
def test_what_qemu_does_not_do_at_an_end_has_its_reason(field, refused):
    for kind, expected in (("kvm", refused), ("xen", set())):
        general = Domain.from_xml(XML.replace("type='test'", f"type='{kind}'", 1)).general
        options = fields_of(General)[field].options(general, Surroundings())
        assert {option.value for option in options if option.why_not} == expected


def test_a_controller_is_offered_the_models_of_its_kind():
    document = Domain.from_xml(XML)
    offered = {}
    for kind, model in (("usb", "ehci"), ("scsi", "virtio-scsi")):
        device = document.add_device(f"<controller type='{kind}' index='0' model='{model}'/>")
        options = fields_of(type(device))["model"].options(device, Surroundings())
        offered[kind] = [option.value for option in options]
    assert "qemu-xhci" in offered["usb"]
    assert "ehci" in offered["usb"]
    assert "virtio-scsi" not in offered["usb"]
    assert "qemu-xhci" not in offered["scsi"]


def test_another_source_of_random_numbers_drops_the_device():
    document = Domain.from_xml(XML)
    rng = document.add_device("<rng model='virtio'><backend model='random'>/dev/r</backend></rng>")
    rng.backend = "builtin"
    assert rng.source == ""
    rng.backend = "random"
    assert rng.source == "/dev/r"


@pytest.mark.parametrize(
    ("key", "field", "text"),
    [
        ("boot", "kernel", "vmlinuz"),
        ("serial 0", "log", "serial.log"),
        ("graphics spice", "listen", "my host"),
        ("cpu", "features", "+vmx, é"),
    ],
)
def test_what_the_schema_refuses_is_refused_while_it_is_typed(key, field, text):
    """libvirt would only say that the whole element does not fit."""
    view = Domain.from_xml(Q35).view(key)
    with pytest.raises(ValueError, match=r"expected|no feature"):
        fields_of(type(view))[field].parse(text)


@pytest.mark.parametrize(("kind", "refused"), [("vnc", {"fail", "disconnect"}), ("spice", set())])
def test_vnc_keeps_who_is_connected(kind, refused):
    display = Domain.from_xml(XML).add_device(f"<graphics type='{kind}' passwd='x'/>")
    options = fields_of(type(display))["connected"].options(display, Surroundings())
    assert {option.value for option in options if option.why_not} == refused


@pytest.mark.parametrize("field", ["copy_on_read", "serial", "error_policy", "rerror_policy"])
def test_what_qemu_does_not_start_a_floppy_with_is_not_offered(field):
    drive = Domain.from_xml(XML).add_device(
        "<disk type='file' device='floppy'><target dev='fda' bus='fdc'/></disk>"
    )
    assert fields_of(type(drive))[field].why_not(drive)
