"""Fields: declared once, as attributes of the views that have them.

A declaration says where a value lives, what it may be, what a person is told of it, and which
libvirt call changes it on a running machine. Reading and writing, forms, the words of a change
and the forecast all come from it::

    class Disk(Device):
        cache = Choice("driver/@cache", "Cache mode", "…", values=CACHE_MODES)

    disk.cache            # "none": what the document says, "" where it says nothing
    disk.cache = "none"   # one attribute, nothing else
    Disk.cache            # the declaration
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, Self, TypeVar, overload

from tui.model.editing import Place, place
from tui.model.surroundings import Surroundings
from tui.model.text import is_storable
from tui.model.views import View

T = TypeVar("T")


class Call(enum.Enum):
    """The libvirt call by which a running machine takes a change."""

    UPDATE_DEVICE = "virDomainUpdateDeviceFlags"
    SET_VCPUS = "virDomainSetVcpusFlags"
    SET_MEMORY = "virDomainSetMemoryFlags"
    SET_METADATA = "virDomainSetMetadata"
    PIN = "virDomainPinVcpuFlags"
    SET_BLOCK_IO_TUNE = "virDomainSetBlockIoTune"
    SET_SCHEDULER = "virDomainSetSchedulerParametersFlags"
    SET_MEMORY_PARAMETERS = "virDomainSetMemoryParameters"
    SET_NUMA_PARAMETERS = "virDomainSetNumaParameters"
    ATTACH_DEVICE = "virDomainAttachDeviceFlags"
    DETACH_DEVICE = "virDomainDetachDeviceFlags"
    RENAME = "virDomainRename"
    SET_AUTOSTART = "virDomainSetAutostart"


BESIDE_DEFINITION = frozenset((Call.RENAME, Call.SET_AUTOSTART))
"""Calls that do all of a change, on a machine that is off as well: nothing is defined for it."""


@dataclass(frozen=True, slots=True)
class Option:
    """One value that a field may take."""

    value: str
    """As the document has it; empty for the default."""
    label: str
    note: str = ""
    """What it means, in a few words."""
    why_not: str = ""
    """Why this host cannot; empty when it can."""


Told = Callable[[View, Surroundings], "Sequence[Option] | None"]
"""Gives the values that a host and a device allow; None where nobody tells."""

DEFAULT = "default"
"""What stands for a value that the document leaves to the hypervisor."""


UNSET = "not set"
"""What stands for a text or a number that the document does not have."""


class Field(Generic[T]):
    """A place in a view's element with a type. Raises ValueError for texts it cannot take."""

    picks = False
    """Whether a value is one of the options: chosen, not typed."""

    def __init__(
        self,
        path: str,
        label: str,
        help: str,
        *,
        live: Call | None = None,
        live_unless: Callable[[Any, Any], str] | None = None,
        volatile: bool = False,
        unless: Callable[[Any], str] | None = None,
        also: Callable[[Any], None] | None = None,
        takes_along: Callable[[Any], None] | None = None,
        shown_only: bool = False,
        secret: bool = False,
    ) -> None:
        """``live``: the call that changes it in a running machine; None: with the next boot.

        ``live_unless(now, wanted)`` tells why this change of it needs a boot all the same.
        ``volatile``: libvirt fills it in while the machine runs, a difference means nothing.
        ``unless(view)`` tells why the field does not apply to this device, "" when it does.
        ``also(view)`` cleans up what depends on the value, after each writing.
        ``takes_along(view)`` edits other fields with it when a person edits it: changes of their
        own, which may be taken back.
        ``shown_only`` fields are never edited; ``secret`` ones are never shown.
        """
        self.path = path
        self.label = label
        self.help = help
        self.live = live
        self.live_unless = live_unless
        self.volatile = volatile
        self.unless = unless
        self.also = also
        self.takes_along = takes_along
        self.shown_only = shown_only
        self.secret = secret
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, view: None, owner: type) -> Self: ...
    @overload
    def __get__(self, view: View, owner: type) -> T: ...
    def __get__(self, view: View | None, owner: type) -> Self | T:
        return self if view is None else self.read(view)

    def __set__(self, view: View, value: T) -> None:
        self.write(view, value)

    @property
    def place(self) -> Place:
        """Where it lives."""
        return place(self.path)

    # -- the document --------------------------------------------------------------------

    def read(self, view: View) -> T:
        """The value in the document."""
        return self.decode(self.place.read(view.element))

    def write(self, view: View, value: T) -> None:
        """Put a value into the document; nothing is touched where it is there already."""
        self._change(view, value, lambda: self.put(view, value))

    def edit(self, view: View, value: T) -> None:
        """Write what a person wants: other fields go along, and what no longer applies goes.

        These are changes of their own; set back at once, all of them are as they were.
        """
        others = [f for f in fields_of(type(view)).values() if f is not self and not f.shown_only]
        applying = [field for field in others if not field.why_not(view)]

        def make() -> None:
            self.put(view, value)
            if self.takes_along is not None:
                self.takes_along(view)
            for field in applying:
                if field.why_not(view) and field.read_text(view):
                    with suppress(ValueError):  # what has to be there stays
                        field.write(view, field.parse(""))

        self._change(view, value, make)

    def _change(self, view: View, value: T, make: Callable[[], None]) -> None:
        before = self.read(view)
        if value == before:
            return
        view.edits.change(view.element, self.name, (before, value), make)
        if self.read(view) != value:
            self.put(view, value)

    def put(self, view: View, value: T) -> None:
        """Write another value, and clean up what depends on it."""
        view.edits.write(view.element, self.place, self.encode(value))
        if self.also is not None:
            self.also(view)

    def decode(self, raw: str | None) -> T:
        """From the document's text; must take everything."""
        raise NotImplementedError

    def encode(self, value: T) -> str | None:
        """The document's text; None takes the place away."""
        raise NotImplementedError

    # -- the person ----------------------------------------------------------------------

    def text(self, value: T) -> str:
        """A value as it stands in a form."""
        raise NotImplementedError

    def parse(self, text: str) -> T:
        """From a form's text; raises ValueError with words for the person."""
        raise NotImplementedError

    def words(self, value: T) -> str:
        """A value as a change or a summary tells it."""
        if self.secret:
            return "set" if self.text(value) else "none"
        return self.text(value) or UNSET

    def options(self, view: View, surroundings: Surroundings) -> Sequence[Option]:
        """The values to choose from; empty where the person types."""
        return ()

    def why_not(self, view: View) -> str:
        """Why it does not apply to this device; empty when it does."""
        return view.echo or (self.unless(view) if self.unless is not None else "")

    def read_text(self, view: View) -> str:
        """The value in the document as a form shows it."""
        return self.text(self.read(view))

    def read_words(self, view: View) -> str:
        """The value in the document as a change tells it."""
        return self.words(self.read(view))

    def write_text(self, view: View, text: str) -> None:
        """Take a form's text; raises ValueError with words for the person.

        What is there already is always taken, even if nobody could type it.
        """
        if text != self.read_text(view):
            self.edit(view, self.parse(text))


