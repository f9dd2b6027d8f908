"""Fields that hold a number: counted, or in bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.model import units
from tui.model.editing import place
from tui.model.fields import UNSET, Field

if TYPE_CHECKING:
    from tui.model.views import View


class Number(Field[int | None]):
    """A whole number; None where there is none."""

    def __init__(
        self,
        path: str,
        label: str,
        help: str,
        *,
        least: int = 0,
        most: int | None = None,
        unit: str = "",
        required: bool = False,
        nothing: int | None = None,
        **more: Any,
    ) -> None:
        """``unit`` is only said, never written; ``nothing`` typed is no number at all."""
        super().__init__(path, label, help, **more)
        self.least, self.most = least, most
        self.unit = unit
        self.required = required
        self.nothing = nothing

    def decode(self, raw: str | None) -> int | None:
        """None for what is no number."""
        try:
            return int(raw or "", 0)
        except ValueError:
            return None

    def encode(self, value: int | None) -> str | None:
        """As a decimal number."""
        return None if value is None else str(value)

    def text(self, value: int | None) -> str:
        """Digits; empty for none."""
        return "" if value is None else str(value)

    def words(self, value: int | None) -> str:
        """With its unit."""
        return UNSET if value is None else f"{value} {self.unit}".rstrip()

    def parse(self, text: str) -> int | None:
        """Within the bounds."""
        text = text.strip()
        if not text:
            if self.required:
                raise ValueError(f"{self.label}: cannot be empty")
            return None
        try:
            value = int(text, 0)
        except ValueError:
            raise ValueError(f"{self.label}: a whole number, not {text!r}") from None
        if value == self.nothing:
            return None
        if value < self.least or (self.most is not None and value > self.most):
            most = f" to {self.most}" if self.most is not None else " or more"
            raise ValueError(f"{self.label}: {self.least}{most}")
        return value


class Size(Field[int | None]):
    """Bytes in an element with a ``unit``; read in any of libvirt's units, typed in any."""

    def __init__(
        self,
        path: str,
        label: str,
        help: str,
        *,
        least: int = 0,
        unit: str = "KiB",
        required: bool = False,
        nothing: int | None = None,
        **more: Any,
    ) -> None:
        """``unit``: what its attribute's absence means; ``nothing`` typed is no size at all."""
        super().__init__(path, label, help, **more)
        self.least = least
        self.unit = unit
        self.required = required
        self.nothing = nothing

    def read(self, view: View) -> int | None:
        """In bytes; None where there is none or it cannot be read."""
        element = self.place.find(view.element)
        if element is None:
            return None
        text = (element.text or "").strip()
        if not (text.isascii() and text.isdigit()):
            return None
        return int(text) * units.scale(element.get("unit", self.unit))

    def put(self, view: View, value: int | None) -> None:
        """In the unit that is there where that is exact, else in KiB."""
        raw = None
        if value is not None:
            element = self.place.find(view.element)
            unit = self.unit if element is None else element.get("unit", self.unit)
            scale = units.scale(unit)
            if value % scale:
                unit, scale = "KiB", 1024
            raw = str(-(-value // scale))
            if unit != self.unit or (element is not None and element.get("unit")):
                view.edits.write(view.element, place(f"{self.path}/@unit"), unit)
        view.edits.write(view.element, self.place, raw)
        if self.also is not None:
            self.also(view)

    def text(self, value: int | None) -> str:
        """In the largest unit that is exact: ``4 GiB``, ``1536 MiB``."""
        return "" if value is None else units.exact_size(value)

    def parse(self, text: str) -> int | None:
        """``4 GiB``, ``4G``, ``512 MiB``; a bare number is MiB."""
        if not text.strip():
            if self.required:
                raise ValueError(f"{self.label}: cannot be empty")
            return None
        value = units.parse_size(text)
        if value is None:
            raise ValueError(f"{self.label}: a size such as 4 GiB, not {text.strip()!r}")
        if value == self.nothing:
            return None
        if value < self.least:
            raise ValueError(f"{self.label}: at least {units.exact_size(self.least)}")
        return value
