"""The filter language of the machines table: ``web state:running,paused -host:lab "two words"``.

Every term must match; commas separate what may match instead of one another; ``-`` turns a term
round; quotes keep spaces and commas. A plain word is looked for in all but the groups, ``name:``
and ``address:`` (or ``ip:``) anywhere in theirs, ``state:``, ``host:``, ``tag:`` and ``group:``
(the host's) at the beginning. ``host:node[01:20]`` is each of these hosts.
Case makes no difference. Whatever is still being typed matches everything: there are no errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tui.model.uri import expand


class Facts:
    """What is known of one machine to be filtered by, made ready for comparing."""

    __slots__ = ("addresses", "groups", "haystack", "host", "name", "state", "tags")

    def __init__(
        self,
        *,
        name: str,
        state: str,
        host: str = "",
        title: str = "",
        tags: Iterable[str] = (),
        addresses: Iterable[str] = (),
        groups: Iterable[str] = (),
    ) -> None:
        # A line feed before each value: no match reaches from one to the next, and "at the
        # beginning" is one search. A state of several words may be named by each of them.
        self.name = _joined([name])
        self.state = _joined([state, *state.split()[1:]])
        self.host = _joined([host, ""])  # its end can be looked for
        self.groups = _joined(groups)
        self.tags = _joined(tags)
        self.addresses = _joined(addresses)
        self.haystack = _joined(
            [name, state, host, title, self.tags, self.addresses],
        )


def _joined(values: Iterable[str]) -> str:
    return "".join(f"\n{value}" for value in values).casefold()


_FIELDS = {
    "name": "name",
    "state": "state",
    "host": "host",
    "tag": "tags",
    "group": "groups",
    "address": "addresses",
    "ip": "addresses",
}
_ANCHORED = frozenset(("state", "host", "tags", "groups"))

_TERM = re.compile(
    rf"(?P<not>-?)(?:(?P<field>{'|'.join(_FIELDS)}):)?" r'(?P<value>(?:"[^"]*"?|[^\s"])+)?',
    re.IGNORECASE,
)
_PART = re.compile(r'(?:"[^"]*"?|[^,"])+')


@dataclass(frozen=True, slots=True)
class _Term:
    """One condition: does any needle occur in that attribute of the facts?"""

    attribute: str
    needles: tuple[str, ...]
    wanted: bool
    """False for a term that was turned round by ``-``."""

    def implies(self, other: _Term) -> bool:
        """Whether what meets this term surely meets the other one; False when in doubt."""
        if self.attribute != other.attribute or self.wanted != other.wanted:
            return False
        inner, outer = (other, self) if self.wanted else (self, other)
        return all(any(part in needle for part in inner.needles) for needle in outer.needles)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read; false when it lets everything through."""

    terms: tuple[_Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def narrows(self, other: Filter) -> bool:
        """Whether the other one surely lets through all that this one does."""
        return all(any(mine.implies(term) for mine in self.terms) for term in other.terms)

    def test(self) -> Callable[[Facts], bool]:
        """`matches`, or the same faster for the one word that most filters are."""
        if len(self.terms) == 1 and self.terms[0].wanted and len(self.terms[0].needles) == 1:
            (needle,) = self.terms[0].needles
            if self.terms[0].attribute == "haystack":
                return lambda facts: needle in facts.haystack
        return self.matches

    def matches(self, facts: Facts) -> bool:
        """Whether the machine meets every term."""
        # Runs for every machine at every key: no calls in here.
        for term in self.terms:
            text: str = getattr(facts, term.attribute)
            for needle in term.needles:
                if needle in text:
                    if term.wanted:
                        break
                    return False
            else:
                if term.wanted:
                    return False
        return True


def parse(text: str) -> Filter:
    """Read what a person has typed so far; never fails."""
    return Filter(tuple(filter(None, map(_term, _TERM.finditer(text)))))


def _names(value: str) -> list[str]:
    """The hosts of a range, each whole; any other text as the beginning that it is."""
    try:
        names = expand(value)
    except ValueError:
        return [value]
    return [f"{name}\n" for name in names] if len(names) > 1 else names


def _term(match: re.Match[str]) -> _Term | None:
    """One term, or None while it has no value yet."""
    attribute = _FIELDS.get((match["field"] or "").lower(), "haystack")
    start = "\n" if attribute in _ANCHORED else ""
    values = (part.replace('"', "") for part in _PART.findall(match["value"] or ""))
    if attribute == "host":
        values = (name for value in values for name in _names(value))
    needles = tuple(start + value.casefold() for value in values if value)
    return _Term(attribute, needles, not match["not"]) if needles else None