class Words(Field[str]):
    """What the document has as a person types it; empty where it has none."""

    def decode(self, raw: str | None) -> str:
        """As it is."""
        return raw or ""

    def encode(self, value: str) -> str | None:
        """Nothing for an empty text."""
        return value or None

    def text(self, value: str) -> str:
        """As it is."""
        return value

    def parse(self, text: str) -> str:
        """Without the white space around it."""
        return text.strip()


class Text(Words):
    """A text; empty where there is none. White space around it does not count."""

    picks = True

    def __init__(
        self,
        path: str,
        label: str,
        help: str,
        *,
        pattern: str = "",
        expected: str = "",
        required: bool = False,
        told: Told | None = None,
        **more: Any,
    ) -> None:
        """``pattern`` (whole match) and ``expected``, its words; ``told`` proposes values."""
        super().__init__(path, label, help, **more)
        self.pattern = pattern
        self.expected = expected
        self.required = required
        self.told = told

    def decode(self, raw: str | None) -> str:
        """As it is, but for the white space."""
        return super().decode(raw).strip()

    def parse(self, text: str) -> str:
        """Must match the pattern, and be what XML can hold."""
        text = super().parse(text)
        if not text and self.required:
            raise ValueError(f"{self.label}: cannot be empty")
        if text and self.pattern and not re.fullmatch(self.pattern, text):
            raise ValueError(f"{self.label}: expected {self.expected or self.pattern}")
        if not is_storable(text):
            raise ValueError(f"{self.label}: has a character that no XML may hold")
        return text

    def options(self, view: View, surroundings: Surroundings) -> Sequence[Option]:
        """Proposals; others may be typed."""
        return (self.told(view, surroundings) if self.told is not None else None) or ()


