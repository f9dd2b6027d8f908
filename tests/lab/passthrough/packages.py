"""Debian packages, fetched and unpacked into a directory; nothing is installed on the machine."""

from pathlib import Path

from tests.lab.commands import LabError, run

_SUITE = "trixie"
_MIRROR = "http://deb.debian.org/debian"
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_KERNEL = "linux-image-amd64"

# What the host is made of; apt adds what these depend on.
_PACKAGES = (
    *("libvirt-daemon", "libvirt-daemon-log", "libvirt-clients"),
    *(f"libvirt-daemon-driver-{name}" for name in ("qemu", "network", "nodedev")),
    *(f"libvirt-daemon-driver-{name}" for name in ("interface", "nwfilter", "secret", "storage")),
    *("qemu-system-x86", "qemu-utils", "dnsmasq-base", "nftables"),
    *("openssh-server", "iproute2", "iputils-ping", "pciutils", "usbutils", "e2fsprogs"),
    *("udev", "kmod", "busybox-static", "zstd"),
    *(
        "bash",
        "dash",
        "coreutils",
        "libc-bin",
        "grep",
        "mawk",
        "sed",
        "mount",
        "util-linux",
        "procps",
    ),
)
# What nothing that runs there ever reads.
_LEFT_OUT = (
    *("doc", "i18n", "info", "lintian", "locale", "man", "perl", "perl5", "zoneinfo"),
    *("bash-completion", "common-licenses", "polkit-1"),
)

# The machine's own lists and packages are neither looked at nor changed.
_APT_CONF = """\
Dir::State "{directory}";
Dir::State::status "{directory}/status";
Dir::Cache "{directory}";
Dir::Etc::sourcelist "{directory}/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferencesparts "-";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Architecture "amd64";
APT::Install-Recommends "false";
APT::Sandbox::User "";
"""


def fetch(directory: Path) -> tuple[list[Path], Path]:
    """Download the host's packages and the kernel's; returns the files of both.

    Raises LabError where there is no apt, or no mirror of Debian.
    """
    for name in ("lists/partial", "archives/partial"):
        (directory / name).mkdir(parents=True)
    (directory / "status").touch()
    source = f"deb [signed-by={_KEYRING}] {_mirror()} {_SUITE} main\n"
    (directory / "sources.list").write_text(source)
    configuration = directory / "apt.conf"
    configuration.write_text(_APT_CONF.format(directory=directory))
    options = ("-c", str(configuration), "-qq", "-y")
    run(["apt-get", *options, "update"], timeout=120)
    run(["apt-get", *options, "--download-only", "install", *_PACKAGES], timeout=300)
    packages = sorted((directory / "archives").glob("*.deb"))
    kernel = _newest_kernel(configuration)
    # What the package of the kernel depends on is for its installation only.
    # apt downloads to where it is started.
    download = 'cd "$1" && shift && apt-get "$@"'
    run(["sh", "-c", download, "sh", str(directory), *options, "download", kernel], timeout=300)
    return packages, next(directory.glob("linux-image-*.deb"))


def unpack(packages: list[Path], tree: Path) -> None:
    """Unpack *packages* into *tree*, without the scripts and without documentation."""
    tree.mkdir(exist_ok=True)
    excluded = [f"--exclude=./usr/share/{name}/*" for name in _LEFT_OUT]
    extract = 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --keep-directory-symlink "${@:3}"'
    # The links that make /bin and /lib one with /usr/bin and /usr/lib come with this one.
    for package in sorted(packages, key=lambda path: not path.name.startswith("base-files_")):
        run(["bash", "-o", "pipefail", "-c", extract, "bash", str(package), str(tree), *excluded])


def _mirror() -> str:
    """Return the mirror of Debian that this machine uses, or Debian's own."""
    targets = run(["apt-get", "indextargets", "--format", "$(REPO_URI)"]).split()
    for address in targets:
        if address.startswith("http") and address.rstrip("/").endswith("/debian"):
            return address.rstrip("/")
    return _MIRROR


def _newest_kernel(configuration: Path) -> str:
    found = run(["apt-cache", "-c", str(configuration), "depends", "--important", _KERNEL])
    for line in found.splitlines():
        relation, _, package = line.strip().partition(": ")
        if relation == "Depends":
            return package
    raise LabError(f"Debian {_SUITE} has no {_KERNEL}")
