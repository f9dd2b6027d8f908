"""A guest of 512 bytes whose usage changes every second, for almost no processor time."""

from pathlib import Path

# Real mode, at 7C00; the BIOS's timer interrupt (18.2 a second) ends each hlt.
_CODE = bytes.fromhex(
    "fa 31c0 8ed8 8ec0 8ed0 bc007c fb"  # cli; ds = es = ss = 0; sp = 7C00; sti
    "8816f07d"  # mov [7DF0], dl        the disk that we came from
    "0f31 83e007"  # second: rdtsc; and ax, 7
    "89c5 45"  # mov bp, ax; inc bp     one to eight reads
    "b80102 bb007e b90100 b600 8a16f07d cd13"  # read: one sector to 7E00
    "4d 75ec"  # dec bp; jnz read
    "0f31 83e01f c1e002 89c1 e308"  # rdtsc; cx = (ax & 31) * 4; jcxz rest
    "ba0080 4a 75fd e2f8"  # busy: dx = 8000; dec dx; jnz; loop busy
    "b91200 f4 e2fd"  # rest: cx = 18; hlt; loop
    "ebc8"  # jmp second
)
_SIZE = 64 * 1024


def write_boot_sector(path: Path) -> Path:
    """Write the guest's disk image, readable by everyone."""
    path.write_bytes((_CODE.ljust(510, b"\0") + b"\x55\xaa").ljust(_SIZE, b"\0"))
    path.chmod(0o666)
    return path