class HostPath(Text):
    """A full path on the host; libvirt's schema takes no other."""

    def __init__(self, path: str, label: str, help: str, **more: Any) -> None:
        more.setdefault("expected", "a full path on the host")
        super().__init__(path, label, help, pattern="/.*", **more)


class Choice(Words):
    """One of several values; empty leaves it to the hypervisor."""

    picks = True

    def __init__(
        self,
        path: str,
        label: str,
        help: str,
        *,
        values: Mapping[str, str] | Sequence[str] = (),
        told: Told | None = None,
        default: str | None = DEFAULT,
        **more: Any,
    ) -> None:
        """``values``: the schema's, with a note each; ``told``: the host's, where it tells.

        ``default``: the label of "not set"; None where a value has to be there.
        """
        super().__init__(path, label, help, **more)
        self.values = values if isinstance(values, Mapping) else dict.fromkeys(values, "")
        self.told = told
        self.default = default

    def words(self, value: str) -> str:
        """The value, or the default's label."""
        return value or self.default or "none"

    def parse(self, text: str) -> str:
        """Any word: the host knows best, and the options say what it allows."""
        text = super().parse(text)
        if not text and self.default is None:
            raise ValueError(f"{self.label}: choose one")
        return text

    def options(self, view: View, surroundings: Surroundings) -> Sequence[Option]:
        """The host's values, else the schema's; the present one is always among them."""
        told = self.told(view, surroundings) if self.told is not None else None
        found: list[Option] = []
        if self.default is not None:
            found.append(Option("", self.default))
        if told is not None:
            found += [
                Option(o.value, o.label, o.note or self.values.get(o.value, ""), o.why_not)
                for o in told
            ]
        else:
            found += [Option(value, value, note) for value, note in self.values.items()]
        present = self.read(view)
        if present not in [option.value for option in found]:
            unheard = "not among what this host tells" if told is not None else ""
            found.append(Option(present, present, unheard))
        return found


class Switch(Field[bool]):
    """On or off: an attribute of two words, or an element that is there or not."""

    def __init__(
        self,
        path: str,
        label: str,
        help: str,
        *,
        on: str = "yes",
        off: str | None = None,
        presence: bool = False,
        assumed: bool = False,
        **more: Any,
    ) -> None:
        """``assumed``: what the absence of the attribute means.

        ``off``: the word to write; None takes the attribute away.
        """
        super().__init__(path, label, help, **more)
        self.on, self.off = on, off
        self.presence = presence
        self.assumed = assumed

    def decode(self, raw: str | None) -> bool:
        """Absence means what is assumed."""
        if self.presence:
            return raw is not None
        return self.assumed if raw is None else raw == self.on

    def encode(self, value: bool) -> str | None:
        """The word, or nothing for what is assumed anyway."""
        if self.presence:
            return "" if value else None
        if value:
            return None if self.assumed else self.on
        return self.off if self.assumed or self.off is not None else None

    def text(self, value: bool) -> str:
        """``yes`` or ``no``."""
        return "yes" if value else "no"

    def parse(self, text: str) -> bool:
        """Yes, on, true, 1; or no, off, false, 0."""
        word = text.strip().casefold()
        if word in ("yes", "on", "true", "1"):
            return True
        if word in ("no", "off", "false", "0", ""):
            return False
        raise ValueError(f"{self.label}: yes or no")


_fields: dict[type[View], Mapping[str, Field[Any]]] = {}


def fields_of(kind: type[View]) -> Mapping[str, Field[Any]]:
    """A view's declarations by name, in order; a base class's first."""
    if kind not in _fields:
        classes = [vars(one) for one in reversed(kind.__mro__)]
        found = {n: v for names in classes for n, v in names.items() if isinstance(v, Field)}
        _fields[kind] = MappingProxyType(found)
    return _fields[kind]
