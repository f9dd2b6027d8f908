"""The command line's options, the one place that declares them.

``--help``, the shell completion and the manual page all come from :func:`build_parser`.
Imports next to nothing, so that ``--help`` and ``--version`` answer at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tui import __version__

SHELLS = ("bash", "zsh", "tcsh")
PATH_OPTIONS = ("config", "log_file")


@dataclass(frozen=True)
class CommandLine:
    """What was asked for on the command line."""

    uris: tuple[str, ...] = ()
    """URIs, aliases of libvirt.conf, or names of saved hosts."""
    demo: bool = False
    machine: str | None = None
    """Name or UUID of a machine to open at start."""
    console: str | None = None
    """Name or UUID of a machine whose console to open at start."""
    readonly: bool = False
    config: Path | None = None
    log_file: Path | None = None
    completion: str | None = None
    """A shell of SHELLS: print its completion script and end."""


class Parser(argparse.ArgumentParser):
    """Answers a bad argument with one line and status 2."""

    def error(self, message: str) -> NoReturn:
        """End the program."""
        sys.stderr.write(f"{self.prog}: {message} (see {self.prog} --help)\n")
        raise SystemExit(2)


def build_parser() -> Parser:
    """The parser of ``virtty``'s command line."""
    parser = Parser(
        prog="virtty",
        description="A terminal manager for libvirt virtual machines.",
        epilog="Without a URI: the saved hosts marked autoconnect, else LIBVIRT_DEFAULT_URI, "
        "else qemu:///system where its socket exists, else the demo host.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "uris",
        nargs="*",
        metavar="URI",
        help="connect to these: a libvirt URI, an alias of libvirt.conf, or a saved host's name; "
        "node[01:20] stands for twenty of them",
    )
    parser.add_argument(
        "-c",
        "--connect",
        action="append",
        default=[],
        metavar="URI",
        help="the same, written as for virsh",
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        help="connect to the built-in demo host: no machine there is real",
    )
    parser.add_argument(
        "--vm", dest="machine", metavar="NAME", help="open the machine with this name or UUID"
    )
    parser.add_argument("--console", metavar="NAME", help="open the console of this machine")
    parser.add_argument(
        "--readonly",
        action="store_true",
        help="connect read-only: actions that change a host are dimmed",
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="read the settings from this file"
    )
    parser.add_argument(
        "--log-file", type=Path, metavar="FILE", help="write the program's log to this file"
    )
    parser.add_argument(
        "--print-completion",
        dest="completion",
        choices=SHELLS,
        help="print a completion script for the shell and exit",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def parse(arguments: Sequence[str] | None = None) -> CommandLine:
    """Parse the arguments (default: the process's). Raises SystemExit as argparse does."""
    found = vars(build_parser().parse_intermixed_args(arguments))
    uris = (*found.pop("connect"), *found["uris"])
    return CommandLine(**{**found, "uris": uris})


def completion(shell: str) -> str:
    """The completion script of one of SHELLS."""
    import shtab

    parser = build_parser()
    for action in parser._actions:
        if action.dest in PATH_OPTIONS:
            # The attribute that shtab looks for; argparse's class does not declare it.
            vars(action)["complete"] = shtab.FILE
    return shtab.complete(parser, shell)
