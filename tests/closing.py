"""What has to be closed, and is at the end of a ``with``."""

from __future__ import annotations

from typing import Self


class Closing:
    """Subclasses say in :meth:`close` what that means for them."""

    def close(self) -> None:
        """Give back what it holds."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
