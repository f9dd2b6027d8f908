"""Places in a document: read, written, and given back as they were.

A place is a path from an element: ``driver/@cache``, ``os/kernel``, ``@type``,
``clock/timer[@name='hpet']/@present``. Writing makes the elements on the way that are missing;
clearing takes away what is left empty. What was taken away comes back to where it stood, with
all it held, when the same place is written again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

_STEP = re.compile(r"(?P<tag>[\w.:{}/-]+?)(?:\[@(?P<name>\w+)='(?P<value>[^']*)'\])?\Z")


@dataclass(frozen=True, slots=True)
class Step:
    """One element of a path: its tag and, where told, an attribute that tells it from others."""

    tag: str
    name: str = ""
    value: str = ""

    def matches(self, element: etree._Element) -> bool:
        """Whether an element is the one."""
        return element.tag == self.tag and (not self.name or element.get(self.name) == self.value)

    def find(self, parent: etree._Element) -> etree._Element | None:
        """The first child that is the one."""
        for child in parent.iterchildren(self.tag):
            if self.matches(child):
                return child
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """A path of elements and, perhaps, an attribute of the last one."""

    steps: tuple[Step, ...]
    attribute: str = ""

    def find(self, start: etree._Element) -> etree._Element | None:
        """The element that the text or attribute belongs to."""
        found: etree._Element | None = start
        for step in self.steps:
            if found is None:
                return None
            found = step.find(found)
        return found

    def read(self, start: etree._Element) -> str | None:
        """The text or the attribute; None where there is none. An empty element reads ``""``."""
        element = self.find(start)
        if element is None:
            return None
        return element.get(self.attribute) if self.attribute else element.text or ""


@lru_cache(maxsize=1024)
def place(path: str) -> Place:
    """Parse a path."""
    *steps, last = _split(path)
    if last.startswith("@"):
        return Place(tuple(map(_step, steps)), last[1:])
    return Place(tuple(map(_step, (*steps, last))) if last != "." else ())


def _split(path: str) -> list[str]:
    """Parts between slashes, those inside of ``[…]`` and ``{…}`` left alone."""
    return re.findall(r"(?:\{[^}]*\}|\[[^\]]*\]|[^/\[{])+", path)


def _step(text: str) -> Step:
    match = _STEP.match(text)
    if match is None:
        raise ValueError(f"no step of a path: {text!r}")
    return Step(match["tag"], match["name"] or "", match["value"] or "")


@dataclass(frozen=True, slots=True)
class _Removed:
    parent: etree._Element
    element: etree._Element
    previous: etree._Element | None
    before: str | None
    """The text that stood before the element: its previous sibling's tail, its parent's text."""
    tail: str | None


class Edits:
    """Writes into one document and remembers what it made and what it took away."""

    def __init__(self) -> None:
        # Held as elements, not by id: lxml gives the same object as long as it is referred to.
        self._made: list[etree._Element] = []
        self._kept: list[etree._Element] = []
        """Elements that were empty when first met: clearing does not take them away."""
        self._removed: list[_Removed] = []
        self._attributes: list[tuple[etree._Element, str]] = []
        """Attributes that were not there when first written."""

    def has_made(self, element: etree._Element, attribute: str) -> bool:
        """Whether an attribute was not there before the edits."""
        return any(made is element and name == attribute for made, name in self._attributes)

    def write(self, start: etree._Element, where: Place, text: str | None) -> None:
        """Set the text or attribute; None clears it, and with it what is left empty."""
        if text is None:
            self._clear(start, where)
            return
        element = start
        for step in where.steps:
            element = self._ensure(element, step)
        if where.attribute:
            if _is_empty(element) and not _among(element, self._made):
                self._kept.append(element)
            if where.attribute not in element.attrib:
                self._attributes.append((element, where.attribute))
            element.set(where.attribute, text)
        elif (element.text or "") != text:
            element.text = text

    def _clear(self, start: etree._Element, where: Place) -> None:
        element = where.find(start)
        if element is None:
            return
        if where.attribute:
            if where.attribute in element.attrib:
                del element.attrib[where.attribute]
            self._prune(start, element)
        else:
            self.take(start, element)

    def take(self, start: etree._Element, element: etree._Element) -> None:
        """Take an element below ``start`` away, and what is left empty by it."""
        parent = element.getparent()
        self.remove(element)
        if parent is not None:
            self._prune(start, parent)

    def _prune(self, start: etree._Element, element: etree._Element) -> None:
        while element is not start and _is_empty(element) and not _among(element, self._kept):
            parent = element.getparent()
            if parent is None:
                break
            self.remove(element)
            element = parent

    def _ensure(self, parent: etree._Element, step: Step) -> etree._Element:
        found = step.find(parent)
        if found is not None:
            return found
        for removed in reversed(self._removed):
            if removed.parent is parent and step.matches(removed.element):
                self._restore(removed)
                return removed.element
        element = etree.Element(step.tag)
        if step.name:
            element.set(step.name, step.value)
        self.append(parent, element)
        return element

    def append(self, parent: etree._Element, element: etree._Element) -> None:
        """Add an element after the last of its kind, else at the end; indented like the others."""
        if _is_empty(parent) and not _among(parent, self._made, self._kept):
            self._kept.append(parent)
        alike = parent.findall(element.tag) if isinstance(element.tag, str) else []
        previous = alike[-1] if alike else (parent[-1] if len(parent) else None)
        if previous is None:
            parent.append(element)
        else:
            after, last = previous.tail, previous.getnext() is None
            parent.insert(parent.index(previous) + 1, element)
            element.tail = after
            if last:
                previous.tail = parent.text if not (parent.text or "").strip() else None
        self._made.append(element)

    def remove(self, element: etree._Element) -> None:
        """Take an element away; what stood around it closes up."""
        parent, previous = element.getparent(), element.getprevious()
        if parent is None:
            raise ValueError("the root cannot be removed")
        tail = element.tail
        before = parent.text if previous is None else previous.tail
        self._removed.append(_Removed(parent, element, previous, before, tail))
        kept = (before or "").strip() and (tail or "").strip()
        closing = f"{before}{tail}" if kept else (before if (before or "").strip() else tail)
        element.tail = None
        parent.remove(element)
        if previous is None:
            parent.text = closing
        else:
            previous.tail = closing

    def _restore(self, removed: _Removed) -> None:
        self._removed.remove(removed)
        parent, element, previous = removed.parent, removed.element, removed.previous
        if previous is not None and previous.getparent() is parent:
            parent.insert(parent.index(previous) + 1, element)
            previous.tail = removed.before
        else:
            parent.insert(0, element)
            parent.text = removed.before
        element.tail = removed.tail


def _is_empty(element: etree._Element) -> bool:
    return not len(element) and not element.attrib and not (element.text or "").strip()


def _among(element: etree._Element, *lists: list[etree._Element]) -> bool:
    return any(one is element for some in lists for one in some)
