"""Since when machines run, as the processes of their host tell it."""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace

import pytest

from tui.hypervisor import shell
from tui.hypervisor.ages import COMMAND, started
from tui.hypervisor.errors import HypervisorError

ONE, TWO = "0a0b0c0d-0000-4000-8000-000000000001", "0a0b0c0d-0000-4000-8000-000000000002"


def test_a_uuid_of_two_processes_is_nobodys() -> None:
    told = f"  strange\n100 {ONE}\n7 {TWO}\n8 {TWO}\n".encode()
    assert started(told, 1000.0) == {ONE: 900.0}
    assert started(b"", 1000.0) == {}


def test_what_began_in_this_instant_is_not_older_than_the_world() -> None:
    assert started(f"4123168604 {ONE}\n".encode(), 1000.0) == {ONE: 1000.0}


async def test_the_processes_of_this_machine_are_asked() -> None:
    """As libvirt starts QEMU: a name that is nearly a UUID's option, then the option."""
    name = f"guest=a -uuid {TWO[:-1]}x,debug-threads=on"
    words = ["-c", "input()", "-name", name, "-uuid", ONE, "-no-user-config"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdin=asyncio.subprocess.PIPE
    )
    found = started(await shell.run(at("qemu:///system"), COMMAND, "Looking"), 1000.0)
    assert 990 < found[ONE] <= 1000
    assert TWO not in found
    await process.communicate(b"\n")


async def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(HypervisorError) as caught:
        await shell.run(at("qemu:///system"), "echo no way >&2; exit 3", "Try")
    assert (caught.value.what, caught.value.words) == ("Try", "no way")
    with pytest.raises(HypervisorError, match="no answer for 0 s"):
        await shell.run(at("qemu:///system"), "sleep 20", "Try", timeout=0.05)
    for uri in ("qemu+tls://far/system", "test:///default"):
        with pytest.raises(HypervisorError, match="libvirt only"):
            await shell.run(at(uri), "true", "Try")


def at(uri: str) -> SimpleNamespace:
    return SimpleNamespace(has_sign_in=False, record=SimpleNamespace(uri=uri))
