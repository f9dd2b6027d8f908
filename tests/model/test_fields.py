"""Every declared field: written, given back, told, and refused in words."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.model.definitions import MACHINES
from tui.model import Domain
from tui.model.beside import Beside
from tui.model.capabilities import DomainCapabilities
from tui.model.devices import KINDS, Disk
from tui.model.editing import place
from tui.model.fields import Choice, Field, Switch, fields_of
from tui.model.quantities import Number, Size
from tui.model.sections import SECTIONS
from tui.model.session import EditSession
from tui.model.surroundings import Surroundings
from tui.model.views import keys_of

NOWHERE = Surroundings()
SAMPLES = (
    "7", "512", "4096", "8 GiB", "3-4", "0=2; 1=3", "0=1", "0-1=2 GiB; 2-3=1 GiB", "+sse, -vmx",
    "vda", "00:11:22:33:44:66", "00:11:22:33:44:55", "/other", "/third",
    "network other", "network third", "ab-c", "tcp", "2030-01-31T12:00:00", "2031-01-31T12:00:00",
    "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001",
    "0123456789abcdef", "0123456789abcdee",
)  # fmt: skip
"""Texts of which each field takes at least two."""
VIEWS = (*SECTIONS, *KINDS.values())
DECLARED = [(view, name, field) for view in VIEWS for name, field in fields_of(view).items()]
PLACES = [
    (machine, number, name)
    for machine, xml in MACHINES.items()
    for number, view in enumerate((*Domain.from_xml(xml).sections, *Domain.from_xml(xml).devices))
    for name, field in fields_of(type(view)).items()
    if not field.shown_only and not isinstance(field, Beside)
]


def views_of(document: Domain) -> list:
    return [*document.sections, *document.devices]


def canonical(document: Domain) -> bytes:
    return etree.tostring(document.root, method="c14n", with_comments=True)


def another(field: Field, view) -> object:
    """A value that the field takes, other than the one it has."""
    present = field.read(view)
    if isinstance(field, Switch):
        return not present
    if isinstance(field, Choice):
        values = [option.value for option in field.options(view, NOWHERE)]
        return next((v for v in values if v not in (present, "")), "another")
    if isinstance(field, Number):
        return next(n for n in (field.least, field.least + 1) if n != present)
    for sample in SAMPLES:
        try:
            value = field.parse(sample)
        except ValueError:
            continue
        if value != present:
            return value
    raise AssertionError(f"no sample for {field.name}")


@pytest.mark.parametrize(("view", "name", "field"), DECLARED)
def test_a_field_has_words_for_the_person(view, name, field):
    assert field.name == name
    assert field.label
    assert field.help
    assert field.help.endswith(".")
    assert "\n" not in field.help


@pytest.mark.parametrize(("machine", "number", "name"), PLACES)
def test_what_is_written_is_read_and_set_back_it_is_as_it_was(machine, number, name):
    document = Domain.from_xml(MACHINES[machine])
    before = canonical(document)
    view = views_of(document)[number]
    field = fields_of(type(view))[name]
    present = field.read(view)
    field.write(view, present)
    assert canonical(document) == before, "writing what is there touches nothing"
    if field.text(present):
        try:
            assert field.parse(field.text(present)) == present
        except ValueError:
            assert field.why_not(view) or name in ("where", "source"), field.text(present)
    value = another(field, view)
    field.write(view, value)
    assert field.read(view) == value
    assert canonical(document) != before
    assert field.words(value)
    later = document.copy()  # the way back is remembered by copies
    for edited in (document, later):
        field.write(views_of(edited)[number], present)
        assert canonical(edited) == before


def refusal(field: Field, text: str) -> str:
    try:
        field.parse(text)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("view", "name", "field"), DECLARED)
def test_a_bad_text_is_refused_with_the_label(view, name, field):
    texts = ("\x01", "no such thing, I hope; =", "-77", "99999999999999999999 parsecs", "a, a")
    told = [words for words in map(partial(refusal, field), texts) if words]
    assert all(words.startswith(f"{field.label}: ") for words in told), told
    assert told or isinstance(field, Choice) or field.shown_only


def test_sizes_keep_the_unit_that_is_there():
    document = Domain.from_xml(MACHINES["q35"])
    document.memory.maximum = 6 * 1024**3
    assert document.root.find("memory").attrib == {"unit": "MiB"}
    assert document.root.findtext("memory") == "6144"
    with pytest.raises(ValueError, match="Memory: a size"):
        type(document.memory).current.parse("much")


def test_another_bus_is_another_address_and_name_until_it_is_set_back():
    document = Domain.from_xml(MACHINES["q35"])
    before = canonical(document)
    disk = document.disks[0]
    disk.bus = "sata"
    assert (disk.target, disk.get("address/@type")) == ("sdb", "")
    disk.cache = "none"
    disk.bus = "virtio"
    assert (disk.target, disk.get("address/@bus")) == ("vda", "0x04")
    disk.cache = ""
    assert canonical(document) == before


@pytest.mark.parametrize(
    ("key", "field", "value", "path", "said"),
    [
        ("disk vda", "source", "/dev/sdx", "source", {"dev": "/dev/sdx"}),
        ("disk vda", "source", "pool/a", "source", {"pool": "pool", "volume": "a"}),
        (
            "interface 52:54:00:00:00:01", "where", "direct eth1", "source",
            {"dev": "eth1", "mode": "bridge"},
        ),
        ("interface 52:54:00:00:00:02", "where", "bridge br0", "source", {"bridge": "br0"}),
    ],
)  # fmt: skip
def test_another_kind_of_source_says_nothing_of_the_old(key, field, value, path, said):
    document = Domain.from_xml(MACHINES["q35"])
    view = document.view(key)
    fields_of(type(view))[field].write(view, value)
    assert view.element.find(path).attrib == said
    assert fields_of(type(view))[field].read(view) == value


@pytest.mark.parametrize("source", ["rbd://mon1:6789/pool/other", "https://host/x.iso", "pool/"])
def test_a_place_on_the_network_is_not_taken_for_a_volume(source):
    document = Domain.from_xml(MACHINES["numa"])
    with pytest.raises(ValueError, match="Source: "):
        Disk.source.parse(source)
    assert Disk.source.parse("pool/other") == "pool/other"
    disk = document.disks[1]
    Disk.source.write_text(disk, "rbd://mon1:6789/pool/image")  # as it is
    assert disk.type == "network"


def test_another_socket_is_the_same_kind_of_source():
    disk = "<disk type='vhostuser'><source type='unix' path='/a'/><target dev='vda'/></disk>"
    (view,) = Domain.from_xml(f"<domain><devices>{disk}</devices></domain>").disks
    view.source = "/b"
    assert (view.type, view.get("source/@type"), view.source) == ("vhostuser", "unix", "/b")


def test_kinds_to_boot_from_are_put_in_another_order_and_back():
    kinds = "<boot dev='hd'/><boot dev='cdrom'/><boot dev='network'/>"
    document = Domain.from_xml(f"<domain><os><type>hvm</type>{kinds}</os></domain>")
    before = document.to_xml()
    for wanted in (("network", "hd"), ("cdrom", "hd", "network"), ("fd", "cdrom", "hd")):
        document.boot.order = wanted
        assert document.boot.order == wanted
    document.boot.order = ("hd", "cdrom", "network")
    assert document.to_xml() == before


@pytest.mark.parametrize(
    ("key", "field", "value", "gone"),
    [
        ("boot", "menu", "no", {"menu_timeout"}),
        ("hyperv", "mode", "passthrough", {"relaxed"}),
        ("interface 52:54:00:00:00:01", "model", "e1000e", {"queues", "driver"}),
        ("interface 52:54:00:00:00:01", "inbound_average", "", {"inbound_peak"}),
        ("memory", "numa_mode", "", {"numa_nodes"}),
        ("boot", "kernel", "", {"cmdline"}),
    ],
)
def test_what_no_longer_applies_goes_along_until_it_is_set_back(key, field, value, gone):
    documents = map(Domain.from_xml, MACHINES.values())
    views = [(document, document.view(key)) for document in documents if document.view(key)]
    texts = [(document, fields_of(type(view))[field].read_text(view)) for document, view in views]
    base, present = next((document, text) for document, text in texts if text)
    session = EditSession(base)
    session.set(key, field, value)
    assert {change.id[1] for change in session.changes.changes} == {field, *gone}
    kept = min(gone)
    session.drop((key, kept))  # each is a change of its own
    assert {change.id[1] for change in session.changes.changes} == {field, *gone} - {kept}
    assert session.undo()
    session.set(key, field, present)
    assert canonical(session.edited) == canonical(base)


def test_what_was_edited_since_is_not_taken_back_with_another():
    session = EditSession(Domain.from_xml(MACHINES["q35"]))
    session.set("memory", "current", "8 GiB")
    assert session.edited.memory.maximum == 8 * 1024**3
    session.set("memory", "maximum", "16 GiB")
    session.set("memory", "current", "2 GiB")
    assert session.edited.memory.maximum == 16 * 1024**3


def test_the_last_tag_takes_along_what_holds_them():
    document = Domain.from_xml(MACHINES["q35"])
    before = canonical(document)
    nic = document.interfaces[0]
    nic.vlan = ()
    assert nic.element.find("vlan") is None
    nic.vlan = ("10", "20")
    assert canonical(document) == before


def test_what_is_not_libvirts_stays_on_another_kind_of_source():
    document = Domain.from_xml(MACHINES["q35"])
    disk = document.view("disk vda")
    source = disk.element.find("source")
    source.set(f"{ALIEN}owner", "me")
    etree.SubElement(source, f"{ALIEN}note")
    fields_of(type(disk))["source"].write(disk, "/dev/sdx")
    assert dict(source.attrib) == {"dev": "/dev/sdx", f"{ALIEN}owner": "me"}
    assert [child.tag for child in source] == [f"{ALIEN}note"]


def test_alike_devices_have_keys_of_their_own():
    document = Domain.from_xml(MACHINES["q35"])
    keys = [view.key for view in views_of(document)]
    assert len(set(keys)) == len(keys)
    assert all(document.view(key).element is not None for key in keys)
    assert document.view("redirdev #2").element is document.root.findall("devices/redirdev")[1]
    labels = [device.label for device in document.devices if device.tag_name == "redirdev"]
    assert labels == ["USB redirection", "USB redirection #2"]


@pytest.mark.parametrize("machine", MACHINES)
def test_the_keys_of_all_are_those_of_each(machine):
    devices = Domain.from_xml(MACHINES[machine]).devices
    assert keys_of(devices) == [device.key for device in devices]


# -- what nobody here has heard of ---------------------------------------------------------

ALIEN = "{urn:alien}"
# One prefix wherever it is declared: moving an element may change where that is.
etree.register_namespace("alien", "urn:alien")
NODES = st.sampled_from(["element", "namespaced", "comment", "instruction", "attribute"])


def inject(root: etree._Element, where: list[int], kinds: list[str]) -> list[etree._Element]:
    """Put strange nodes below elements; returns those elements."""
    elements = list(root.iter("*"))
    hosts = []
    for place_, kind in zip(where, kinds, strict=True):
        host = elements[place_ % len(elements)]
        hosts.append(host)
        mark = str(len(hosts))
        if kind == "attribute":
            host.set(f"{ALIEN}a{mark}", mark)
            continue
        node: etree._Element
        if kind == "comment":
            node = etree.Comment(f" alien {mark} ")
        elif kind == "instruction":
            node = etree.ProcessingInstruction("alien", mark)
        else:
            node = etree.Element(f"{ALIEN}x" if kind == "namespaced" else "alien", n=mark)
            etree.SubElement(node, "inner").text = mark
        host.insert(place_ % (len(host) + 1), node)
    return hosts


def aliens(root: etree._Element) -> set[str]:
    found = set()
    for node in root.iter():
        if not isinstance(node.tag, str):
            if "alien" in etree.tostring(node, with_tail=False).decode():
                found.add(etree.tostring(node, with_tail=False).decode())
            continue
        if node.tag in ("alien", f"{ALIEN}x"):
            found.add(f"{node.tag}{node.get('n')}")
        found.update(key for key in map(str, node.attrib) if key.startswith(ALIEN))
    return found


@settings(max_examples=60)
@given(st.data())
def test_what_is_unknown_survives_every_edit(data):
    machine = data.draw(st.sampled_from(sorted(MACHINES)))
    count = data.draw(st.integers(1, 8))
    where = data.draw(st.lists(st.integers(0, 400), min_size=count, max_size=count))
    kinds = data.draw(st.lists(NODES, min_size=count, max_size=count))
    strange = Domain.from_xml(MACHINES[machine])
    inject(strange.root, where, kinds)
    xml = strange.to_xml()
    numbers = sorted({number for m, number, _name in PLACES if m == machine})
    for number in data.draw(st.sets(st.sampled_from(numbers), min_size=1, max_size=8)):
        document = Domain.from_xml(xml)
        before = canonical(document)
        there = aliens(document.root)
        view = views_of(document)[number]
        fields = [field for field in fields_of(type(view)).values() if not field.shown_only]
        if not fields:  # a strange device has moved the others
            continue
        field = data.draw(st.sampled_from(fields))
        present = field.read(view)
        known = set(document.root.iter())
        field.write(view, another(field, view))
        gone = known - set(document.root.iter())
        lost = there - aliens(document.root)
        within: set[str] = set()
        for element in gone:  # what an edit takes away takes along what it holds
            within |= aliens(element)
        assert lost <= within
        view = views_of(document)[number]
        field.write(view, present)
        assert canonical(document) == before


def test_only_the_declared_place_differs():
    document = Domain.from_xml(MACHINES["q35"])
    text = document.to_xml()
    document.disks[0].cache = "none"
    assert document.to_xml() == text.replace('discard="unmap"/>', 'discard="unmap" cache="none"/>')
    assert place("driver/@cache").read(document.disks[0].element) == "none"


def test_a_size_says_bytes_in_any_unit():
    document = Domain.from_xml(MACHINES["numa"])
    field = type(document.memory).plug_limit
    assert isinstance(field, Size)
    assert field.read(document.memory) == 16 * 1024**3
    assert field.words(None) == "not set"


@pytest.mark.parametrize(
    ("device", "buses"), [("disk", {"virtio", "sata"}), ("cdrom", {"sata"}), ("floppy", {"fdc"})]
)
def test_a_drive_is_offered_the_buses_that_take_it(device, buses):
    host = DomainCapabilities.from_xml(
        "<domainCapabilities><devices><disk supported='yes'><enum name='bus'><value>fdc</value>"
        "<value>virtio</value><value>sata</value></enum></disk></devices></domainCapabilities>"
    )
    disk = f"<disk device='{device}'><target dev='x' bus='sata'/></disk>"
    (view,) = Domain.from_xml(f"<domain><devices>{disk}</devices></domain>").disks
    offers = type(view).bus.options(view, Surroundings(capabilities=host))
    assert {offer.value for offer in offers if not offer.why_not} == buses
    assert all(device in offer.why_not for offer in offers if offer.value not in buses)


def test_the_hosts_own_processor_leaves_nothing_of_a_named_model():
    cpu = "<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model>"
    document = Domain.from_xml(f"<domain>{cpu}<feature name='vmx'/></cpu></domain>")
    before = canonical(document)
    document.cpu.mode = "host-model"
    cpu_now = document.root.find("cpu")
    assert dict(cpu_now.attrib) == {"mode": "host-model"}
    assert [child.tag for child in cpu_now] == ["feature"]
    document.cpu.mode = "custom"
    assert canonical(document) == before
