"""What is taken away leaves nothing behind that libvirt refuses, and comes back whole."""

from __future__ import annotations

from collections.abc import Iterator

import libvirt
import pytest

from tui.model import Domain
from tui.model.changes import canonical
from tui.model.fields import fields_of
from tui.model.session import EditSession

XML = """<domain type='test'><name>clearing</name><memory unit='KiB'>1048576</memory>
<vcpu>4</vcpu><iothreads>2</iothreads><cputune><iothreadpin iothread='1' cpuset='0-1'/></cputune>
<os><type arch='x86_64'>hvm</type><bootmenu enable='yes' timeout='3000'/></os>
<features><hyperv mode='custom'><relaxed state='on'/><vpindex state='on'/><synic state='on'/>
<spinlocks state='on' retries='8191'/><stimer state='on'><direct state='on'/></stimer></hyperv>
</features>
<clock offset='utc'><timer name='rtc' tickpolicy='catchup' track='guest'>
<catchup threshold='123' slew='120' limit='10000'/></timer></clock>
<devices>
<disk type='file' device='cdrom'><source file='/cd.iso' startupPolicy='optional'/>
<target dev='sda' bus='scsi'/><readonly/></disk>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/a'/>
<backingStore type='file'><format type='qcow2'/><source file='/base'/><backingStore/></backingStore>
<boot order='1' loadparm='A'/><target dev='sdb' bus='scsi'/>
<vendor>ACME</vendor><wwn>5000c50015ea71aa</wwn></disk>
<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/>
<virtualport type='openvswitch'>
<parameters interfaceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f'/></virtualport>
<vlan trunk='yes'><tag id='10'/><tag id='20'/></vlan>
<bandwidth><inbound average='1000' peak='5000' burst='1024'/></bandwidth>
<filterref filter='clean-traffic'><parameter name='IP' value='10.0.0.1'/></filterref>
<model type='virtio'/><driver name='vhost' queues='2'/></interface>
<graphics type='spice' port='5901' autoport='no'><listen type='network' network='default'/>
<channel name='main' mode='insecure'/><channel name='record' mode='insecure'/>
<image compression='off'/><clipboard copypaste='no'/></graphics>
<hostdev mode='subsystem' type='pci' managed='yes'>
<source><address domain='0x0000' bus='0x03' slot='0x00' function='0x0'/></source>
<address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/></hostdev>
<serial type='pty'><log file='/var/log/serial' append='off'/><target port='0'/></serial>
</devices></domain>"""
NIC = "interface 52:54:00:00:00:01"


@pytest.fixture(scope="module")
def connection() -> Iterator[libvirt.virConnect]:
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    found = libvirt.open("test:///default")
    yield found
    found.close()


@pytest.mark.parametrize(
    ("key", "field", "text"),
    [
        ("boot", "menu", ""),
        ("boot", "order", ""),
        ("serial 0", "log", ""),
        ("cpu", "iothreads", ""),
        ("hyperv", "mode", "passthrough"),
        ("hyperv", "spinlocks", ""),
        ("hyperv", "stimer", ""),
        ("clock", "rtc_tick", ""),
        ("clock", "rtc_tick", "delay"),
        ("disk sda", "source", ""),
        ("disk sdb", "source", "/c"),
        ("disk sdb", "boot_order", ""),
        ("disk sdb", "bus", "virtio"),
        (NIC, "port_type", ""),
        (NIC, "vlan", ""),
        (NIC, "inbound_average", ""),
        (NIC, "filter", ""),
        (NIC, "model", "e1000"),
        ("graphics spice", "type", "vnc"),
        ("graphics spice", "type", "egl-headless"),
        ("graphics spice", "listen", ""),
        ("graphics spice", "listen", "127.0.0.1"),
        ("hostdev pci 0000:03:00.0", "driver", "vfio"),
    ],
)
def test_libvirt_takes_what_is_left_and_set_back_all_is_there(connection, key, field, text):
    base = Domain.from_xml(XML)
    session = EditSession(base)
    view = base.view(key)
    assert view is not None
    present = fields_of(type(view))[field].read_text(view)
    there = session.set(key, field, text)
    flag = libvirt.VIR_DOMAIN_DEFINE_VALIDATE
    connection.defineXMLFlags(session.edited.to_xml(), flag).undefine()
    session.set(there, field, present)
    assert canonical(session.edited.root) == canonical(base.root)


def test_an_empty_drive_keeps_what_happens_without_its_next_medium():
    session = EditSession(Domain.from_xml(XML))
    session.set("disk sda", "source", "")
    assert [change.what for change in session.changes.changes] == ["Source"]
    session.set("disk sda", "source", "/other.iso")
    (drive, _disk) = session.edited.disks
    assert (drive.source, drive.startup_policy) == ("/other.iso", "optional")


def test_another_image_stands_on_nothing_of_the_old_one():
    session = EditSession(Domain.from_xml(XML))
    session.set("disk sdb", "source", "/c")
    assert "/base" not in session.edited.to_xml()
    assert [change.what for change in session.changes.changes] == ["Source"]
