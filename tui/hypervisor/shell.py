"""Commands on a host itself: here where it is this machine, else over the SSH sign-in in use."""

from __future__ import annotations

import shlex
import subprocess

from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.opening import is_remote
from tui.in_thread import in_thread
from tui.model.text import visible

PATIENCE = 60.0
"""Seconds that a command may take unless told otherwise."""


def can_run(host: Host) -> bool:
    """Whether a command can be run there; libvirt's test driver has no host around it."""
    uri = host.record.uri
    return host.has_sign_in or not (is_remote(uri) or uri.startswith("test:"))


async def run(host: Host, command: str, what: str, timeout: float = PATIENCE) -> bytes:
    """What a command line for ``sh`` prints; ``what`` begins the error's text.

    Raises HypervisorError: where there is no way, and with the command's words when it fails.
    """
    if host.has_sign_in:
        # The account's own shell may be one that understands other words.
        return await host.remote(shlex.join(["sh", "-c", command]), timeout)
    if not can_run(host):
        raise HypervisorError(what, words="this host can be reached by libvirt only")
    try:
        return await in_thread(lambda: _run_here(command, timeout))
    except subprocess.CalledProcessError as error:
        told = " ".join((error.stderr or b"").decode(errors="replace").split())
        words = visible(told) or f"status {error.returncode}"
        raise HypervisorError(what, words=words) from error
    except subprocess.TimeoutExpired as error:
        raise HypervisorError(what, words=f"no answer for {timeout:.0f} s") from error
    except OSError as error:
        raise HypervisorError(what, words=visible(str(error))) from error


def _run_here(command: str, timeout: float) -> bytes:
    done = subprocess.run(
        ["sh", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        check=True,
        start_new_session=True,
    )
    return done.stdout
