"""The document is kept as it came; what is read from it is what libvirt means."""

import io
import xml.etree.ElementTree as ElementTree

import libvirt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tui.demo import demo_uri
from tui.model import Domain

GIB = 1024**3


def canonical(text: str) -> tuple[bytes, str]:
    """C14N by two implementations that share no code."""
    out = io.BytesIO()
    etree.fromstring(text.encode()).getroottree().write_c14n(out, with_comments=True)
    return out.getvalue(), ElementTree.canonicalize(text, with_comments=True)


# -- lossless ----------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["devices", "disk", "source", "unknown", "q:arg", "other:thing", "metadata", "x-1", "été"]
)
CHARACTERS = st.characters(
    codec="utf-8",
    exclude_categories=("Cc", "Cs"),
    include_characters="\t\n",
    exclude_characters="\ufffe\uffff",  # XML 1.0 knows no such characters
)
TEXTS = st.text(CHARACTERS, max_size=20).map(
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["file", "q:key", "other:key", "mode", "xml:space"]),
    TEXTS.map(lambda text: text.replace("'", "&apos;")),
    max_size=3,
).map(lambda pairs: "".join(f" {name}='{value}'" for name, value in pairs.items()))
COMMENTS = TEXTS.map(lambda text: f"<!-- {text.replace('-', '')} -->")
INSTRUCTIONS = TEXTS.map(lambda text: f"<?note {text.replace('?', '').strip()}?>")
CDATA = TEXTS.map(lambda text: f"<![CDATA[{text.replace(']', '')}]]>")
LEAVES = st.one_of(TEXTS, COMMENTS, INSTRUCTIONS, CDATA)


def element(parts: tuple[str, str, list[str]]) -> str:
    name, attributes, children = parts
    return f"<{name}{attributes}>{''.join(children)}</{name}>"


NODES = st.recursive(
    LEAVES,
    lambda nodes: st.tuples(NAMES, ATTRIBUTES, st.lists(nodes, max_size=4)).map(element),
    max_leaves=15,
)
AROUND = st.lists(st.one_of(COMMENTS, INSTRUCTIONS, st.just("\n")), max_size=3).map("".join)
DOCUMENTS = st.tuples(AROUND, ATTRIBUTES, st.lists(NODES, max_size=6).map("".join), AROUND).map(
    lambda parts: (
        f"{parts[0]}<domain xmlns:q='urn:qemu' xmlns:other='urn:other'{parts[1]}>"
        f"{parts[2]}</domain>{parts[3]}"
    )
)


@given(DOCUMENTS)
def test_an_unedited_document_comes_back_identical(text):
    domain = Domain.from_xml(text)
    assert canonical(domain.to_xml()) == canonical(text)


@given(DOCUMENTS)
def test_reading_changes_nothing_and_never_fails(text):
    domain = Domain.from_xml(text)
    before = domain.to_xml()
    for view in (domain, *domain.disks, *domain.interfaces, *domain.hostdevs, *domain.graphics):
        for name in dir(type(view)):
            if isinstance(getattr(type(view), name), property):
                getattr(view, name)
    assert domain.to_xml() == before


def test_comments_and_instructions_beside_the_root_stay():
    text = "<!-- one --><?two 2?><domain/><!-- three -->"
    assert Domain.from_xml(text).to_xml() == text


@pytest.mark.parametrize("uri", ["test:///default", demo_uri()])
def test_every_domain_of_the_test_driver_comes_back_identical(uri):
    connection = libvirt.open(uri)
    domains = connection.listAllDomains()
    assert domains
    for domain in domains:
        for flags in (0, libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE):
            text = domain.XMLDesc(flags)
            assert canonical(Domain.from_xml(text).to_xml()) == canonical(text)


def test_a_declared_encoding_is_not_that_of_a_str():
    assert Domain.from_xml(
        "<?xml version='1.0' encoding='latin1'?><domain>é</domain>"
    ).to_xml() == ("<domain>é</domain>")


@pytest.mark.parametrize(
    "text", ["", "<domain", "<domain>\ud800</domain>", "<domain>\x1b</domain>"]
)
def test_what_is_no_xml_is_refused(text):
    with pytest.raises(etree.XMLSyntaxError):
        Domain.from_xml(text)


def test_nothing_is_fetched(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("mine")
    text = f"<!DOCTYPE d [<!ENTITY x SYSTEM '{secret.as_uri()}'>]><domain><name>&x;</name></domain>"
    domain = Domain.from_xml(text)
    assert domain.name == ""
    assert "mine" not in domain.to_xml()


def test_entities_do_not_explode():
    levels = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 9))
    bomb = f"<!DOCTYPE d [<!ENTITY e0 'aaaaaaaaaa'>{levels}]><domain type='&e8;'/>"
    with pytest.raises(etree.XMLSyntaxError):
        Domain.from_xml(bomb)


# -- what is read ------------------------------------------------------------------------

