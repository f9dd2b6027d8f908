"""Write an initramfs: a cpio archive in the "newc" format, made without root or mknod."""

import posixpath
import stat


class Archive:
    """An archive in memory. Directories above an entry are added by themselves."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._paths: set[str] = set()

    def add_file(self, path: str, content: bytes, *, executable: bool = False) -> None:
        """Add a regular file at *path* (relative, no leading slash)."""
        self._add(path, stat.S_IFREG | (0o755 if executable else 0o644), content)

    def add_device(self, path: str, major: int, minor: int) -> None:
        """Add a character device node."""
        self._add(path, stat.S_IFCHR | 0o600, device=(major, minor))

    def to_bytes(self) -> bytes:
        """Return the finished archive."""
        return b"".join(self._parts) + _entry(0, "TRAILER!!!", 0, b"", (0, 0))

    def _add(
        self, path: str, mode: int, content: bytes = b"", device: tuple[int, int] = (0, 0)
    ) -> None:
        parent = posixpath.dirname(path)
        if parent and parent not in self._paths:
            self._add(parent, stat.S_IFDIR | 0o755)
        self._paths.add(path)
        self._parts.append(_entry(len(self._parts) + 1, path, mode, content, device))


def _entry(inode: int, path: str, mode: int, content: bytes, device: tuple[int, int]) -> bytes:
    name = path.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + name) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
