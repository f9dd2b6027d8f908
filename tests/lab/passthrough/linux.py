"""The kernel of the host and of its guests, its modules, and what they boot with."""

import fnmatch
import lzma
import re
import shutil
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.lab import cpio
from tests.lab.commands import LabError
from tests.lab.passthrough.tree import Tree

# Names, or patterns of names; what they depend on is found.
# ext4 asks for its checksum by name, which is no dependency that it declares.
_ROOT = ("virtio_blk", "crc32c_generic", "ext4")
_DEVICES = (
    *("virtio_net", "igb", "igbvf", "e1000", "8139cp", "nvme"),
    *("xhci_pci", "usbhid", "hid_generic", "usb_storage", "sd_mod", "evdev", "button"),
)
_HOST = (
    *_ROOT,
    *_DEVICES,
    *("vfio_pci", "vfio_iommu_type1", "kvm_amd", "kvm_intel", "ahci", "vfat"),
    *("tun", "bridge", "macvtap", "vhost_net", "8021q", "nf_tables", "nft_*", "nf_nat"),
)
_GUEST = (*_DEVICES, "virtio_blk")

_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


class Linux:
    """The kernel that *package*, an unpacked linux-image, has in it."""

    def __init__(self, package: Path, tree: Tree) -> None:
        self._tree = tree
        (self._image,) = (package / "boot").glob("vmlinuz-*")
        self.release = self._image.name.removeprefix("vmlinuz-")
        self._modules = package / "usr/lib/modules" / self.release
        self._files = {
            _normal(path.name.partition(".")[0]): path
            for path in (self._modules / "kernel").rglob("*.ko*")
        }

    def write_kernel(self, target: Path) -> None:
        """Write the kernel as it is in memory: QEMU starts that, and nobody has to unpack it."""
        image = self._image.read_bytes()
        # See Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length.
        start, length = struct.unpack_from("<II", image, 0x248)
        start += (image[0x1F1] + 1) * 512
        packed = target.with_suffix(".zst")
        # The last four bytes are the size of what was packed.
        packed.write_bytes(image[start : start + length - 4])
        self._tree.run("usr/bin/zstd", "-dq", "-f", str(packed), "-o", str(target))
        packed.unlink()

    def install_host_modules(self) -> None:
        """Put what the host needs into its tree, and index it for modprobe."""
        target = self._tree.path / "usr/lib/modules" / self.release
        for name, content in self._closure(_HOST):
            path = target / self._files[name].relative_to(self._modules).with_suffix("")
            path = path if path.suffix == ".ko" else path.with_suffix(".ko")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
            shutil.copy(self._modules / name, target)
        self._tree.run("usr/sbin/depmod", "-b", str(self._tree.path), self.release)

    def host_initramfs(self, init: Path) -> bytes:
        """Return what finds the host's disk and goes on from there."""
        return self._initramfs(_ROOT, {"init": init})

    def guest_initramfs(self, init: Path, lease: Path) -> bytes:
        """Return a whole small system with drivers for every device that the host has."""
        return self._initramfs(_GUEST, {"init": init, "etc/lease": lease})

    def _initramfs(self, patterns: Iterable[str], scripts: dict[str, Path]) -> bytes:
        archive = cpio.Archive()
        archive.add_device("dev/console", 5, 1)
        busybox = self._tree.path / "usr/bin/busybox"
        archive.add_file("bin/busybox", busybox.read_bytes(), executable=True)
        for path, source in scripts.items():
            archive.add_file(path, source.read_bytes(), executable=True)
        order = []
        for name, content in self._closure(patterns):
            archive.add_file(f"modules/{name}.ko", content)
            order.append(f"{name}.ko\n")
        archive.add_file("modules/order", "".join(order).encode())
        return archive.to_bytes()

    def _closure(self, patterns: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield each module and what it depends on, in the order in which to insert them."""
        seen: set[str] = set()
        for pattern in patterns:
            names = fnmatch.filter(self._files, pattern)
            if not names and pattern not in self._builtin():
                raise LabError(f"Linux {self.release} has no module {pattern}")
            for name in sorted(names):
                yield from self._with_dependencies(name, seen)

    def _with_dependencies(self, name: str, seen: set[str]) -> Iterator[tuple[str, bytes]]:
        if name in seen:
            return
        seen.add(name)
        content = lzma.decompress(self._files[name].read_bytes())
        depends = _DEPENDS.search(content)
        for other in (depends[1].decode() if depends else "").split(","):
            if other:
                yield from self._with_dependencies(_normal(other), seen)
        yield name, content

    def _builtin(self) -> set[str]:
        lines = (self._modules / "modules.builtin").read_text().split()
        return {_normal(Path(line).stem) for line in lines}


def _normal(name: str) -> str:
    return name.replace("-", "_")
