"""What libvirt has made of a definition that it was sent. Pure."""

from __future__ import annotations

from lxml import etree

from tui.model.changes import pair
from tui.model.domain import Domain
from tui.model.fields import fields_of
from tui.model.views import View

FILLED_IN = frozenset(("address", "alias"))
"""Elements of a device that libvirt writes as it sees fit."""


def alterations(sent: Domain, stored: Domain) -> tuple[str, ...]:
    """What is stored otherwise than it was sent, and what was dropped, in words.

    What libvirt only adds (addresses, defaults, controllers) is not told.
    """
    told: list[str] = []
    covered: set[str] = set()
    for before, after in zip(sent.sections, stored.sections, strict=True):
        words = _values(before, after)
        told += words.values()
        covered |= words.keys()
    dropped = _dropped(_machine_paths(sent), _machine_paths(stored))
    told += [f"{path} was dropped" for path in dropped if path not in covered]
    pairs, gone, _new = pair(sent.devices, stored.devices)
    for device, kept in pairs:
        if device.echo:
            continue
        words = _values(device, kept)
        told += words.values()
        for path in _dropped(_paths(device.element), _paths(kept.element)):
            if path not in words and path.partition("/")[0] not in FILLED_IN:
                told.append(f"{device.label}: {path} was dropped")
    kept_comments = _comments(stored)
    told += [
        f"the comment {text!r} was dropped: it keeps none outside of <metadata>"
        for text in _comments(sent)
        if text not in kept_comments
    ]
    return (*told, *(f"{device.label} was dropped" for device in gone))


def _values(before: View, after: View) -> dict[str, str]:
    """Fields that had a value and have another one: path and words."""
    return {
        field.path: f"{before.label}: {field.label} {was} became {became}"
        for field in fields_of(type(before)).values()
        if not field.shown_only
        and field.read_text(before)
        and (was := field.read_words(before)) != (became := field.read_words(after))
    }


def _dropped(sent: list[str], stored: list[str]) -> list[str]:
    """Paths that were sent and are not stored; nothing of what is below one."""
    kept = {"", *stored}
    gone = [path for path in sent if path not in kept and path.rpartition("/")[0] in kept]
    return list(dict.fromkeys(gone))


def _machine_paths(document: Domain) -> list[str]:
    """Paths outside of ``<devices>``."""
    paths = (path for path in _paths(document.root) if not path.startswith("devices/"))
    return [path for path in paths if path[0] != "@"]


def _paths(element: etree._Element, above: str = "") -> list[str]:
    """Of all attributes and elements below one, parents first; the names without namespaces."""
    found = [f"{above}@{etree.QName(str(name)).localname}" for name in element.attrib]
    for child in element.iterchildren("*"):
        path = above + etree.QName(child).localname
        found += [path, *_paths(child, f"{path}/")]
    return found


def _comments(document: Domain) -> list[str]:
    return [(comment.text or "").strip() for comment in document.root.iter(etree.Comment)]
