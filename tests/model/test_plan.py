"""What takes effect now, what at the next boot, what is refused: the QEMU driver's own table."""

from __future__ import annotations

import pytest

from tests.model.definitions import NUMA, Q35
from tui.model import ChangeSet, Domain
from tui.model.fields import Call, fields_of
from tui.model.plan import DomainStatus, Effect, Plan, plan

GIB = 1024**3
RUNNING = DomainStatus(active=True, persistent=True)
NOW, LATER = Effect.NOW, Effect.NEXT_BOOT


def planned(xml: str, edit, status: DomainStatus = RUNNING, **more) -> Plan:
    base = Domain.from_xml(xml)
    edited = base.copy()
    edit(edited)
    live = Domain.from_xml(xml) if status.active else None
    return plan(ChangeSet(base, edited), status, live, **more)


def put(key: str, field: str, value):
    def edit(document: Domain) -> None:
        view = document.view(key)
        fields_of(type(view))[field].write(view, value)

    return edit


def add(xml: str):
    return lambda document: document.add_device(xml)


def drop(key: str):
    return lambda document: document.remove_device(document.device(key))


NIC, NIC2 = "interface 52:54:00:00:00:01", "interface 52:54:00:00:00:02"
DISK = "<disk type='file'><source file='/b'/><target dev='{0}' bus='{1}'/></disk>"
OPEN = Q35.replace("<model type='virtio'/>\n      <driver", "<virtualport type='openvswitch'/>"
                   "<model type='virtio'/>\n      <driver")  # fmt: skip

OPEN_DISPLAY = Q35.replace(" passwd='s3cret'", "")

PORTS = Q35.replace("<controller type='scsi'", "<controller type='virtio-serial' index='0'/>"
                    "<controller type='scsi'", 1)  # fmt: skip
NO_USB = Q35.replace("model='qemu-xhci' ports='15'", "model='none'")


