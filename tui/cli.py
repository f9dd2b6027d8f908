"""``virtty``: from the command line to the screen.

Everything heavy is imported where it is used: help and version need none of it, and hosts
are being opened while Textual is still being imported.
"""

from __future__ import annotations

import codecs
import dataclasses
import io
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tui.options import CommandLine, build_parser, completion, parse

if TYPE_CHECKING:
    from tui.hypervisor.records import HostRecord
    from tui.settings import HostEntry, Problem, Settings

DEMO_NOTICE = "This is a demo: a made-up host. Nothing here is real, try everything."
SYSTEM_URI = "qemu:///system"
SYSTEM_SOCKETS = tuple(
    Path(directory, socket)
    for directory in ("/run/libvirt", "/var/run/libvirt")
    for socket in ("libvirt-sock", "virtqemud-sock")
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit status: 0, 1 for no terminal, 2 for bad arguments."""
    options = parse(arguments)
    if options.completion:
        print(completion(options.completion))
        return 0

    from tui.hypervisor.aliases import uri_aliases
    from tui.settings import Problem, load_settings, settings_path

    options = dataclasses.replace(options, uris=tuple(expanded(options.uris)))
    settings, problems = load_settings(options.config or settings_path())
    names = {host.name for host in settings.hosts}
    for word in unknown_words(options.uris, names | uri_aliases().keys()):
        build_parser().error(f"{word!r} is no URI, no alias in libvirt.conf and no saved host")
    if not has_terminal():
        sys.stderr.write("virtty: needs a terminal for its input and output; try virsh\n")
        return 1
    if options.config and not options.config.exists():
        words = f"There is no settings file {options.config} yet"
        problems.append(Problem(words, "A host that is added in the Hosts pane makes it."))
    problems += _start_logging(options)
    problems += keep_to_the_charset()
    return run(options, settings, problems)


def run(options: CommandLine, settings: Settings, problems: list[Problem]) -> int:
    """Show the screen until the person quits; returns the exit status."""
    from tui.demo import demo_uri
    from tui.hypervisor.aliases import uri_aliases
    from tui.hypervisor.fleet import Fleet
    from tui.logs import audit_path

    fleet = Fleet(audit_path())
    aliases = uri_aliases()
    settings = resolved(settings, aliases)
    chosen = choose_hosts(options, settings, os.environ, system_socket_exists())
    for entry in chosen:
        demo = entry.uri == demo_uri()
        # libvirt would resolve an alias itself, but then nobody here knows it is remote.
        uri = aliases.get(entry.uri, entry.uri)
        host = fleet.add(entry.name, uri, readonly=entry.readonly, demo=demo)
        host.open()  # at work while Textual is imported

    # Read when Textual is imported: half the time from a key to its frame. More frames
    # are made only while something changes.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    believe_the_terminal()
    from tui import output
    from tui.app import VirttyApp
    from tui.remembered import load_remembered, remembered_path
    from tui.settings import settings_path

    output.install()
    demo = any(entry.uri == demo_uri() for entry in chosen)
    app = VirttyApp(
        fleet,
        settings,
        problems,
        settings_file=options.config or settings_path(),
        remembered=load_remembered(remembered_path()),
        remembered_file=remembered_path(),
        machine=options.console or options.machine,
        tab="console" if options.console else "overview",
        notice=DEMO_NOTICE if demo else "",
        ends_unreached=bool(options.uris),
    )
    try:
        app.run()
    finally:
        fleet.close()
        fleet.journal.flush()
    status = app.return_value if app.return_value is not None else app.return_code or 0
    return status or told_unreachable(host.record for host in fleet.hosts.values())


def told_unreachable(hosts: Iterable[HostRecord]) -> int:
    """Where no host was ever reached, say why in a line for each, and return 1; else return 0."""
    from tui.model.text import visible

    records = list(hosts)
    errors = [(r.name, r.error) for r in records if r.facts is None and r.error]
    if not errors or len(errors) < len(records):
        return 0
    for name, error in errors:
        line = ". ".join(filter(None, (error.words.rstrip("."), error.advice)))
        sys.stderr.write(f"virtty: {visible(f'{name}: {line}')}\n")
    return 1


def resolved(settings: Settings, aliases: Mapping[str, str]) -> Settings:
    """The settings with a URI in every entry of the book: a host is found there by its own."""
    from msgspec.structs import replace

    return replace(
        settings, hosts=[replace(h, uri=aliases.get(h.uri, h.uri)) for h in settings.hosts]
    )


def choose_hosts(
    options: CommandLine, settings: Settings, environ: Mapping[str, str], socket_exists: bool
) -> list[HostEntry]:
    """The hosts to open at start, never none.

    ``socket_exists``: whether qemu:///system has a socket here (:func:`system_socket_exists`).
    A URI or name that the connection book knows brings the book's name and its read-only mark.
    """
    from msgspec.structs import replace

    from tui.demo import demo_uri
    from tui.settings import HostEntry

    wanted = list(options.uris)
    if options.demo:
        wanted.append(demo_uri())
    if not wanted:
        wanted = [host.name for host in settings.hosts if host.autoconnect]
    if not wanted:
        local = SYSTEM_URI if socket_exists else demo_uri()
        wanted = [environ.get("LIBVIRT_DEFAULT_URI") or local]

    chosen: dict[str, HostEntry] = {}
    for word in wanted:
        entry = next(
            (host for host in settings.hosts if host.name == word),
            next((host for host in settings.hosts if host.uri == word), None),
        )
        if entry is None:
            entry = HostEntry("demo" if word == demo_uri() else short_name(word), word)
        if entry.uri in chosen:
            continue
        taken = {other.name for other in chosen.values()}
        number = 2
        name = entry.name
        while name in taken:
            name = f"{entry.name}-{number}"
            number += 1
        readonly = entry.readonly or options.readonly
        chosen[entry.uri] = replace(entry, name=name, readonly=readonly)
    return list(chosen.values())


def short_name(uri: str) -> str:
    """A name for a host that the person has not named: its host name, ``local``, the driver.

    An alias (which has no scheme) is its own name.
    """
    try:
        parts = urlsplit(uri)
        if parts.hostname:
            return parts.hostname
    except ValueError:
        return uri
    driver = parts.scheme.partition("+")[0]
    if driver == "qemu":
        return "local" if parts.path == "/system" else parts.path.strip("/") or driver
    return driver or uri


def system_socket_exists() -> bool:
    """Whether a daemon for qemu:///system listens, or is listened for, on this machine."""
    return any(socket.exists() for socket in SYSTEM_SOCKETS)


def believe_the_terminal() -> None:
    """Forget COLUMNS and LINES (``docker exec -e`` sets them) where the terminal tells its size.

    Textual would believe them instead, also after a resize.
    """
    if all(os.get_terminal_size(sys.stdout.fileno())):
        os.environ.pop("COLUMNS", None)
        os.environ.pop("LINES", None)


def keep_to_the_charset() -> list[Problem]:
    """Where the locale's character set is not UTF-8, have ``?`` drawn for what it lacks.

    Python would write ``\\u27f3``, which moves everything behind it.
    """
    from tui.settings import Problem

    screen = sys.__stderr__  # where Textual draws
    if not isinstance(screen, io.TextIOWrapper) or codecs.lookup(screen.encoding).name == "utf-8":
        return []
    screen.reconfigure(errors="replace")
    words = f"The locale's character set is {screen.encoding}: what it lacks is drawn as ?"
    return [Problem(words, "Where the terminal knows UTF-8: LC_ALL=C.UTF-8 virtty")]


def has_terminal() -> bool:
    """Whether both keys and screen are a terminal's."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def expanded(words: Iterable[str]) -> Iterator[str]:
    """Every word with its ranges written out; ends the program at one that makes no sense."""
    from tui.model.uri import expand

    for word in words:
        try:
            yield from expand(word)
        except ValueError as error:
            build_parser().error(f"the range {error}")


def unknown_words(words: Iterable[str], known: Iterable[str]) -> list[str]:
    """Those that are neither known names nor could be a URI, as bytes that are no text."""
    known = set(known)
    return [
        word for word in words if word not in known and not (":/" in word and word.isprintable())
    ]


def _start_logging(options: CommandLine) -> list[Problem]:
    """Log to the file asked for, else to the usual one, else not at all."""
    from tui.logs import log_path, silence_terminal, start_log
    from tui.settings import Problem

    silence_terminal()
    path = options.log_file or log_path()
    try:
        start_log(path)
    except OSError as error:
        words = f"cannot write the log to {path}: {error.strerror or error}"
        if options.log_file:
            build_parser().error(words)
        return [Problem(f"virtty {words}", f"Free {os.fspath(path)} or use --log-file.")]
    return []
