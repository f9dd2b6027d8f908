"""What libvirt's objects are: documents and rules. lxml only, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.model.changes import ChangeSet as ChangeSet
    from tui.model.domain import Domain as Domain

_HOMES = {"Domain": "domain", "ChangeSet": "changes"}

__all__ = ["ChangeSet", "Domain"]


def __getattr__(name: str) -> object:
    """Import lxml only once a document is wanted: the first picture does without it."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"tui.model.{_HOMES[name]}"), name)
    raise AttributeError(name)
