"""What an edit changes: a base document and an edited one compared, in words and for replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

from tui.model.beside import Beside
from tui.model.devices import device_of
from tui.model.domain import Domain
from tui.model.fields import Field, fields_of
from tui.model.views import Device, View, keys_of
from tui.model.xml import parse

ChangeId = tuple[str, str]
"""Key of a view and a field's name; ``xml`` for what no field tells of, empty for all of it."""
WHOLE = "domain"
"""Key of a change that only the document as a whole can tell."""


class LostError(Exception):
    """What a change is about is not there in the document that it should go into."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that an edit changes. ``key`` names the view it is about, in the base."""

    key: str
    label: str
    """As the person calls the device or section."""

    @property
    def id(self) -> ChangeId:
        """Tells the changes of one set apart; stays when others come and go."""
        return self.key, ""

    @property
    def what(self) -> str:
        """What of it: a field's label, ``added``, ``removed``, ``XML``."""
        return ""

    @property
    def old(self) -> str:
        """The value before, in words; empty where there is none."""
        return ""

    @property
    def new(self) -> str:
        """The value after, in words."""
        return ""


@dataclass(frozen=True, slots=True)
class FieldChange(Change):
    """A field has another value."""

    field: Field[Any]
    before: Any
    after: Any

    @property
    def id(self) -> ChangeId:
        """By view and field."""
        return self.key, self.field.name

    @property
    def what(self) -> str:
        """The field's label."""
        return self.field.label

    @property
    def old(self) -> str:
        """In words."""
        return self.field.words(self.before)

    @property
    def new(self) -> str:
        """In words; another secret is only said to be another."""
        if self.field.secret and self.before and self.after:
            return "another one"
        return self.field.words(self.after)


@dataclass(frozen=True, slots=True)
class DeviceAdded(Change):
    """There is a device more."""

    xml: str
    summary: str

    @property
    def what(self) -> str:
        """That it is new."""
        return "added"

    @property
    def new(self) -> str:
        """What it is."""
        return self.summary


@dataclass(frozen=True, slots=True)
class DeviceRemoved(Change):
    """There is a device less."""

    xml: str
    summary: str

    @property
    def what(self) -> str:
        """That it goes."""
        return "removed"

    @property
    def old(self) -> str:
        """What it was."""
        return self.summary


@dataclass(frozen=True, slots=True)
class XmlChange(Change):
    """XML that no field tells of: of a device, below one tag of the domain, or of all."""

    before: tuple[str, ...]
    """The elements before; as many as the domain has of that tag."""
    after: tuple[str, ...]

    @property
    def id(self) -> ChangeId:
        """Beside the fields of the same view."""
        return self.key, "xml"

    @property
    def what(self) -> str:
        """That it has no name."""
        return "XML"


class ChangeSet:
    """The changes from ``base`` to ``edited``; replaying all of them on the base gives ``edited``.

    Neither document is touched.
    """

    def __init__(self, base: Domain, edited: Domain) -> None:
        self.base = base
        self.edited = edited
        self.changes: tuple[Change, ...] = tuple(_compare(base, edited))

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def without(self, change_id: ChangeId) -> Domain:
        """The edited document with one change taken back."""
        return replay(self.base, [change for change in self.changes if change.id != change_id])


def replay(document: Domain, changes: Iterable[Change]) -> Domain:
    """A copy of a document with changes made to it.

    Raises LostError where the document has no longer what a change is about.
    """
    result = document.copy()
    chosen = list(changes)
    for change in chosen:
        if isinstance(change, XmlChange) and change.key == WHOLE:
            beside = result.edits.beside
            result = Domain.from_xml(change.after[0])
            result.edits.beside = beside
        elif isinstance(change, XmlChange):
            _replace(result, change)
    # Looked up before anything is written: a field may be what the key is made of.
    views = {change.key: result.view(change.key) for change in chosen}
    for change in chosen:
        if isinstance(change, FieldChange):
            view = views[change.key]
            if view is None:
                raise LostError(f"{change.label} is no longer there")
            change.field.write(view, change.after)
    for change in chosen:
        if isinstance(change, DeviceRemoved):
            device = views[change.key]
            if isinstance(device, Device):
                result.remove_device(device)
    for change in chosen:
        if isinstance(change, DeviceAdded):
            if _is_taken(result, change):
                raise LostError(f"{change.label} is there already")
            result.add_device(change.xml)
    return result


def _is_taken(document: Domain, added: DeviceAdded) -> bool:
    """Whether something else stands where a device should go. Many may have no name at all."""
    element = parse(added.xml).getroot()
    identity = device_of(element, document.edits).identity
    return bool(identity) and document.device(added.key) is not None


