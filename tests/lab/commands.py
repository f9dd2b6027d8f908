"""Run the commands that the lab is made with."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

_T = TypeVar("_T")

# Daemons live in /usr/sbin, which an ordinary user's PATH often lacks.
_ENVIRONMENT = {
    **os.environ,
    "LC_ALL": "C",
    "PATH": os.environ.get("PATH", "") + os.pathsep + "/usr/sbin" + os.pathsep + "/sbin",
}


class LabError(Exception):
    """The lab could not be built, or a command in it failed; says which and why."""


def run(command: Sequence[str], *, timeout: float = 60, stdin: str | None = None) -> str:
    """Run *command* to its end and return its standard output.

    Raises LabError with the command's own words when it fails or takes longer
    than *timeout* seconds.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="replace",
            env=_ENVIRONMENT,
            input=stdin,
            timeout=timeout,
        )
    except FileNotFoundError as error:
        raise LabError(f"{command[0]} is not installed; `make test` installs it") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(command)}: no end after {timeout:g} s") from error
    except subprocess.CalledProcessError as error:
        words = (error.stderr or error.stdout).strip()
        raise LabError(f"{' '.join(command)}: {words or f'status {error.returncode}'}") from error
    return done.stdout


def spawn(command: Sequence[str]) -> subprocess.Popen[str]:
    """Start *command* with pipes on its standard input and output, in a session of its own."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=_ENVIRONMENT,
        start_new_session=True,
    )


def as_root(*command: str) -> list[str]:
    """Return *command* so that it runs as root, without ever asking for a password."""
    return list(command) if os.geteuid() == 0 else ["sudo", "-n", *command]


def poll(look: Callable[[], _T], what: str, *, timeout: float) -> _T:
    """Call *look* until it returns something true, and return that.

    Raises LabError saying *what* was waited for after *timeout* seconds.
    """
    deadline = time.monotonic() + timeout
    while not (found := look()):
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {timeout:g} s")
        time.sleep(0.05)
    return found
