"""What the person has set: ``settings.toml``, read here and never written here.

Nothing in the file can stop the program: each fault becomes a :class:`Problem` that is
told at start, and the default holds in that one place.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

APPLICATION = "virtty"
COLOURS = ("", "red", "yellow", "green", "blue")
"""Of a host's mark; each stands for a colour of the theme."""


class HostEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the connection book."""

    name: str
    uri: str
    autoconnect: bool = True
    readonly: bool = False
    tags: list[str] = []
    """Groups that it belongs to, to filter by."""
    mark: str = ""
    """A word shown beside its name wherever something is confirmed: PRODUCTION."""
    colour: str = ""
    """The mark's colour, one of COLOURS."""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a host needs a name")
        if not self.uri.strip():
            raise ValueError("a host needs a URI")
        if self.colour not in COLOURS:
            raise ValueError(f"colour must be one of {', '.join(filter(None, COLOURS))}")


class MachinesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[machines]``: the machines pane."""

    columns: list[str] | None = None
    """Column ids in their order; None: as last chosen on the screen."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole settings file."""

    theme: str | None = None
    """Name of a theme; None: the last one chosen on the screen."""
    machines: MachinesSettings = MachinesSettings()
    keys: dict[str, str] = {}
    """Action id to a key or several, comma separated."""
    hosts: list[HostEntry] = []


@dataclass(frozen=True)
class Problem:
    """A fault in the settings, in words: what is wrong, what to do, and where."""

    words: str
    advice: str = ""
    path: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = "" if self.path is None else str(self.path)
        if self.line is not None:
            place = f"{place}, line {self.line}".removeprefix(", ")
        text = f"{place}: {self.words}" if place else self.words
        return f"{text}. {self.advice}" if self.advice else text


def settings_path() -> Path:
    """Where the settings file is when ``--config`` does not say."""
    from platformdirs import user_config_path

    return user_config_path(APPLICATION) / "settings.toml"


def load_settings(path: Path) -> tuple[Settings, list[Problem]]:
    """Read the settings file; a missing one means the defaults. Raises nothing."""
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except FileNotFoundError:
        return Settings(), []
    except OSError as error:
        words = f"The settings cannot be read: {error.strerror or error}"
        return Settings(), [Problem(words, "The defaults are used.", path)]
    except UnicodeDecodeError:
        return Settings(), [Problem("The settings are not UTF-8 text", _UNTOUCHED, path)]
    except tomllib.TOMLDecodeError as error:
        words, line = _syntax_error(str(error))
        return Settings(), [Problem(f"Not valid TOML: {words}", _UNTOUCHED, path, line)]
    return _Reading(path, text).settings(raw)


_UNTOUCHED = "The defaults are used and the file is left as it is until it is mended."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean …?`` for the nearest known word; empty when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else ""