def _replace(document: Domain, change: XmlChange) -> None:
    device = document.device(change.key)
    if device is not None:
        element = parse(change.after[0]).getroot()
        element.tail = device.element.tail
        parent = device.element.getparent()
        assert parent is not None
        parent.replace(device.element, element)
        return
    if not change.key.startswith("<"):
        raise LostError(f"{change.label} is no longer there")
    tag = change.key.strip("<>")
    root = document.root
    present = root.findall(tag)
    place = root.index(present[0]) if present else len(root)
    tail = present[-1].tail if present else None
    for element in present:
        document.edits.remove(element)
    for offset, xml in enumerate(change.after):
        element = parse(xml).getroot()
        element.tail = tail
        root.insert(place + offset, element)


# -- comparing -----------------------------------------------------------------------------


def _compare(base: Domain, edited: Domain) -> list[Change]:
    pairs, removed, added = pair(base.devices, edited.devices)
    sections: list[FieldChange] = []
    for before, after in zip(base.sections, edited.sections, strict=True):
        sections += _field_changes(before, after)
    devices: list[Change] = []
    for old, new in pairs:
        devices += _device_changes(base, old, new)
    devices += [DeviceRemoved(d.key, d.label, to_xml(d.element), d.summary) for d in removed]
    devices += [DeviceAdded(d.key, d.label, to_xml(d.element), d.summary) for d in added]
    for of_machine, of_devices in _tellings(sections, devices):
        try:
            found = [*of_machine, *_xml_changes(base, edited, of_machine), *of_devices]
            if _same(replay(base, found).root, edited.root):
                return found
        except (LostError, ValueError):
            continue
    whole = XmlChange(WHOLE, "Definition", (base.to_xml(),), (edited.to_xml(),))
    return [whole, *(change for change in sections if isinstance(change.field, Beside))]


def _tellings(
    sections: Sequence[FieldChange], devices: Sequence[Change]
) -> list[tuple[Sequence[FieldChange], Sequence[Change]]]:
    """The boot order is told once: as the machine's, else as that of its devices.

    Not at all where it only lacks what is removed.
    """
    other_sections = [change for change in sections if change.id != ("boot", "order")]
    other_devices = [change for change in devices if change.id[1] != "boot_order"]
    if len(other_sections) == len(sections):
        return [(sections, devices)]
    (order,) = (change for change in sections if change not in other_sections)
    gone = {c.key.partition(" ")[2] for c in devices if isinstance(c, DeviceRemoved)}
    kept = tuple(name for name in order.before if name not in gone) == order.after
    return [
        *([(other_sections, other_devices)] if kept else []),
        (sections, other_devices),
        (other_sections, devices),
        (sections, devices),
    ]


def _field_changes(before: View, after: View) -> list[FieldChange]:
    return [
        FieldChange(before.key, before.label, field, field.read(before), field.read(after))
        for field in fields_of(type(before)).values()
        if field.read(before) != field.read(after)
    ]


def _device_changes(base: Domain, before: Device, after: Device) -> list[Change]:
    if _same(before.element, after.element):
        return []
    if before.element.tag != after.element.tag or type(before) is not type(after):
        raise AssertionError("pairs are of one kind")
    changes = _field_changes(before, after)
    # What is only shown follows from what was edited, more often than not.
    edits = [change for change in changes if not change.field.shown_only]
    for telling in (edits, changes):
        if telling and _gives(base, before, after, telling):
            return list(telling)
    # What the fields do not tell: the new device with its old values.
    neutral = _copy(after)
    for change in changes:
        change.field.write(neutral, change.before)
    rest = XmlChange(
        before.key, before.label, (to_xml(before.element),), (to_xml(neutral.element),)
    )
    if neutral.key == before.key and _gives(base, neutral, after, changes):
        return [*changes, rest]
    return [
        XmlChange(before.key, before.label, (to_xml(before.element),), (to_xml(after.element),))
    ]


def _gives(base: Domain, before: Device, after: Device, changes: Sequence[FieldChange]) -> bool:
    trial = _copy(before)
    for change in changes:
        change.field.write(trial, change.after)
    return _same(trial.element, after.element)


def _copy(device: Device) -> Device:
    """A device in a copy of its surroundings: what it is beside matters to some fields."""
    parent = device.element.getparent()
    if parent is None:
        return type(device)(deepcopy(device.element), type(device.edits)())
    place = parent.index(device.element)
    return type(device)(deepcopy(parent)[place], type(device.edits)())


