"""The filter language of the machines table.

Words must all match somewhere in name, title, state, host, tags or addresses;
``state:running,paused`` looks in one place for one of several; ``-word`` must not match;
quotes keep blanks. What is unfinished or unknown never errs: it is a plain word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

FIELDS = {
    "name": "name",
    "title": "title",
    "state": "state",
    "host": "host",
    "tag": "tags",
    "address": "addresses",
    "ip": "addresses",
}
_TERM = re.compile(r'(-?)(?:([a-z]+):)?("([^"]*)"?|\S*)', re.IGNORECASE)


@dataclass(slots=True)
class Facts:
    """What the filter looks at, folded once per record."""

    name: str
    state: str
    host: str
    title: str = ""
    tags: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    folded: dict[str, str] = field(init=False)
    haystack: str = field(init=False)

    def __post_init__(self) -> None:
        self.folded = {
            "name": self.name.casefold(),
            "state": self.state.casefold(),
            "host": self.host.casefold(),
            "title": self.title.casefold(),
            "tags": "\n".join(self.tags).casefold(),
            "addresses": "\n".join(self.addresses).casefold(),
        }
        self.haystack = "\n".join(self.folded.values())


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: any of the words, in one field or anywhere."""

    field: str | None
    words: tuple[str, ...]
    negated: bool = False

    def matches(self, facts: Facts) -> bool:
        """Whether the condition holds."""
        text = facts.haystack if self.field is None else facts.folded[self.field]
        for word in self.words:
            if word in text:
                return not self.negated
        return self.negated


@dataclass(frozen=True, slots=True)
class Filter:
    """All terms must hold; no term takes everything."""

    terms: tuple[Term, ...]

    def matches(self, facts: Facts) -> bool:
        """Whether a machine is shown."""
        return all(term.matches(facts) for term in self.terms)


def parse(text: str) -> Filter:
    """Read a filter as far as it has been typed; raises nothing."""
    terms = []
    for minus, prefix, raw, quoted in _TERM.findall(text):
        value = quoted if raw.startswith('"') else raw
        place = FIELDS.get(prefix.casefold()) if prefix else None
        if prefix and place is None:
            value = f"{prefix}:{value}"
        words = tuple(
            word for word in (value.casefold().split(",") if place else [value.casefold()]) if word
        )
        if words:
            terms.append(Term(place, words, bool(minus)))
    return Filter(tuple(terms))