FULL = """
<domain type='kvm' id='7'>
  <name>web-01</name>
  <uuid>11111111-2222-3333-4444-555555555555</uuid>
  <title>Front door</title>
  <description>Two
lines</description>
  <metadata>
    <v:tags xmlns:v='https://virtty.org/domain/1'><v:tag>web</v:tag><v:tag> prod </v:tag></v:tags>
    <v:tags xmlns:v='urn:else'><v:tag>not ours</v:tag></v:tags>
  </metadata>
  <memory unit='GiB'>4</memory>
  <currentMemory>2097152</currentMemory>
  <vcpu placement='static' current='2'>4</vcpu>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <cpu mode='custom'><model fallback='allow'>Nehalem</model></cpu>
  <devices>
    <serial type='pty'/>
    <channel type='unix'>
      <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>
    </channel>
    <graphics type='vnc' port='5901' autoport='yes'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
  </devices>
</domain>
"""


def devices(xml: str) -> Domain:
    return Domain.from_xml(f"<domain><devices>{xml}</devices></domain>")


def test_every_part_of_a_definition_is_read():
    domain = Domain.from_xml(FULL)
    assert (domain.name, domain.uuid) == ("web-01", "11111111-2222-3333-4444-555555555555")
    assert (domain.title, domain.description) == ("Front door", "Two\nlines")
    assert domain.tags == ("web", "prod")
    assert (domain.type, domain.general.arch, domain.general.machine) == (
        "kvm",
        "x86_64",
        "pc-q35-7.2",
    )
    assert (domain.cpu.vcpus, domain.cpu.maximum) == (2, 4)
    assert (domain.memory.given, domain.memory.maximum) == (2 * GIB, 4 * GIB)
    assert (domain.cpu.mode, domain.cpu.model) == ("custom", "Nehalem")
    assert domain.has_serial
    assert domain.has_agent_channel
    assert domain.agent_connected
    [display] = domain.graphics
    assert (display.type, display.listen, display.port) == ("vnc", "127.0.0.1", "5901")


def test_an_empty_definition_is_read_too():
    domain = Domain.from_xml("<domain/>")
    assert (domain.name, domain.memory.given, domain.cpu.vcpus, domain.tags) == ("", None, 1, ())
    assert not domain.has_serial
    assert not domain.agent_connected
    assert domain.disks == []


@pytest.mark.parametrize(
    ("xml", "count"),
    [
        ("<memory>1</memory>", 1024),
        ("<memory unit='b'>7</memory>", 7),
        ("<memory unit='bytes'>7</memory>", 7),
        ("<memory unit='KB'>2</memory>", 2000),
        ("<memory unit='MiB'> 3 </memory>", 3 * 1024**2),
        ("<memory unit='G'>1</memory>", GIB),
        ("<memory unit='TiB'>1</memory>", 1024 * GIB),
        ("<memory>much</memory>", None),
        ("<memory>²</memory>", None),
    ],
)
def test_memory_has_units(xml, count):
    assert Domain.from_xml(f"<domain>{xml}</domain>").memory.maximum == count


@pytest.mark.parametrize(
    ("xml", "firmware"),
    [
        ("<os><type>hvm</type></os>", "BIOS"),
        ("<os firmware='bios'><type>hvm</type></os>", "BIOS"),
        ("<os firmware='efi'><type>hvm</type></os>", "UEFI"),
        (
            "<os firmware='efi'><type>hvm</type>"
            "<firmware><feature enabled='yes' name='secure-boot'/></firmware></os>",
            "UEFI, secure boot",
        ),
        (
            "<os firmware='efi'><type>hvm</type>"
            "<firmware><feature enabled='no' name='secure-boot'/></firmware></os>",
            "UEFI",
        ),
        (
            "<os><type>hvm</type><loader type='pflash'>/usr/share/OVMF/OVMF_CODE.fd</loader></os>",
            "UEFI",
        ),
        (
            "<os><type>hvm</type><loader secure='yes' type='pflash'>/x</loader></os>",
            "UEFI, secure boot",
        ),
        (
            "<os><type>hvm</type><loader type='rom'>/usr/share/qemu/QEMU_EFI.fd</loader></os>",
            "UEFI",
        ),
        ("<os><type>hvm</type><loader type='rom'>/home/stefi/seabios.bin</loader></os>", "BIOS"),
        ("<os><type>exe</type><init>/bin/sh</init></os>", ""),
    ],
)
def test_firmware_is_told_however_it_is_written(xml, firmware):
    assert Domain.from_xml(f"<domain>{xml}</domain>").boot.firmware == firmware


