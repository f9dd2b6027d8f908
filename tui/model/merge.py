"""Two people's edits of one definition put together: only where both survive. Pure."""

from __future__ import annotations

from tui.model.changes import (
    Change,
    ChangeSet,
    DeviceAdded,
    FieldChange,
    LostError,
    XmlChange,
    canonical,
    replay,
)
from tui.model.domain import Domain
from tui.model.xml import parse


class ClashError(Exception):
    """Both changed the same thing, or one would undo what the other did."""


def merge(base: Domain, ours: Domain, theirs: Domain) -> Domain:
    """What both have made of ``base``; none of the three is touched.

    Raises ClashError. An edit of the XML as such, or a removal, covers what someone else
    changed within it: so the result is asked whether it tells of every change of both.
    """
    left = ChangeSet(base, ours).changes
    right = ChangeSet(base, theirs).changes
    wanted = {change.id: _outcome(change) for change in (*left, *right)}
    agreed = [change for change in left if change in right]
    left = tuple(change for change in left if change not in agreed)
    right = tuple(change for change in right if change not in agreed)
    if {change.id for change in left}.isdisjoint(change.id for change in right):
        # XML first, then the fields within it: whose XML it is decides the order.
        for document, changes in ((theirs, left), (ours, right)):
            try:
                result = replay(document, changes)
            except (LostError, ValueError):
                continue
            told = {c.id: _outcome(c) for c in ChangeSet(base, result).changes}
            if wanted.items() <= told.items():
                return result
    raise ClashError


def _outcome(change: Change) -> object:
    """What tells whether a change is still the same one in another set of changes."""
    if isinstance(change, FieldChange):
        return change.after
    if isinstance(change, DeviceAdded):
        return canonical(parse(change.xml).getroot())
    if isinstance(change, XmlChange):
        return tuple(canonical(parse(text).getroot()) for text in change.after)
    return change.what
