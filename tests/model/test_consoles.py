"""What of a running machine a console can attach to."""

from __future__ import annotations

from tui.model import Domain
from tui.model.consoles import console_ports


def live(devices: str) -> Domain:
    return Domain.from_xml(
        f"<domain type='kvm'><name>a</name><devices>{devices}</devices></domain>"
    )


PC = """
<serial type='pty'><target type='isa-serial' port='0'><model name='isa-serial'/></target>
  <alias name='serial0'/></serial>
<serial type='tcp'><source mode='bind' host='::1' service='4555'/>
  <target type='isa-serial' port='1'><model name='isa-serial'/></target>
  <alias name='serial1'/></serial>
<console type='pty'><target type='serial' port='0'/><alias name='serial0'/></console>
<console type='pty'><target type='virtio' port='1'/><alias name='console1'/></console>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
"""


def test_ports_are_named_as_the_guest_knows_them():
    ports = console_ports(live(PC))
    assert [(port.alias, port.name, port.tty) for port in ports] == [
        ("serial0", "isa-serial 0", "/dev/ttyS0"),
        ("serial1", "isa-serial 1", "/dev/ttyS1"),
        ("console1", "virtio console 0", "/dev/hvc0"),
    ]
    assert [port.why_not for port in ports] == ["", "goes to tcp ::1:4555, not to a pty", ""]


def test_other_kinds_of_machines_have_other_names():
    arm = """<serial type='pty'><target type='system-serial' port='0'><model name='pl011'/></target>
      <alias name='serial0'/></serial>"""
    assert [port.tty for port in console_ports(live(arm))] == ["/dev/ttyAMA0"]
    odd = "<serial type='pty'><target type='usb-serial' port='x'/><alias name='serial0'/></serial>"
    assert [port.tty for port in console_ports(live(odd))] == [""]


def test_a_stored_definition_names_none():
    assert console_ports(live("<serial type='pty'><target port='0'/></serial>")) == []


def test_where_a_port_goes_that_is_no_pty_is_told():
    ports = console_ports(
        live(
            """<serial type='file'><source path='/var/log/a'/><alias name='serial0'/></serial>
            <serial type='null'><alias name='serial1'/></serial>"""
        )
    )
    assert [port.why_not for port in ports] == [
        "goes to file /var/log/a, not to a pty",
        "goes to null, not to a pty",
    ]
