"""What one run of the lab owns: a directory and a prefix, both named after its process."""

import os
import re
import shutil
import tempfile
from functools import cached_property
from pathlib import Path

from tests.lab.commands import as_root, run
from tests.lab.kernel import BootFiles, boot_files

PREFIX = "virtty-lab-"
# QEMU runs as a user of its own and must reach kernels and disks, so a home
# directory will not do.
_ROOT = Path("/var/tmp")
_OWNER = re.compile(rf"{PREFIX}(\d+)-")


class Workspace:
    """The directory of this run, `/var/tmp/virtty-lab-<pid>-…`, and the prefix of its names."""

    def __init__(self) -> None:
        self.prefix = f"{PREFIX}{os.getpid()}-"
        self.path = Path(tempfile.mkdtemp(prefix=self.prefix, dir=_ROOT))
        self.path.chmod(0o755)
        # Sockets that give root's power to whoever reaches them.
        self.private = self.path / "private"
        self.private.mkdir(mode=0o700)

    @cached_property
    def boot_files(self) -> BootFiles:
        """The kernel and the initramfs of the guests, where QEMU can read them."""
        return boot_files().copy_to(self.path)

    def remove(self) -> None:
        """Delete the directory with everything in it."""
        _remove_tree(self.path)


def is_leftover(name: str) -> bool:
    """Tell whether *name* was given by a run of the lab whose process is gone."""
    if not (match := _OWNER.match(name)):
        return False
    try:
        os.kill(int(match[1]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def remove_leftover_directories() -> None:
    """Delete the directories of runs that ended without cleaning up."""
    for path in _ROOT.glob(f"{PREFIX}*"):
        if is_leftover(path.name) and path.stat().st_uid == os.geteuid():
            _remove_tree(path)


def _remove_tree(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.rmtree(path)
    else:
        # Daemons that run as root leave files of root.
        run(as_root("rm", "-rf", "--one-file-system", str(path)))