def _xml_changes(base: Domain, edited: Domain, fields: Sequence[Change]) -> list[XmlChange]:
    """Differences below ``<domain>``, outside of ``<devices>``, that the sections do not tell."""
    plain = replay(base, fields)
    if not _unlike(_by_tag(plain), _by_tag(edited)):
        return []
    neutral = edited.copy()
    for change in fields:
        view = neutral.view(change.key)
        if isinstance(change, FieldChange) and view is not None:
            change.field.write(view, change.before)
    before, after = _by_tag(base), _by_tag(neutral)
    return [
        XmlChange(f"<{tag}>", f"<{tag}>", before.get(tag, ()), after.get(tag, ()))
        for tag in _unlike(before, after)
    ]


def _unlike(one: dict[str, tuple[str, ...]], other: dict[str, tuple[str, ...]]) -> list[str]:
    """The tags whose elements differ by more than their spelling."""
    return [
        tag
        for tag in dict.fromkeys([*one, *other])
        if one.get(tag) != other.get(tag)
        and _canonical_texts(one.get(tag, ())) != _canonical_texts(other.get(tag, ()))
    ]


def _by_tag(document: Domain) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for element in document.root:
        if isinstance(element.tag, str) and element.tag != "devices":
            found[element.tag] = (*found.get(element.tag, ()), to_xml(element))
    return found


def _canonical_texts(texts: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(canonical(parse(text).getroot()) for text in texts)


def pair(
    before: Sequence[Device], after: Sequence[Device]
) -> tuple[list[tuple[Device, Device]], list[Device], list[Device]]:
    """All devices of two documents: (pairs, only in the first, only in the second).

    By key, then those whose key was edited by likeness at the same place among their kind.
    """
    pairs: list[tuple[Device, Device]] = []
    left, right = list(before), list(after)

    def match(same: Callable[[Device, Device], bool]) -> None:
        for old in list(left):
            for new in right:
                if old.element.tag == new.element.tag and same(old, new):
                    pairs.append((old, new))
                    left.remove(old)
                    right.remove(new)
                    break

    names = {id(device): (device.tag_name, device.identity) for device in (*left, *right)}
    keys = {
        id(device): key
        for devices in (left, right)
        for device, key in zip(devices, keys_of(devices), strict=True)
    }
    one, other = (Counter(names[id(device)] for device in some) for some in (left, right))

    def same_name(old: Device, new: Device) -> bool:
        return names[id(old)] == names[id(new)]

    def equal(old: Device, new: Device) -> bool:
        if not same_name(old, new):
            return False
        name = names[id(old)]
        if one[name] == other[name]:
            return keys[id(old)] == keys[id(new)]
        return _same(old.element, new.element)

    match(equal)
    match(lambda old, new: keys[id(old)] == keys[id(new)])
    match(same_name)
    match(lambda old, new: bool(old.likeness) and old.likeness == new.likeness)
    order = {id(device): number for number, device in enumerate(before)}
    pairs.sort(key=lambda both: order[id(both[0])])
    return pairs, left, right


def _same(one: etree._Element, other: etree._Element) -> bool:
    """Whether they say the same; most are written alike, which is seen ten times as fast."""
    texts = (etree.tostring(element, with_tail=False) for element in (one, other))
    return next(texts) == next(texts) or canonical(one) == canonical(other)


def canonical(element: etree._Element) -> bytes:
    """C14N of an element; white space between elements, and the order of unlike ones, aside.

    libvirt takes unlike elements in any order and writes them in its own; like ones keep theirs,
    but for timers, which have names.
    """
    copied = deepcopy(element)
    copied.tail = None
    for node in copied.iter():
        if node.text is not None and not node.text.strip() and len(node):
            node.text = None
        if node.tail is not None and not node.tail.strip():
            node.tail = None
    _sort(copied)
    return etree.tostring(copied, method="c14n", with_comments=True)


def _rank(element: etree._Element) -> tuple[str, str]:
    if not isinstance(element.tag, str):
        return "", ""
    return element.tag, element.get("name", "") if element.tag == "timer" else ""


def _sort(element: etree._Element) -> None:
    """Elements of libvirt's own: in others' namespaces, and in metadata, order may matter."""
    if element.tag == "metadata" or not isinstance(element.tag, str) or element.tag[:1] == "{":
        return
    for child in element:
        _sort(child)
    if len(element) > 1:
        element[:] = sorted(element, key=_rank)


def to_xml(element: etree._Element) -> str:
    """An element by itself, indented anew."""
    copied = deepcopy(element)
    copied.tail = None
    etree.indent(copied)
    return etree.tostring(copied, encoding="unicode")
