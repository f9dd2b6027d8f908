"""Ready-made lines for a viewer elsewhere: what they name is data, never commands."""

from __future__ import annotations

import pytest

from tui.model import Domain
from tui.model.viewers import has_screen, viewer_lines

UUID = "c7a5fdbd-cdaf-9455-926a-d65c16db1809"


def machine(devices: str, name: str = "web") -> Domain:
    return Domain.from_xml(
        f"<domain type='kvm'><name>{name}</name><uuid>{UUID}</uuid>"
        f"<devices>{devices}</devices></domain>"
    )


VNC = "<graphics type='vnc' port='5901' autoport='yes' listen='127.0.0.1'/>"


def test_a_local_machine_is_reached_through_its_hosts_name():
    assert viewer_lines(machine(VNC), "qemu:///system", "kvm1") == [
        "virt-viewer --connect qemu+ssh://kvm1/system web",
        "ssh -N -L 5901:127.0.0.1:5901 kvm1",
        "remote-viewer vnc://127.0.0.1:5901",
    ]


def test_a_remote_one_through_the_same_account_without_our_parameters_and_password():
    uri = "qemu+ssh://root:secret@kvm1:2222/system?keyfile=/home/me/.ssh/id"
    lines = viewer_lines(machine(VNC), uri, "whatever")
    assert not any("secret" in line or "keyfile" in line for line in lines)
    assert "root@kvm1" in lines[1]
    assert "-p 2222" in lines[1]


def test_sockets_tls_and_addresses_for_everyone():
    socket = "<graphics type='spice'><listen type='socket' socket='/run/a b.sock'/></graphics>"
    assert viewer_lines(machine(socket), "qemu:///system", "h")[1:] == [
        "ssh -N -L 5900:'/run/a b.sock' h",
        "remote-viewer spice://127.0.0.1:5900",
    ]
    tls = "<graphics type='spice' port='5900' tlsPort='5901' listen='0.0.0.0'/>"
    assert viewer_lines(machine(tls), "qemu:///system", "h")[1:] == [
        "ssh -N -L 5900:127.0.0.1:5900 -L 5901:127.0.0.1:5901 h",
        "remote-viewer 'spice://127.0.0.1:5900?tls-port=5901'",
        "remote-viewer 'spice://h:5900?tls-port=5901'",
    ]


@pytest.mark.parametrize("name", ["$(reboot)", "a b;c", "`x`"])
def test_a_name_is_one_word_for_a_shell(name):
    line = viewer_lines(machine(VNC, name), "qemu:///system", "h")[0]
    assert line.endswith(f" '{name}'")


def test_a_name_is_no_option():
    assert viewer_lines(machine(VNC, "-v"), "qemu:///system", "h")[0].endswith(f" {UUID}")


def test_nothing_is_offered_without_a_display():
    assert viewer_lines(machine(""), "qemu:///system", "h") == []
    assert viewer_lines(machine("<graphics type='sdl'/>"), "qemu:///system", "h") == []
    assert viewer_lines(machine(VNC), "qemu:///system", "h\x1b[2J") == []
    off = "<graphics type='vnc' port='-1' autoport='yes'/>"
    assert len(viewer_lines(machine(off), "qemu:///system", "h")) == 1


def test_a_screen_needs_a_graphics_card():
    assert has_screen(machine("<video><model type='vga'/></video>"))
    assert not has_screen(machine("<video><model type='none'/></video>"))
    assert not has_screen(machine(VNC))
