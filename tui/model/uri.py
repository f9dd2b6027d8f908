"""Connection URIs: taken apart, put together, and as they may be shown and logged."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, unquote, urlsplit

SECRETS = re.compile(r"(?<=[?&])((?:password|passwd|secret|token)=)[^&#]*", re.IGNORECASE)
USER_PASSWORD = re.compile(r"^([\w.+-]+://[^/@:]*:)[^/]*@")
RANGE = re.compile(r"\[(\d+):(\d+)\]")
RANGE_MOST = 500
"""Names that ranges may stand for: more is a slip of the fingers."""

SSH_TRANSPORTS = ("ssh", "libssh", "libssh2")
NETWORK_TRANSPORTS = (*SSH_TRANSPORTS, "tls", "tcp")


def without_password(uri: str) -> str:
    """The URI with passwords and secret parameters masked."""
    return SECRETS.sub(r"\1***", USER_PASSWORD.sub(r"\1***@", uri))


@dataclass(frozen=True, slots=True)
class Uri:
    """``driver+transport://user@host:port/path?parameter=value``; text is decoded here."""

    driver: str
    transport: str = ""
    user: str = ""
    host: str = ""
    port: int | None = None
    path: str = "/system"
    parameters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Uri:
        """Take a URI apart; ValueError where it is none (an alias, a word)."""
        parts = urlsplit(text.strip())
        if not parts.scheme or ":/" not in text:
            raise ValueError(f"{text!r} is no connection URI")
        driver, _, transport = parts.scheme.partition("+")
        host = parts.hostname or ""
        # As it was typed: a name in ~/.ssh/config may have capitals.
        start = parts.netloc.lower().rfind(host)
        query = parts.query.replace("+", "%2B").replace(";", "&")  # libvirt takes both
        return cls(
            driver,
            transport,
            unquote(parts.username or ""),
            parts.netloc[start : start + len(host)],
            parts.port,
            parts.path,
            tuple(parse_qsl(query, keep_blank_values=True)),
        )

    def __str__(self) -> str:
        scheme = f"{self.driver}+{self.transport}" if self.transport else self.driver
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        port = f":{self.port}" if self.port is not None and self.host else ""
        query = "&".join(f"{name}={quote(value, safe='/:@,.')}" for name, value in self.parameters)
        return f"{scheme}://{user}{host}{port}{self.path}{'?' if query else ''}{query}"

    def get(self, name: str) -> str:
        """A parameter's value; empty where the URI has none of that name."""
        return next((value for key, value in self.parameters if key == name), "")

    def with_parameters(self, **values: str) -> Uri:
        """The URI with these parameters set anew at the end; an empty value takes one out."""
        kept = [pair for pair in self.parameters if pair[0] not in values]
        added = [(name, value) for name, value in values.items() if value]
        return replace(self, parameters=(*kept, *added))

    @property
    def is_remote(self) -> bool:
        """Whether it names another machine (``qemu+ssh://host/…``, not ``qemu:///…``)."""
        return bool(self.host)


def expand(text: str) -> list[str]:
    """``node[01:20]`` as ``node01`` … ``node20``, each range in turn; plain text as itself.

    Leading zeros give the width. ValueError for a range that runs backwards or is too long.
    """
    match = RANGE.search(text)
    if match is None:
        return [text]
    first, last = int(match[1]), int(match[2])
    if first > last:
        raise ValueError(f"{match[0]} runs backwards")
    width = len(match[1]) if match[1].startswith("0") else 0
    before, rests = text[: match.start()], expand(text[match.end() :])
    if (last - first + 1) * len(rests) > RANGE_MOST:
        raise ValueError(f"{text[match.start() :]} is more than {RANGE_MOST} hosts")
    return [f"{before}{n:0{width}}{rest}" for n in range(first, last + 1) for rest in rests]
