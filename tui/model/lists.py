"""Fields that hold a list: of CPUs, of like elements."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tui.model.cpuset import CPUS
from tui.model.editing import place
from tui.model.fields import Field, Text, Words

if TYPE_CHECKING:
    from tui.model.views import View


class CpuSet(Text):
    """A list of numbers with ranges and exclusions: ``0-3,^2,8``."""

    def __init__(self, path: str, label: str, help: str, **more: Any) -> None:
        more.setdefault("expected", "a list such as 0-3,8")
        super().__init__(path, label, help, pattern=CPUS, **more)

    def parse(self, text: str) -> str:
        """Spaces do not matter."""
        return super().parse(re.sub(r"\s+", "", text))


class Items(Field[tuple[str, ...]]):
    """An attribute or text of each of several like elements, comma separated for the person."""

    def __init__(
        self, path: str, label: str, help: str, *, pattern: str, expected: str, **more: Any
    ) -> None:
        """``path`` ends in the repeated element and its attribute: ``vlan/tag/@id``."""
        super().__init__(path, label, help, **more)
        self.pattern, self.expected = pattern, expected
        holder, _, self.attribute = path.rpartition("/@")
        self.parent, _, self.tag = holder.rpartition("/")

    def read(self, view: View) -> tuple[str, ...]:
        """In the document's order."""
        parent = place(self.parent).find(view.element)
        found = [] if parent is None else parent.findall(self.tag)
        return tuple(element.get(self.attribute, "") for element in found)

    def put(self, view: View, value: tuple[str, ...]) -> None:
        """Elements that stay are left alone; what holds them goes with the last."""
        if not value:
            view.drop(self.parent)
            return
        parent = place(self.parent).find(view.element)
        for element in [] if parent is None else parent.findall(self.tag):
            if element.get(self.attribute, "") not in value:
                view.edits.take(view.element, element)
        for item in value:
            path = f"{self.parent}/{self.tag}[@{self.attribute}='{item}']/@{self.attribute}"
            view.edits.write(view.element, place(path), item)

    def text(self, value: tuple[str, ...]) -> str:
        """Items with commas between them: ``10, 20``."""
        return ", ".join(value)

    def parse(self, text: str) -> tuple[str, ...]:
        """Each must match the pattern; none twice."""
        found = tuple(part.strip() for part in text.split(",") if part.strip())
        for part in found:
            if not re.fullmatch(self.pattern, part):
                raise ValueError(f"{self.label}: expected {self.expected}, not {part!r}")
        if len(set(found)) < len(found):
            raise ValueError(f"{self.label}: the same twice")
        return found


class Shown(Words):
    """Words made of several places; edited as XML only."""

    def __init__(self, path: str, label: str, help: str, told: Callable[[View], str]) -> None:
        """``told(view)`` makes the words."""
        super().__init__(path, label, help, shown_only=True)
        self.told = told

    def read(self, view: View) -> str:
        """The words."""
        return self.told(view)

    def put(self, view: View, value: str) -> None:
        """It is made of other places: nothing is written."""
