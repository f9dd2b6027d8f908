"""A directory with Debian in it, whose programs run here with its own libraries."""

import os
from pathlib import Path

from tests.lab.commands import run

_LIBRARIES = "usr/lib/x86_64-linux-gnu"


class Tree:
    """The unpacked packages in *path*."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return what runs *program*, a path within the tree, whatever this machine has."""
        return [
            str(self.path / "usr/lib64/ld-linux-x86-64.so.2"),
            *("--library-path", str(self.path / _LIBRARIES)),
            *(str(self.path / program), *arguments),
        ]

    def run(self, program: str, *arguments: str) -> str:
        """Run *program* to its end and return what it prints; LabError with its words."""
        return run(self.command(program, *arguments), timeout=120)

    def qemu(self, *arguments: str) -> list[str]:
        """Return the command of the tree's QEMU, with its modules and firmware."""
        share = self.path / "usr/share"
        firmware = [option for name in ("qemu", "seabios") for option in ("-L", str(share / name))]
        return [
            "env",
            f"QEMU_MODULE_DIR={self.path / _LIBRARIES / 'qemu'}",
            *self.command("usr/bin/qemu-system-x86_64", *firmware, *arguments),
        ]

    def size(self) -> int:
        """Return how many bytes the files take."""
        return sum(
            os.lstat(os.path.join(folder, name)).st_size
            for folder, _, names in os.walk(self.path)
            for name in names
        )
