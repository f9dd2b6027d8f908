"""What the host itself uses, out of the answer of the probe."""

from __future__ import annotations

from tui.model.host_use import HostUse, parse_probe

PROBED = """\
@ssh
10.0.0.9 51000 10.0.0.2 22
@route
Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
br0 00000000 0100000A 0003 0 0 0 00000000 0 0 0
eno2 0000000B 00000000 0001 0 0 0 00FFFFFF 0 0 0
@route6
@address
1: lo    inet 127.0.0.1/8 scope host lo
4: br0    inet 10.0.0.2/24 brd 10.0.0.255 scope global br0
@net
device eno1 /sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0
upper eno1 br0
device eno2 /sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1
upper eno2 macvtap3
device br0
device vnet4
upper vnet4 br0
@block
device sda 8:0 /sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda
device sda1 8:1 /sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda1
device dm-0 253:0 /sys/devices/virtual/block/dm-0
slave dm-0 nvme0n1p2
device nvme0n1 259:0 /sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1
device nvme0n1p2 259:2 /sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p2
device sdb 8:16 /sys/devices/pci0000:00/0000:07:00.0/usb1/1-2/1-2:1.0/host6/block/sdb
@nvme
/sys/devices/virtual/nvme-subsystem/nvme-subsys0 /sys/devices/pci0000:00/0000:00:1d.0/0000:02:00.0
@mounts
22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw
30 22 8:1 / /srv/my\\040data rw - ext4 /dev/sda1 rw
31 22 0:40 / /mnt/stick rw - fuseblk /dev/sdb rw
32 22 0:5 / /proc rw - proc proc rw
@swaps
Filename Type Size Used Priority
/dev/sda1 partition 1 0 -2
@vga
0000:06:00.0
@keyboards
I: Bus=0019 Vendor=0000 Product=0001 Version=0000
S: Sysfs=/devices/LNXSYSTM:00/LNXPWRBN:00/input/input0
H: Handlers=kbd event0
S: Sysfs=/devices/pci0000:00/0000:07:00.0/usb1/1-1/1-1:1.0/0003/input/input3
H: Handlers=sysrq kbd leds event3
@sriov
0000:01:00.0 7 2
"""


def test_the_probe_tells_what_the_host_stands_on():
    use = parse_probe(PROBED)
    assert use.known
    assert use.reasons == {
        "0000:01:00.0": (
            "carries this SSH session (eno1)",
            "carries the default route (eno1)",
            "carries guests on br0 (eno1)",
        ),
        "0000:01:00.1": ("carries guests by macvtap (eno2)",),
        "0000:02:00.0": ("/ is mounted from it",),
        "0000:00:17.0": (
            "/srv/my data is mounted from it",
            "the host swaps to it",
        ),
        "0000:07:00.0": (
            "/mnt/stick is mounted from it",
            "the host's keyboard is on it",
        ),
        "1-2": ("/mnt/stick is mounted from it",),
        "0000:06:00.0": ("the host's display since boot",),
        "1-1": ("the host's keyboard is on it",),
    }
    assert use.functions == {"0000:01:00.0": (7, 2)}
    assert use.pool_places("/srv/my data/images") == ["0000:00:17.0"]
    assert use.pool_places("/srv/my database") == ["0000:02:00.0"]


def test_a_probe_without_an_answer_knows_nothing_bad():
    assert parse_probe("") == HostUse()
    assert parse_probe("@route\n@net\ndevice\n@block\n@mounts\nx\n").reasons == {}
