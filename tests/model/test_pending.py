"""What the next boot would change."""

from __future__ import annotations

import libvirt
import pytest

from tests.model.definitions import Q35
from tui.demo import demo_uri
from tui.hypervisor.demo import prepare
from tui.model import Domain
from tui.model.pending import pending

XML = """<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
<currentMemory unit='MiB'>64</currentMemory><vcpu>2</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/>
<source file='/a'/><target dev='vda' bus='virtio'/></disk>
<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/>
<model type='virtio'/></interface></devices></domain>"""


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("<vcpu>2<", "<vcpu>4<", ("CPU: vCPUs", "CPU: Maximum vCPUs")),
        ("<memory unit='MiB'>64<", "<memory unit='MiB'>128<", ("Memory: Maximum memory",)),
        ("cache='none'", "cache='writeback'", ("Disk vda: Cache mode",)),
        ("dev='vda'", "dev='vdb'", ("Disk vdb: Target",)),
        ("network='default'", "network='lan'", ("NIC 52:54:00:00:00:01: Source",)),
        ("<currentMemory unit='MiB'>64<", "<currentMemory unit='MiB'>32<", ()),
        ("file='/a'", "file='/overlay'", ()),
    ],
)
def test_only_what_the_next_boot_changes(old, new, what):
    found = pending(Domain.from_xml(XML), Domain.from_xml(XML.replace(old, new)))
    assert tuple(f"{difference.label}: {difference.what}" for difference in found) == what
    assert pending(Domain.from_xml(XML), Domain.from_xml(XML)) == ()


def test_the_driver_that_libvirt_chose_for_a_device_of_the_host_waits_for_nothing():
    stored = XML.replace(
        "</devices>",
        """<hostdev mode='subsystem' type='pci' managed='yes'>
        <source><address domain='0x0000' bus='0x04' slot='0x00' function='0x0'/></source></hostdev>
        <interface type='hostdev' managed='yes'><mac address='52:54:00:00:00:02'/><source>
        <address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x0'/></source>
        </interface></devices>""",
    )
    live = stored.replace("managed='yes'>", "managed='yes'><driver name='vfio'/>")
    assert pending(Domain.from_xml(live), Domain.from_xml(stored)) == ()


def test_the_demo_host_has_two_machines_with_pending_changes():
    connection = libvirt.open(demo_uri())
    prepare(connection)
    differing = set()
    for domain in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        if not domain.isPersistent():
            continue
        live = Domain.from_xml(domain.XMLDesc(0))
        if pending(live, Domain.from_xml(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))):
            differing.add(domain.name())
    assert differing == {"k8s-worker-2", "monitoring"}


def test_the_console_of_a_serial_port_is_not_told_beside_it():
    live = Domain.from_xml(Q35)
    stored = Domain.from_xml(
        Q35.replace("<serial type='pty'>", "<serial type='null'>").replace(
            "<console type='pty'>", "<console type='null'>"
        )
    )
    assert [item.key for item in pending(live, stored)] == ["serial 0"]
