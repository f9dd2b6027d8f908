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
_FILE_SYSTEM_MODULES = ("crc16", "crc32c_generic", "mbcache", "jbd2", "ext4")


@dataclass(frozen=True)
class BootFiles:
    """Where a Linux kernel and its initramfs are."""

    kernel: Path
    initramfs: Path

    @property
    def agent_initramfs(self) -> Path:
        """The initramfs with QEMU's guest agent and a file system for its disk in it."""
        return self.initramfs.with_name("initramfs-agent")

    def copy_to(self, directory: Path) -> "BootFiles":
        """Copy both into *directory*, readable by everyone, as QEMU's user must read them."""
        copies = BootFiles(directory / "vmlinuz", directory / "initramfs")
        for source, target in (
            (self.kernel, copies.kernel),
            (self.initramfs, copies.initramfs),
            (self.agent_initramfs, copies.agent_initramfs),
        ):
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
    plain = gzip.compress(_initramfs(modules), compresslevel=6)
    (target / "initramfs").write_bytes(plain)
    # The kernel unpacks archives that follow each other into the same tree.
    more = gzip.compress(_agent_archive(modules, _guest_agent(scratch)), compresslevel=6)
    padding = b"\0" * (-len(plain) % 4)
    (target / "initramfs-agent").write_bytes(plain + padding + more)


def _kernel_from_debian(scratch: Path) -> tuple[Path, Path]:
    tree = _unpacked(scratch, _cloud_kernel_package())
    (kernel,) = (tree / "boot").glob("vmlinuz-*")
    return kernel, _modules_directory(tree)


def _unpacked(scratch: Path, package: str) -> Path:
    """The files of one of Debian's packages, which is not installed."""
    folder = scratch / package
    folder.mkdir()
    # apt's own user may not enter the scratch directory; root may write for it.
    run(["sh", "-c", f'cd "$1" && apt-get download -q {package}', "sh", str(folder)], timeout=300)
    (archive,) = folder.glob("*.deb")
    run(["dpkg", "-x", str(archive), str(folder / "tree")])
    return folder / "tree"


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
        ("udhcpc.script", "etc/udhcpc.script"),
        # Where busybox's acpid looks when the power button is pressed.
        ("power-button", "etc/acpi/PWRF/00000080"),
    ):
        archive.add_file(path, (_SOURCES / source).read_bytes(), executable=True)
    _add_modules(archive, modules, _MODULES, "modules/order")
    return archive.to_bytes()


def _agent_archive(modules: Path, agent: Path) -> bytes:
    """What a guest with an agent has on top: the agent, its libraries, a file system."""
    archive = cpio.Archive()
    for source, path in (("agent", "sbin/agent"), ("shutdown", "sbin/shutdown")):
        archive.add_file(path, (_SOURCES / source).read_bytes(), executable=True)
    archive.add_file("sbin/qemu-ga", agent.read_bytes(), executable=True)
    # What QEMU itself needs is what its agent needs: it is all on this machine.
    for line in run(["ldd", str(agent)]).splitlines():
        name, _, found = line.strip().partition(" => ")
        library = (found or name).partition(" ")[0]
        if library.startswith("/"):
            archive.add_file(library[1:], Path(library).read_bytes(), executable=True)
    _add_modules(archive, modules, _FILE_SYSTEM_MODULES, "modules/agent.order")
    return archive.to_bytes()


def _guest_agent(scratch: Path) -> Path:
    if path := shutil.which("qemu-ga"):
        return Path(path)
    if not shutil.which("apt-get"):
        raise LabError("qemu-ga, QEMU's guest agent, is not installed")
    return _unpacked(scratch, "qemu-guest-agent") / "usr" / "sbin" / "qemu-ga"


def _add_modules(
    archive: cpio.Archive, modules: Path, names: tuple[str, ...], listing: str
) -> None:
    order = []
    for name in names:
        if found := next(modules.glob(f"kernel/**/{name}.ko*"), None):
            archive.add_file(f"modules/{name}.ko", _module_bytes(found))
            order.append(f"{name}.ko\n")
    archive.add_file(listing, "".join(order).encode())


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