@pytest.mark.parametrize(
    ("xml", "edit", "effect", "call"),
    [
        # disk
        (Q35, put("disk sda", "source", "/other.iso"), NOW, Call.UPDATE_DEVICE),
        (Q35, put("disk sda", "source", ""), NOW, Call.UPDATE_DEVICE),
        (Q35, put("disk sda", "startup_policy", "mandatory"), NOW, Call.UPDATE_DEVICE),
        (Q35, put("disk vda", "source", "/other.img"), LATER, None),
        (Q35, put("disk vda", "cache", "none"), LATER, None),
        (Q35, put("disk vda", "io", "threads"), LATER, None),
        (Q35, put("disk vda", "discard", "ignore"), LATER, None),
        (Q35, put("disk vda", "error_policy", "stop"), LATER, None),
        (Q35, put("disk vda", "copy_on_read", "on"), LATER, None),
        (Q35, put("disk vda", "iothread", 1), LATER, None),
        (Q35, put("disk vda", "serial", "other"), LATER, None),
        (Q35, put("disk vda", "shareable", True), LATER, None),
        (Q35, put("disk vda", "total_iops", 50), NOW, Call.SET_BLOCK_IO_TUNE),
        # interface
        (Q35, put(NIC, "link", False), NOW, Call.UPDATE_DEVICE),
        (Q35, put(NIC, "where", "bridge br0"), NOW, Call.UPDATE_DEVICE),
        (Q35, put(NIC2, "where", "bridge br0"), LATER, None),
        (Q35, put(NIC2, "mode", "private"), LATER, None),
        (Q35, put(NIC, "vlan", ("10",)), LATER, None),
        (OPEN, put(NIC, "vlan", ("10",)), NOW, Call.UPDATE_DEVICE),
        (Q35, put(NIC, "inbound_average", 5), NOW, Call.UPDATE_DEVICE),
        (Q35, put(NIC, "filter", "clean-traffic"), NOW, Call.UPDATE_DEVICE),
        (Q35, put(NIC, "coalesce", 32), NOW, Call.UPDATE_DEVICE),
        (Q35, put(NIC, "isolated", "yes"), NOW, Call.UPDATE_DEVICE),
        (Q35, put(NIC, "trust", "yes"), LATER, None),
        (Q35, put(NIC2, "trust", "yes"), NOW, Call.UPDATE_DEVICE),
        (Q35, put(NIC, "model", "e1000e"), LATER, None),
        (Q35, put(NIC, "mac", "52:54:00:00:00:99"), LATER, None),
        (Q35, put(NIC, "queues", 4), LATER, None),
        (Q35, put(NIC, "mtu", 9000), LATER, None),
        (Q35, put(NIC, "portgroup", "x"), LATER, None),
        (Q35, put(NIC, "rom", "off"), LATER, None),
        # graphics
        (Q35, put("graphics spice", "password", "other"), NOW, Call.UPDATE_DEVICE),
        (Q35, put("graphics spice", "password", ""), LATER, None),
        (OPEN_DISPLAY, put("graphics spice", "password", "first"), LATER, None),
        (Q35, put("graphics spice", "connected", "keep"), NOW, Call.UPDATE_DEVICE),
        (Q35, put("graphics spice", "listen", "0.0.0.0"), LATER, None),
        (Q35, put("graphics spice", "autoport", "no"), LATER, None),
        (Q35, put("graphics spice", "keymap", "fr"), LATER, None),
        # memory device
        (NUMA, put("memory virtio-mem", "requested", GIB), NOW, Call.UPDATE_DEVICE),
        (NUMA, put("memory virtio-mem", "size", 2 * GIB), LATER, None),
        # all others
        (Q35, put("watchdog", "action", "pause"), LATER, None),
        (Q35, put("video", "heads", 2), LATER, None),
        (Q35, put("sound", "model", "ac97"), LATER, None),
        (Q35, put("memballoon", "period", 9), LATER, None),
        (Q35, put("tpm", "version", "1.2"), LATER, None),
        # attached and detached
        (Q35, add(DISK.format("vdb", "virtio")), NOW, Call.ATTACH_DEVICE),
        (Q35, add(DISK.format("sdb", "scsi")), NOW, Call.ATTACH_DEVICE),
        (Q35, add(DISK.format("sdb", "usb")), NOW, Call.ATTACH_DEVICE),
        (Q35, add(DISK.format("sdb", "sata")), LATER, None),
        (Q35, drop("disk vda"), NOW, Call.DETACH_DEVICE),
        (Q35, drop("disk sda"), LATER, None),
        (Q35, add("<controller type='scsi' index='1'/>"), NOW, Call.ATTACH_DEVICE),
        (Q35, add("<controller type='usb' index='1'/>"), LATER, None),
        (Q35, add("<interface type='user'/>"), NOW, Call.ATTACH_DEVICE),
        (Q35, drop(NIC), NOW, Call.DETACH_DEVICE),
        (Q35, drop("hostdev pci 0000:03:00.0"), NOW, Call.DETACH_DEVICE),
        (Q35, drop("hostdev usb 046d:c52b"), NOW, Call.DETACH_DEVICE),
        (Q35, drop("redirdev"), NOW, Call.DETACH_DEVICE),
        (Q35, drop("channel org.qemu.guest_agent.0"), NOW, Call.DETACH_DEVICE),
        (PORTS, add("<console type='pty'><target type='virtio'/></console>"), NOW,
         Call.ATTACH_DEVICE),
        (Q35, add("<console type='pty'><target type='virtio'/></console>"), LATER, None),
        (Q35, add("<channel type='unix'><target type='virtio' name='a'/></channel>"), LATER, None),
        (NO_USB, add("<input type='tablet' bus='usb'/>"), LATER, None),
        (NO_USB, add(DISK.format("sdb", "usb")), LATER, None),
        (Q35, add("<serial type='pty'><target type='pci-serial'/></serial>"), NOW,
         Call.ATTACH_DEVICE),
        (Q35, drop("rng"), NOW, Call.DETACH_DEVICE),
        (Q35, drop("vsock"), NOW, Call.DETACH_DEVICE),
        (Q35, drop("watchdog"), NOW, Call.DETACH_DEVICE),
        (Q35, add("<watchdog model='itco'/>"), LATER, None),
        (Q35, drop("input tablet usb"), NOW, Call.DETACH_DEVICE),
        (NUMA, drop("memory virtio-mem"), NOW, Call.DETACH_DEVICE),
        (Q35, add("<shmem name='s'/>"), NOW, Call.ATTACH_DEVICE),
        (NUMA, drop("filesystem srv"), NOW, Call.DETACH_DEVICE),
        (Q35, add("<filesystem><source dir='/a'/><target dir='b'/></filesystem>"), LATER, None),
        (Q35, drop("sound"), LATER, None),
        (Q35, drop("video"), LATER, None),
        (Q35, drop("graphics spice"), LATER, None),
        (Q35, drop("memballoon"), LATER, None),
        (Q35, drop("tpm"), LATER, None),
        (Q35, drop("panic"), LATER, None),
        (Q35, drop("iommu"), LATER, None),
        (Q35, add("<audio id='1' type='none'/>"), LATER, None),
        (Q35, add("<hub type='usb'/>"), LATER, None),
        (Q35, add("<smartcard mode='host'/>"), LATER, None),
        (Q35, drop("unheard-of"), LATER, None),
        # calls of their own
        (Q35, put("cpu", "current", 4), NOW, Call.SET_VCPUS),
        (Q35, put("cpu", "current", 1), LATER, None),
        (Q35, put("cpu", "mode", "host-model"), LATER, None),
        (Q35, put("cpu", "pins", (("0", "3"), ("1", "2"))), NOW, Call.PIN),
        (Q35, put("cpu", "emulator_pin", "1"), NOW, Call.PIN),
        (Q35, put("cpu", "shares", 512), NOW, Call.SET_SCHEDULER),
        (Q35, put("memory", "current", GIB), NOW, Call.SET_MEMORY),
        (Q35, put("memory", "maximum", 8 * GIB), LATER, None),
        (NUMA, put("memory", "current", 2 * GIB), LATER, None),
        (NUMA, put("memory", "hard_limit", 9 * GIB), NOW, Call.SET_MEMORY_PARAMETERS),
        (NUMA, put("memory", "numa_nodes", "0-1"), NOW, Call.SET_NUMA_PARAMETERS),
        (Q35, put("general", "heading", "other"), NOW, Call.SET_METADATA),
        (Q35, put("general", "description", "other"), NOW, Call.SET_METADATA),
        (Q35, put("general", "on_crash", "restart"), LATER, None),
        (Q35, put("boot", "menu", "no"), LATER, None),
        (Q35, put("clock", "offset", "localtime"), LATER, None),
    ],
)  # fmt: skip
def test_what_a_running_machine_takes(xml, edit, effect, call):
    found = planned(xml, edit)
    assert {(f.effect, f.call) for f in found.forecasts} == {(effect, call)}
    assert found.define
    assert [step.call for step in found.steps] == ([call] if call else [])
    assert all(f.why for f in found.forecasts if f.effect is LATER)
    assert all(command.startswith("virsh ") for command in found.commands)
    assert "s3cret" not in " ".join(found.commands)


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        (
            [("cpu", "pins", (("0", "1"), ("1", "3"))), ("cpu", "emulator_pin", "")],
            ["vcpupin web 1 3 --live", "emulatorpin web r --live"],
        ),
        ([("cpu", "pins", (("0", "1"),))], ["vcpupin web 1 r --live"]),
        ([("cpu", "shares", 512)], ["schedinfo web --live cpu_shares=512"]),
        ([("memory", "hard_limit", 4 * GIB)], ["memtune web --live --hard-limit=4194304"]),
        (
            [("disk vda", "read_bytes", 1000), ("disk vda", "total_iops", None)],
            ["blkdeviotune web vda --live --read-bytes-sec=1000 --total-iops-sec=0"],
        ),
        (
            [("general", "heading", "a b"), ("general", "description", "-c")],
            ["desc web --live --title --new-desc 'a b'", "desc web --live --new-desc -c"],
        ),
    ],
)
def test_the_commands_are_those_that_virsh_takes(edits, told):
    def edit(document: Domain) -> None:
        for change in edits:
            put(*change)(document)

    commands = planned(Q35, edit).commands
    assert commands == ("virsh define web.xml --validate", *(f"virsh {words}" for words in told))


