"""The kernel and the initramfs that lab guests boot, built once and kept in the cache."""

import gzip
import hashlib
import lzma
import os
import platform
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from tests.lab import cpio
from tests.lab.commands import LabError, run

_SOURCES = Path(__file__).with_name("initramfs")

# In the order in which they need each other. A kernel that has one built in
# simply has no file for it.
_MODULES = (
    "virtio_ring",
    "virtio",
    "virtio_pci_modern_dev",
    "virtio_pci_legacy_dev",
    "virtio_pci",
    "virtio_balloon",
    "virtio_blk",
    "virtio_console",
    "failover",
    "net_failover",
    "virtio_net",
    "evdev",
    "button",
    "pvpanic",
    "pvpanic-mmio",
)


@dataclass(frozen=True)
class BootFiles:
    """Where a Linux kernel and its initramfs are."""

    kernel: Path
    initramfs: Path

    def copy_to(self, directory: Path) -> "BootFiles":
        """Copy both into *directory*, readable by everyone, as QEMU's user must read them."""
        copies = BootFiles(directory / "vmlinuz", directory / "initramfs")
        for source, target in ((self.kernel, copies.kernel), (self.initramfs, copies.initramfs)):
            shutil.copyfile(source, target)
            target.chmod(0o644)
        return copies


def boot_files() -> BootFiles:
    """Return the cached boot files, building them first when they are missing or outdated."""
    if platform.machine() != "x86_64":
        raise LabError("lab guests are x86_64 machines and need an x86_64 host")
    cache = platformdirs.user_cache_path("virtty") / "lab" / _recipe()
    files = BootFiles(cache / "vmlinuz", cache / "initramfs")
    if not cache.is_dir():
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache.parent) as scratch:
            made = Path(scratch, "made")
            made.mkdir()
            _build(Path(scratch), made)
            try:
                made.rename(cache)
            except OSError:
                # Another run was quicker; what it made is the same.
                if not cache.is_dir():
                    raise
    return files


def _recipe() -> str:
    """Return a name that changes whenever what is built would change."""
    digest = hashlib.sha256()
    for source in sorted([*_SOURCES.iterdir(), *Path(__file__).parent.glob("[ck]*.py")]):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _build(scratch: Path, target: Path) -> None:
    kernel, modules = (
        _kernel_from_debian(scratch) if shutil.which("apt-get") else _kernel_of_this_machine()
    )
    shutil.copyfile(kernel, target / "vmlinuz")
    (target / "initramfs").write_bytes(gzip.compress(_initramfs(modules), compresslevel=6))


def _kernel_from_debian(scratch: Path) -> tuple[Path, Path]:
    package = _cloud_kernel_package()
    # apt's own user may not enter the scratch directory; root may write for it.
    run(["sh", "-c", f'cd "$1" && apt-get download -q {package}', "sh", str(scratch)], timeout=300)
    (archive,) = scratch.glob("*.deb")
    run(["dpkg", "-x", str(archive), str(scratch / "tree")])
    (kernel,) = (scratch / "tree" / "boot").glob("vmlinuz-*")
    return kernel, _modules_directory(scratch / "tree")


def _cloud_kernel_package() -> str:
    """Return the package that holds the smallest general kernel of this Debian or Ubuntu."""
    for meta, pattern in (
        ("linux-image-cloud-amd64", "linux-image-"),
        ("linux-image-virtual", "linux-image-"),
    ):
        for line in run(["apt-cache", "depends", "--important", meta]).splitlines():
            relation, _, package = line.strip().partition(": ")
            if relation == "Depends" and package.startswith(pattern):
                return package
    raise LabError("apt knows no kernel package; run `apt-get update` and try again")


def _kernel_of_this_machine() -> tuple[Path, Path]:
    release = platform.release()
    for kernel in (Path("/lib/modules", release, "vmlinuz"), Path("/boot", f"vmlinuz-{release}")):
        if os.access(kernel, os.R_OK):
            return kernel, Path("/lib/modules", release)
    raise LabError(f"no readable kernel of {release} in /lib/modules or /boot for the lab's guests")


def _modules_directory(tree: Path) -> Path:
    for modules in tree.glob("**/lib/modules/*"):
        return modules
    return tree


def _initramfs(modules: Path) -> bytes:
    archive = cpio.Archive()
    archive.add_device("dev/console", 5, 1)
    archive.add_file("bin/busybox", _busybox().read_bytes(), executable=True)
    for source, path in (
        ("init", "init"),
        ("agent", "sbin/agent"),
        ("udhcpc.script", "etc/udhcpc.script"),
        # Where busybox's acpid looks when the power button is pressed.
        ("power-button", "etc/acpi/PWRF/00000080"),
    ):
        archive.add_file(path, (_SOURCES / source).read_bytes(), executable=True)
    order = []
    for name in _MODULES:
        if found := next(modules.glob(f"kernel/**/{name}.ko*"), None):
            archive.add_file(f"modules/{name}.ko", _module_bytes(found))
            order.append(f"{name}.ko\n")
    archive.add_file("modules/order", "".join(order).encode())
    return archive.to_bytes()


def _module_bytes(path: Path) -> bytes:
    match path.suffix:
        case ".ko":
            return path.read_bytes()
        case ".xz":
            return lzma.decompress(path.read_bytes())
        case ".gz":
            return gzip.decompress(path.read_bytes())
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch, "module.ko")
        run(["zstd", "-q", "-d", str(path), "-o", str(plain)])
        return plain.read_bytes()


def _busybox() -> Path:
    for name in ("busybox", "busybox-static", "busybox.static"):
        if path := shutil.which(name):
            return Path(path)
    raise LabError("busybox is not installed; `make test` installs it")
