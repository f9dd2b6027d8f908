"""What libvirt's objects are: documents and rules. lxml only, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.model.domain import Domain as Domain

__all__ = ["Domain"]


def __getattr__(name: str) -> object:
    """Import lxml only once a document is wanted: the first picture does without it."""
    if name == "Domain":
        from tui.model.domain import Domain

        return Domain
    raise AttributeError(name)