@pytest.mark.parametrize(
    ("kind", "source", "text"),
    [
        ("file", "<source file='/a &amp; b.img'/>", "/a & b.img"),
        ("block", "<source dev='/dev/vg/lv'/>", "/dev/vg/lv"),
        ("dir", "<source dir='/share'/>", "/share"),
        ("volume", "<source pool='fast' volume='web.qcow2'/>", "fast/web.qcow2"),
        (
            "network",
            "<source protocol='rbd' name='pool/web'><host name='mon' port='6789'/></source>",
            "rbd://mon:6789/pool/web",
        ),
        (
            "network",
            "<source protocol='nbd' name='x'><host transport='unix' socket='/run/n'/></source>",
            "nbd:///run/n/x",
        ),
        (
            "nvme",
            "<source type='pci' namespace='1'>"
            "<address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></source>",
            "0000:01:00.0",
        ),
        ("vhostuser", "<source type='unix' path='/run/v.sock'/>", "/run/v.sock"),
        ("file", "<source startupPolicy='optional'/>", ""),
        ("file", "", ""),
    ],
)
def test_where_a_disk_has_its_data(kind, source, text):
    xml = f"<disk type='{kind}'>{source}<target dev='vda'/></disk>"
    [disk] = devices(xml).disks
    assert disk.source == text


def test_disks_and_drives_are_read():
    [disk, drive] = devices(
        "<disk type='file' device='disk'>"
        "<driver name='qemu' type='qcow2' cache='none' io='native'/><source file='/a'/>"
        "<target dev='vda' bus='virtio'/><serial>A1</serial><alias name='virtio-disk0'/></disk>"
        "<disk device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>"
    ).disks
    assert (disk.target, disk.bus, disk.device, disk.format) == ("vda", "virtio", "disk", "qcow2")
    assert (disk.cache, disk.io, disk.serial, disk.alias) == (
        "none",
        "native",
        "A1",
        "virtio-disk0",
    )
    assert not disk.readonly
    assert (drive.device, drive.readonly, drive.cache, drive.serial) == ("cdrom", True, "", "")


@pytest.mark.parametrize(
    ("xml", "kind", "text"),
    [
        ("<interface type='network'><source network='default'/></interface>", "network", "default"),
        ("<interface type='bridge'><source bridge='br0'/></interface>", "bridge", "br0"),
        ("<interface type='direct'><source dev='eth0' mode='vepa'/></interface>", "direct", "eth0"),
        ("<interface type='vhostuser'><source path='/s'/></interface>", "vhostuser", "/s"),
        (
            "<interface type='mcast'><source address='230.0.0.1' port='5558'/></interface>",
            "mcast",
            "230.0.0.1:5558",
        ),
        (
            "<interface type='hostdev'><source>"
            "<address type='pci' bus='0x3' slot='0x10' function='0x2'/></source></interface>",
            "hostdev",
            "0000:03:10.2",
        ),
        ("<interface type='user'/>", "user", ""),
    ],
)
def test_what_an_interface_is_plugged_into(xml, kind, text):
    [interface] = devices(xml).interfaces
    assert (interface.type, interface.source) == (kind, text)


def test_an_interface_is_read():
    [interface] = devices(
        "<interface type='network'><mac address='52:54:00:00:00:01'/><model type='virtio'/>"
        "<target dev='vnet3'/><link state='down'/></interface>"
    ).interfaces
    assert (interface.mac, interface.model) == ("52:54:00:00:00:01", "virtio")
    assert (interface.target, interface.link) == ("vnet3", False)


@pytest.mark.parametrize(
    ("kind", "source", "text"),
    [
        ("pci", "<address domain='0x0000' bus='0x0a' slot='0x1f' function='0x7'/>", "0000:0a:1f.7"),
        ("usb", "<vendor id='0x1234'/><product id='0xbeef'/>", "1234:beef"),
        ("usb", "<address bus='1' device='9'/>", "bus 1 device 9"),
        ("mdev", "<address uuid='c2177883-f1bb-47f0-914d-32a2'/>", "c2177883-f1bb-47f0-914d-32a2"),
        (
            "scsi",
            "<adapter name='scsi_host0'/><address bus='0' target='1' unit='2'/>",
            "scsi_host0 0:1:2",
        ),
        ("storage", "<block>/dev/sdz</block>", "/dev/sdz"),
        ("pci", "<address bus='odd'/>", ""),
        ("pci", "", ""),
    ],
)
def test_host_devices_are_told_by_address(kind, source, text):
    xml = f"<hostdev mode='subsystem' type='{kind}'><source>{source}</source></hostdev>"
    [hostdev] = devices(xml).hostdevs
    assert (hostdev.type, hostdev.address) == (kind, text)


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<graphics type='spice' listen='0.0.0.0'/>", "0.0.0.0"),
        ("<graphics type='vnc'><listen type='socket' socket='/run/vnc'/></graphics>", "/run/vnc"),
        ("<graphics type='vnc'><listen type='network' network='lan'/></graphics>", "lan"),
        ("<graphics type='vnc'><listen type='none'/></graphics>", ""),
    ],
)
def test_where_a_display_listens_is_told(xml, text):
    [display] = devices(xml).graphics
    assert display.listen == text
