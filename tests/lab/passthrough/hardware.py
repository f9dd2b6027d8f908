"""The hardware of the passthrough host, in QEMU's words.

=========  ==============================================================================
00:03.0    the disk with the root file system (virtio)
00:04.0    the network card that leads to the tests (virtio), the only one with an address
01:00.0    igb, a network card with up to seven virtual functions: enp1s0
02:00.0    the same: enp2s0
03:00.0    NVMe with up to four virtual functions and one namespace
04:00.0    NVMe, alone in its IOMMU group
06:01.0    e1000   } behind one bridge, which makes them share one IOMMU group,
06:02.0    rtl8139 } bridge included
07:00.0    a display
08:00.0    a USB controller with a tablet, a keyboard and a stick
09:00.0    free: `plug_nic()` puts a third igb there
=========  ==============================================================================
"""

from pathlib import Path

from tests.lab.passthrough.image import Image

# Network interfaces of the host: the physical functions, and the one that can be plugged in.
PHYSICAL_FUNCTIONS = ("enp1s0", "enp2s0")
PLUGGED_NIC = "enp9s0"

# The address that answers on the network of each physical function.
GATEWAYS = {"enp1s0": "10.0.3.2", "enp2s0": "10.0.4.2", PLUGGED_NIC: "10.0.5.2"}

# Serial numbers by which a test finds what it has assigned.
NVME_SERIAL = "LAB-NVME"
USB_SERIAL = "LAB-STICK"

_DISK_BYTES = 64 << 20
# A tick that repeats by itself: emulated processors have lost the interrupt of a timer that
# fires once, and with it every timer that was to come.
_COMMAND_LINE = (
    "console=ttyS0 quiet intel_iommu=on iommu=pt mitigations=off nokaslr audit=0 "
    "tsc=reliable no_timer_check cryptomgr.notests panic=-1 "
    "nohz=off highres=off"
)


def options(
    image: Image, directory: Path, kernel_parameters: str, *, memory_mib: int, cpus: int
) -> list[str]:
    """Return QEMU's options for a host that starts pristine; its sockets go to *directory*.

    Port 0 of the forwards lets the kernel choose: `info usernet` tells what it chose.
    """
    disks = {name: directory / f"{name}.raw" for name in ("nvme0", "nvme1", "stick")}
    for path in disks.values():
        with path.open("wb") as disk:
            disk.truncate(_DISK_BYTES)
    forwards = ",".join(f"hostfwd=tcp:127.0.0.1:0-:{port}" for port in (22, 16509))
    machine = [
        *("-name", "passthrough", "-uuid", "76697274-7479-4000-8000-000000000001"),
        *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
        *("-machine", "q35,kernel_irqchip=split", "-accel", "tcg,thread=multi,tb-size=512"),
        *("-cpu", "max,la57=off", "-smp", str(cpus), "-m", str(memory_mib)),
        *("-device", "intel-iommu,intremap=on"),
        *("-kernel", str(image.kernel), "-initrd", str(image.initramfs)),
        *("-append", f"{_COMMAND_LINE} {kernel_parameters}"),
        *("-qmp", f"unix:{directory}/qmp,server=on,wait=off"),
        *("-serial", f"file:{directory}/serial"),
        *_drive("root", image.disk, "snapshot=on,cache=unsafe"),
        *("-device", "virtio-blk-pci,drive=root,addr=0x3"),
        *("-netdev", f"user,id=out,restrict=on,{forwards}"),
        *("-device", "virtio-net-pci,netdev=out,addr=0x4,romfile=,mac=52:54:00:10:00:01"),
    ]
    for number in range(1, 10):
        # The bridge below the fifth port has the sixth bus.
        if number != 6:
            machine += _device(f"pcie-root-port,id=port{number},chassis={number}", 0xF + number)
    for number in (1, 2, 9):
        network = f"10.0.{GATEWAYS[f'enp{number}s0'].split('.')[2]}.0/24"
        machine += ["-netdev", f"user,id=net{number},net={network},restrict=on"]
    for number in (1, 2):
        machine += _device(igb(number))
    machine += [
        *_device("nvme-subsys,id=subsystem"),
        *_device(
            "nvme,id=nvme0,bus=port3,serial=LAB-SRIOV,subsys=subsystem,sriov_max_vfs=4,"
            "sriov_vq_flexible=8,sriov_vi_flexible=4,msix_qsize=9,max_ioqpairs=10"
        ),
        *_drive("nvme0", disks["nvme0"]),
        *_device("nvme-ns,drive=nvme0,nsid=1,shared=on"),
        *_drive("nvme1", disks["nvme1"]),
        *_device(f"nvme,bus=port4,drive=nvme1,serial={NVME_SERIAL}"),
        *_device("pcie-pci-bridge,id=bridge,bus=port5"),
        *_device("e1000,bus=bridge,addr=1,mac=52:54:00:10:00:31,romfile="),
        *_device("rtl8139,bus=bridge,addr=2,mac=52:54:00:10:00:32,romfile="),
        *_device("VGA,bus=port7,romfile="),
        *_device("qemu-xhci,id=usb,bus=port8"),
        *_device("usb-tablet,bus=usb.0"),
        *_device("usb-kbd,bus=usb.0"),
        *_drive("stick", disks["stick"]),
        *_device(f"usb-storage,bus=usb.0,drive=stick,serial={USB_SERIAL}"),
    ]
    return machine


def igb(number: int) -> str:
    """Return the network card in port *number*."""
    return f"igb,id=nic{number},bus=port{number},netdev=net{number},mac={mac(number)},romfile="


def mac(number: int) -> str:
    """Return the MAC of the network card in port *number*."""
    return f"52:54:00:10:00:{number}0"


def _device(device: str, slot: int | None = None) -> list[str]:
    return ["-device", device if slot is None else f"{device},bus=pcie.0,addr={slot:#x}"]


def _drive(name: str, path: Path, options: str = "cache=unsafe") -> list[str]:
    return ["-drive", f"if=none,id={name},format=raw,file={path},{options}"]
