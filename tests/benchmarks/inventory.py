"""Definitions by the thousand: realistic names, mixed states, the same in every run."""

import uuid
from pathlib import Path

FAMILIES = ("web", "db", "mail", "cache", "build", "k8s-node", "win-desktop", "backup")
_STATES = (1, 1, 1, 3, 5)
"""virDomainState: mostly running, some paused, some shut off."""
NAME = r"(?:web|db|mail|cache|build|k8s-node|win-desktop|backup)-\d{4}"
"""A regular expression for every name here."""


def name(number: int) -> str:
    """The name of a machine."""
    return f"{FAMILIES[number % len(FAMILIES)]}-{number:04}"


def test_driver_file(path: Path, count: int) -> str:
    """Write an inventory for libvirt's test driver and return its URI."""
    domains = "".join(
        f"""\
<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
<name>{name(number)}</name><uuid>{uuid.UUID(int=number + (4 << 76) + (8 << 60))}</uuid>
<memory unit='MiB'>{1024 * (1 + number % 8)}</memory><vcpu>{1 + number % 4}</vcpu>
<os><type arch='x86_64'>hvm</type></os>
<test:runstate>{_STATES[number % len(_STATES)]}</test:runstate>
</domain>
"""
        for number in range(count)
    )
    path.write_text(f"<node>\n{domains}</node>\n")
    return f"test://{path}"


def diskless(number: int) -> str:
    """The definition of a QEMU machine that is never started."""
    return f"""\
<domain type='qemu'><name>{name(number)}</name><memory unit='MiB'>16</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><controller type='usb' model='none'/><memballoon model='none'/></devices></domain>
"""


def restless(number: int, image: Path) -> str:
    """The definition of a guest that boots `image` (see boot_sector.py)."""
    return f"""\
<domain type='qemu'><name>{name(number)}</name><memory unit='MiB'>16</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>
<devices>
<controller type='usb' model='none'/><memballoon model='none'/>
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{image}'/>
<target dev='hda' bus='ide'/></disk>
</devices></domain>
"""
