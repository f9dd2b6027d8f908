"""The host's disk and what it boots with, built from Debian's packages and kept in the cache."""

import fcntl
import hashlib
import platform
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from tests.lab import cpio
from tests.lab.commands import LabError
from tests.lab.passthrough import linux, packages, tree
from tests.lab.passthrough.linux import Linux
from tests.lab.passthrough.tree import Tree

_FILES = Path(__file__).with_name("files")
_GUEST = "srv/guest"
_CONFIGURATION = {
    "etc/hostname": "passthrough\n",
    "etc/hosts": "127.0.0.1 localhost passthrough\n",
    "etc/machine-id": "76697274747900004000800000000001\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "etc/ssh/sshd_config": "PermitRootLogin prohibit-password\nUsePAM no\nStrictModes no\n",
    # Reached through a port that is forwarded on loopback, and through nothing else.
    "etc/libvirt/libvirtd.conf": (
        'listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\nlisten_addr = "0.0.0.0"\n'
        'auth_unix_rw = "none"\n'
    ),
    "etc/libvirt/network.conf": 'firewall_backend = "nftables"\n',
    "etc/libvirt/qemu.conf": (
        'user = "root"\ngroup = "root"\nsecurity_driver = "none"\nnamespaces = []\n'
        "cgroup_controllers = []\nremember_owner = 0\n"
    ),
}
# What the scripts of packages make.
_LINKS = {
    "usr/bin/awk": "mawk",
    "usr/bin/sh": "dash",
    "usr/bin/which": "which.debianutils",
    "var/lock": "/run/lock",
    "var/run": "/run",
}

# Where the host has its guests' kernel and initramfs.
GUEST_KERNEL = f"/{_GUEST}/vmlinux"
GUEST_INITRAMFS = f"/{_GUEST}/initramfs"


@dataclass(frozen=True)
class Image:
    """A host that can be started: `tree` has the QEMU for it."""

    tree: Tree
    disk: Path
    kernel: Path
    initramfs: Path


def image() -> Image:
    """Return the cached image, building it first when it is missing or outdated.

    Building fetches 180 MB from a mirror of Debian; what is kept takes 1 GB.
    """
    if platform.machine() != "x86_64":
        raise LabError("the passthrough host is an x86_64 machine and needs one")
    cache = platformdirs.user_cache_path("virtty") / "passthrough"
    cache.mkdir(parents=True, exist_ok=True)
    current = cache / _recipe()
    # Of several runs at once, one builds and the others wait for it.
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not current.is_dir():
            for outdated in filter(Path.is_dir, cache.iterdir()):
                shutil.rmtree(outdated)
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                made = Path(scratch, "made")
                made.mkdir()
                _build(Path(scratch), _image(made))
                made.rename(current)
    return _image(current)


def _image(directory: Path) -> Image:
    return Image(
        Tree(directory / "tree"),
        directory / "disk",
        directory / "vmlinux",
        directory / "initramfs",
    )


def _recipe() -> str:
    """Return a name that changes whenever what is built would change."""
    digest = hashlib.sha256()
    modules = (module.__file__ for module in (cpio, linux, packages, tree))
    for source in [*sorted(_FILES.iterdir()), Path(__file__), *map(Path, filter(None, modules))]:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _build(scratch: Path, target: Image) -> None:
    root = target.tree.path
    for name in ("apt", "kernel"):
        (scratch / name).mkdir()
    debian, kernel = packages.fetch(scratch / "apt")
    packages.unpack(debian, root)
    packages.unpack([kernel], scratch / "kernel")
    shutil.rmtree(scratch / "apt")

    built = Linux(scratch / "kernel", target.tree)
    built.write_kernel(target.kernel)
    target.initramfs.write_bytes(built.host_initramfs(_FILES / "host-root"))
    built.install_host_modules()
    guest = root / _GUEST
    guest.mkdir(parents=True)
    shutil.copy(target.kernel, guest / "vmlinux")
    guest.joinpath("initramfs").write_bytes(
        built.guest_initramfs(_FILES / "guest-init", _FILES / "guest-lease")
    )
    _configure(root)
    _write_disk(target)


def _configure(root: Path) -> None:
    for name in ("passwd", "group"):
        shutil.copy(_FILES / name, root / "etc" / name)
    shutil.copy(_FILES / "host-init", root / "usr/sbin/host-init")
    root.joinpath("usr/sbin/host-init").chmod(0o755)
    for link, target in _LINKS.items():
        made = root / link
        if made.is_dir() and not made.is_symlink():
            shutil.rmtree(made)
        made.unlink(missing_ok=True)
        made.symlink_to(target)
    for path, content in _CONFIGURATION.items():
        root.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        root.joinpath(path).write_text(content)


def _write_disk(target: Image) -> None:
    """Make the file system without mounting it, with room to work in."""
    with target.disk.open("wb") as disk:
        disk.truncate(target.tree.size() * 5 // 4 + (512 << 20))
    target.tree.run(
        "usr/sbin/mke2fs",
        *("-q", "-F", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-E", "root_owner=0:0"),
        *("-d", str(target.tree.path), str(target.disk)),
    )
