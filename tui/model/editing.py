"""Places in a document: read, written, and given back as they were.

A place is a path from an element: ``driver/@cache``, ``os/kernel``, ``@type``,
``clock/timer[@name='hpet']/@present``. Writing makes the elements on the way that are missing;
clearing takes away what is left empty. What was taken away comes back to where it stood, with
all it held, when the same place is written again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
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
    """Parse a path, as the module describes it. Raises ValueError."""
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
class _Family:
    """The children of an element as they first were, and the text around them."""

    parent: etree._Element
    children: tuple[etree._Element, ...]
    text: str | None
    tails: tuple[str | None, ...]

    def restore_text(self) -> None:
        """Give the text back once the children are what they were."""
        present = list(self.parent)
        if len(present) != len(self.children):
            return
        if all(now is then for now, then in zip(present, self.children, strict=True)):
            self.parent.text = self.text
            for child, tail in zip(self.children, self.tails, strict=True):
                child.tail = tail

    def place_of(self, child: etree._Element) -> int:
        """Where a child belongs: behind the nearest of its elder siblings that is there."""
        place = _index(child, self.children)
        for elder in reversed(self.children[:place]):
            if elder.getparent() is self.parent:
                return self.parent.index(elder) + 1
        return 0


@dataclass(slots=True)
class _Trail:
    """What the changes of one field have written, to be taken back with it."""

    element: etree._Element
    name: str
    first: object
    """The field's value before the first of them."""
    writes: list[tuple[etree._Element, Place, str | None, str | None]] = field(default_factory=list)
    """Where, what was there before, and what was written."""
    taken: list[etree._Element] = field(default_factory=list)
    """Elements that were taken away."""