class _Reading:
    """One reading of the file: converts it part by part and gathers the problems."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()
        self.problems: list[Problem] = []

    def settings(self, raw: Mapping[str, Any]) -> tuple[Settings, list[Problem]]:
        values: dict[str, Any] = {}
        fields = {field.name: field for field in msgspec.structs.fields(Settings)}
        for name, value in raw.items():
            if name not in fields:
                self.tell(f"Unknown setting {name}", did_you_mean(name, fields), name)
            elif name == "hosts":
                values[name] = self.hosts(value)
            elif name in ("keys", "machines"):
                values[name] = self.table(name, fields[name].type, value)
            else:
                self.convert(value, fields[name].type, values, name)
        return Settings(**values), self.problems

    def table(self, name: str, kind: Any, raw: Any) -> Any:
        """A table, one entry at a time, so that a bad one costs only itself."""
        values: dict[str, Any] = {}
        is_struct = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        known = {f.name: f.type for f in msgspec.structs.fields(kind)} if is_struct else None
        if not isinstance(raw, dict):
            self.tell(f"{name} must be a table", f"Write it under [{name}].", name)
            raw = {}
        for key, value in raw.items() if known else _flattened(raw):
            if known is None:
                self.convert(value, str, values, key, name)
            elif key in known:
                self.convert(value, known[key], values, key, name)
            else:
                self.tell(f"Unknown setting {name}.{key}", did_you_mean(key, known), key, name)
        return values if known is None else kind(**values)

    def hosts(self, raw: Any) -> list[HostEntry]:
        """The connection book: the entries that make sense, each name once."""
        entries: list[HostEntry] = []
        if not isinstance(raw, list):
            self.tell("hosts must be a list of tables", "Write each host under [[hosts]].", "hosts")
            raw = []
        for index, value in enumerate(raw):
            found: dict[str, HostEntry] = {}
            self.convert(value, HostEntry, found, "entry", "hosts", index)
            for entry in found.values():
                if any(entry.name == other.name for other in entries):
                    words = f"Two hosts are named {entry.name}; the second is left out"
                    self.tell(words, "Give it another name.", "name", "hosts", index)
                else:
                    entries.append(entry)
        return entries

    def convert(
        self,
        value: Any,
        kind: Any,
        into: dict[str, Any],
        key: str,
        table: str = "",
        index: int = 0,
    ) -> None:
        """Convert one value into ``into[key]``, or tell why it cannot be."""
        try:
            into[key] = msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            message, _, inner = str(error).partition(" - at `$")
            inner_key = inner.strip(".`").partition("[")[0]
            unknown = re.fullmatch(r"Object contains unknown field `(.+)`", message)
            if unknown:
                message, inner_key = f"unknown field {unknown[1]}", unknown[1]
            name = f"{table}.{key}" if table and table != "hosts" else key
            if table == "hosts":
                name = f"hosts, entry {index + 1}" + (f", {inner_key}" if inner_key else "")
            advice = "It is left out." if table == "hosts" else "The default is used."
            self.tell(
                f"{name}: {_plain(message)}", advice, inner_key or key, table=table, index=index
            )

    def tell(self, words: str, advice: str, key: str, table: str = "", index: int = 0) -> None:
        line = _line_of(self.lines, key, table, index)
        self.problems.append(Problem(words, advice, self.path, line))


def _flattened(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Entries with dotted keys: TOML reads ``a.b = 1`` without quotes as a table in a table."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", found) for inner, found in _flattened(value))
        else:
            yield key, value


_TYPES = {"str": "text", "bool": "true or false", "array": "a list", "object": "a table"}


def _plain(message: str) -> str:
    """msgspec's complaint in the words of a TOML file."""
    match = re.fullmatch(r"Expected `(.+)`, got `(.+)`", message)
    if not match:
        missing = re.fullmatch(r"Object missing required field `(.+)`", message)
        return f"{missing[1]} is missing" if missing else message
    wanted = match[1].removesuffix(" | null")
    return f"must be {_TYPES.get(wanted, wanted)}, not {_TYPES.get(match[2], match[2])}"


def _syntax_error(message: str) -> tuple[str, int | None]:
    """tomllib's message without its place, and the line."""
    match = re.search(r" \(at line (\d+), column \d+\)$", message)
    if match:
        return message[: match.start()], int(match[1])
    return message.removesuffix(" (at end of document)"), None


def _line_of(lines: list[str], key: str, table: str, index: int) -> int | None:
    """The line (from 1) of a key in a table, or in the table's occurrence ``index``.

    Falls back to the table's own line; None where the file spells it in another way.
    """
    current, seen, header = "", -1, None
    for number, line in enumerate(lines, 1):
        heading = re.match(r"\s*\[\[?\s*[\"']?([^\]\"']+?)[\"']?\s*\]", line)
        if heading:
            current = heading[1]
            seen += current == table
            if current == (table or key) and seen in (index, -1):
                header = number
        elif current == table and (seen == index or not table):
            named = re.match(r"\s*(?:\"([^\"]*)\"|'([^']*)'|([\w.-]+))\s*=", line)
            if named and key in named.groups():
                return number
    return header
