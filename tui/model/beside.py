"""Fields of what libvirt keeps of a machine outside of its definition."""

from __future__ import annotations

from typing import Any

from tui.model.fields import Switch
from tui.model.views import View


class Beside(Switch):
    """``yes`` or ``no`` beside the document; an empty value where libvirt does not tell."""

    def __init__(self, name: str, label: str, help: str, **more: Any) -> None:
        """``name``: by which the document's edits know it."""
        super().__init__(name, label, help, volatile=True, **more)

    def read(self, view: View) -> bool:
        """What libvirt told, or what it shall be."""
        return view.edits.beside.get(self.path) == "yes"

    def put(self, view: View, value: bool) -> None:
        """Remembered beside the document."""
        view.edits.beside[self.path] = self.text(value)