def test_limits_that_are_taken_away_are_none_in_the_commands_too():
    commands = planned(NUMA, put("memory", "hard_limit", None)).commands
    assert "virsh memtune numa --live --hard-limit=-1" in commands
    xml = Q35.replace("<cputune>", "<cputune><quota>5000</quota>")
    assert (
        "virsh schedinfo web --live vcpu_quota=-1"
        in planned(xml, put("cpu", "quota", None)).commands
    )


def test_memory_moves_between_nodes_by_a_strict_policy_only():
    later = [
        (NUMA.replace("<memory mode='strict'", "<memory mode='interleave'"), "0-1"),
        (NUMA, ""),
    ]
    for xml, nodes in later:
        (forecast,) = planned(xml, put("memory", "numa_nodes", nodes)).forecasts
        assert (forecast.effect, forecast.call) == (LATER, None)


def test_nothing_of_a_passed_through_nic_changes_live():
    xml = Q35.replace("<interface type='direct'>", "<interface type='hostdev' managed='yes'>")
    (forecast,) = planned(xml, put(NIC2, "link", False)).forecasts
    assert forecast.effect is LATER


def test_a_machine_that_is_off_changes_its_definition_only():
    found = planned(Q35, put("cpu", "current", 4), DomainStatus(active=False, persistent=True))
    assert [(f.effect, f.call) for f in found.forecasts] == [(LATER, None)]
    assert found.define
    assert not found.steps