class Edits:
    """Writes into one document and remembers what it made and what it took away."""

    def __init__(self) -> None:
        self.beside: dict[str, str] = {}
        """What libvirt keeps of a machine outside of its definition, by name: ``autostart``."""
        # Held as elements, not by id: lxml gives the same object as long as it is referred to.
        self._made: list[etree._Element] = []
        self._kept: list[etree._Element] = []
        """Elements that were empty when first met: clearing does not take them away."""
        self._removed: list[etree._Element] = []
        self._families: list[_Family] = []
        self._attributes: list[tuple[etree._Element, str]] = []
        """Attributes that were not there when first written."""
        self._trails: list[_Trail] = []
        self._recording: list[_Trail] = []
        """Those of the change under way, and of the changes that it is part of."""

    def copy(self, root: etree._Element, copied: etree._Element) -> Edits:
        """The same memory for a copy of the document; ``root`` is the original's."""
        nodes = list(root.iter())  # held: an id is an element's only while that is referred to
        twins = {id(old): new for old, new in zip(nodes, copied.iter(), strict=True)}

        def twin(element: etree._Element) -> etree._Element:
            if id(element) not in twins:
                apart = deepcopy(element)
                parts = list(element.iter())
                nodes.extend(parts)
                twins.update((id(o), n) for o, n in zip(parts, apart.iter(), strict=True))
            return twins[id(element)]

        made = Edits()
        made.beside = dict(self.beside)
        made._removed = [twin(element) for element in self._removed]
        made._made = [twin(element) for element in self._made]
        made._kept = [twin(element) for element in self._kept]
        made._attributes = [(twin(element), name) for element, name in self._attributes]
        made._families = [
            _Family(twin(f.parent), tuple(twin(child) for child in f.children), f.text, f.tails)
            for f in self._families
        ]
        made._trails = [
            _Trail(
                twin(trail.element),
                trail.name,
                trail.first,
                [(twin(start), where, old, new) for start, where, old, new in trail.writes],
                [twin(element) for element in trail.taken],
            )
            for trail in self._trails
        ]
        return made

    def change(
        self,
        element: etree._Element,
        name: str,
        values: tuple[object, object],
        make: Callable[[], None],
    ) -> None:
        """Let a field change from one value to another, with what follows from it.

        When it comes back to its first value, all that followed is taken back as well, but for
        what was written anew since.
        """
        before, after = values
        trail = next((t for t in self._trails if t.element is element and t.name == name), None)
        if trail is None:
            trail = _Trail(element, name, before)
            self._trails.append(trail)
        if after == trail.first:
            self._trails.remove(trail)
            for element in reversed(trail.taken):
                self._put_back(element)
            for start, where, old, new in reversed(trail.writes):
                if where.read(start) == new:
                    self.write(start, where, old)
            return
        self._recording.append(trail)
        try:
            make()
        finally:
            self._recording.pop()

    def has_made(self, element: etree._Element, attribute: str) -> bool:
        """Whether an attribute was not there before the edits."""
        return any(made is element and name == attribute for made, name in self._attributes)

    def write(self, start: etree._Element, where: Place, text: str | None) -> None:
        """Set the text or attribute; None clears it, and with it what is left empty."""
        for trail in self._recording:
            trail.writes.append((start, where, where.read(start), text))
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
        elif (element.text or "") != text and (text.strip() or (element.text or "").strip()):
            element.text = text

    def _clear(self, start: etree._Element, where: Place) -> None:
        element = where.find(start)
        if element is None:
            return
        if where.attribute:
            if where.attribute not in element.attrib:
                return
            del element.attrib[where.attribute]
            step = where.steps[-1] if where.steps else None
            if step is not None and step.name and _among(element, self._made):
                only_told_apart = set(element.attrib) <= {step.name} and not len(element)
                if only_told_apart and not (element.text or "").strip():
                    element.attrib.clear()
            self._prune(start, element)
        else:
            self.take(start, element)

    def take(self, start: etree._Element, element: etree._Element) -> None:
        """Take an element below ``start`` away, and what is left empty by it."""
        for trail in self._recording:
            trail.taken.append(element)
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
        for family in self._families:
            if family.parent is parent:
                for child in family.children:
                    if _among(child, self._removed) and step.matches(child):
                        self._restore(family, child)
                        return child
        element = etree.Element(step.tag)
        if step.name:
            element.set(step.name, step.value)
        self.append(parent, element)
        return element

    def append(self, parent: etree._Element, element: etree._Element) -> None:
        """Add an element after the last of its kind, else at the end; indented like the others.

        A driver goes first, where libvirt writes it: libxml2 takes that of a host's device for
        valid only beside its source.
        """
        if _is_empty(parent) and not _among(parent, self._made, self._kept):
            self._kept.append(parent)
        self._family(parent)
        alike = parent.findall(element.tag) if isinstance(element.tag, str) else []
        if alike:
            place = parent.index(alike[-1]) + 1
        else:
            place = 0 if element.tag == "driver" else len(parent)
        self._insert(parent, place, element)
        self._made.append(element)

    def remove(self, element: etree._Element) -> None:
        """Take an element away; what stood around it closes up."""
        parent, previous = element.getparent(), element.getprevious()
        if parent is None:
            raise ValueError("the root cannot be removed")
        family = self._family(parent)
        self._removed.append(element)
        before = parent.text if previous is None else previous.tail
        closing = _joined(before, element.tail)
        element.tail = None
        parent.remove(element)
        if previous is None:
            parent.text = closing
        else:
            previous.tail = closing
        family.restore_text()

    def _put_back(self, element: etree._Element) -> None:
        """Where it stood at first, with what it was in; nothing is done for what is there."""
        family = next((one for one in self._families if _among(element, one.children)), None)
        if family is not None and _among(element, self._removed):
            self._put_back(family.parent)
            self._restore(family, element)

    def _restore(self, family: _Family, element: etree._Element) -> None:
        self._removed = [removed for removed in self._removed if removed is not element]
        self._insert(family.parent, family.place_of(element), element)
        family.restore_text()

    def _insert(self, parent: etree._Element, place: int, element: etree._Element) -> None:
        """With the white space of its neighbours."""
        previous = parent[place - 1] if place else None
        before = parent.text if previous is None else previous.tail
        parent.insert(place, element)
        element.tail = before
        if previous is not None and element.getnext() is None:
            previous.tail = parent.text if not (parent.text or "").strip() else None

    def _family(self, parent: etree._Element) -> _Family:
        for family in self._families:
            if family.parent is parent:
                return family
        children = tuple(parent)
        family = _Family(parent, children, parent.text, tuple(child.tail for child in children))
        self._families.append(family)
        return family


def _joined(before: str | None, after: str | None) -> str | None:
    """The text on both sides of what was taken away, white space once."""
    if (before or "").strip():
        return f"{before}{after}" if (after or "").strip() else before
    return after


def _index(element: etree._Element, among: Sequence[etree._Element]) -> int:
    return next(place for place, one in enumerate(among) if one is element)


def _is_empty(element: etree._Element) -> bool:
    return not len(element) and not element.attrib and not (element.text or "").strip()


def _among(element: etree._Element, *lists: Sequence[etree._Element]) -> bool:
    return any(one is element for some in lists for one in some)