def test_a_name_changes_while_it_is_off():
    edit = put("general", "name", "other")
    off = planned(Q35, edit, DomainStatus(active=False, persistent=True))
    assert [step.call for step in off.steps] == [Call.RENAME]
    assert off.commands == ("virsh domrename web other",)
    assert [f.effect for f in planned(Q35, edit).refused] == [Effect.REFUSED]


def test_autostart_is_so_at_once_and_defines_nothing():
    for active in (True, False):
        status = DomainStatus(active=active, persistent=True)
        found = planned(Q35, put("boot", "autostart", True), status)
        assert [(f.effect, f.call) for f in found.forecasts] == [(NOW, Call.SET_AUTOSTART)]
        assert found.commands == ("virsh autostart web",)


def test_a_transient_machine_has_no_next_boot():
    transient = DomainStatus(active=True, persistent=False)
    assert planned(Q35, put("disk vda", "cache", "none"), transient).refused
    found = planned(Q35, put("cpu", "current", 4), transient)
    assert not found.refused
    assert not found.define


def test_the_test_driver_takes_the_definition_only():
    demo = DomainStatus(active=True, persistent=True, driver="TEST")
    (forecast,) = planned(Q35, put("cpu", "current", 4), demo).forecasts
    assert forecast.effect is LATER
    assert "test driver" in forecast.why


def test_the_person_may_wait_for_the_next_boot():
    found = planned(Q35, put("cpu", "current", 4), held_back={("cpu", "current")})
    assert [(f.effect, f.why) for f in found.forecasts] == [(LATER, "as you chose")]
    assert found.define
    assert not found.steps


def test_the_person_may_want_it_now_only():
    changes = {("cpu", "current"), ("disk vda", "cache")}
    base, live = Domain.from_xml(Q35), Domain.from_xml(Q35)
    edited = base.copy()
    edited.cpu.current = 4
    found = plan(ChangeSet(base, edited), RUNNING, live, now_only=changes)
    assert [(f.effect, f.is_stored) for f in found.forecasts] == [(NOW, False)]
    assert not found.define
    assert [step.call for step in found.steps] == [Call.SET_VCPUS]
    edited.disks[0].cache = "none"  # cannot be done now, so it is stored all the same
    found = plan(ChangeSet(base, edited), RUNNING, live, now_only=changes)
    assert {f.is_stored for f in found.forecasts} == {True, False}
    assert found.define


def test_what_the_running_machine_has_already_needs_no_step():
    base, edited, live = (Domain.from_xml(Q35) for _ in range(3))
    edited.disks[0].cache = live.disks[0].cache = "none"
    found = plan(ChangeSet(base, edited), RUNNING, live)
    assert [(f.effect, f.call) for f in found.forecasts] == [(NOW, None)]


def test_removals_come_before_additions():
    def swap(document: Domain) -> None:
        document.add_device(DISK.format("vdb", "virtio"))
        document.remove_device(document.device("disk vda"))
        document.cpu.current = 4

    calls = [step.call for step in planned(Q35, swap).steps]
    assert calls == [Call.SET_VCPUS, Call.DETACH_DEVICE, Call.ATTACH_DEVICE]
