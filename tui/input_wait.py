"""Waiting for keys: Textual wakes ten times a second to see whether an Escape stands alone.

Here it does so only shortly after something was typed: it was a fifth to a third of what a program
costs that is only looked at.
"""

from __future__ import annotations

import contextlib
import inspect
import selectors
import socket
from time import monotonic
from types import SimpleNamespace

from textual import constants
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

_SECONDS = 0.5
"""How long after what was typed last there may be something to look for, beside an Escape's."""

_stock_disable_input = LinuxDriver.disable_input
_current: PatientSelector | None = None


class PatientSelector(selectors.SelectSelector):
    """Stands in for the selector of the thread that reads keys: it waits until there are some."""

    def __init__(self) -> None:
        global _current
        super().__init__()
        self._ear, self._mouth = socket.socketpair()
        self.register(self._ear, selectors.EVENT_READ)
        self._heard_at = monotonic()
        self._is_ending = False
        _current = self

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Give up after ``timeout`` seconds only where something was typed just before."""
        looked_for = constants.ESCAPE_DELAY + _SECONDS
        if monotonic() - self._heard_at > looked_for and not self._is_ending:
            timeout = None
        found = []
        for key, mask in super().select(timeout):
            if key.fileobj is self._ear:
                self._ear.recv(1)
            else:
                found.append((key, mask))
        if found:
            self._heard_at = monotonic()
        return found

    def end(self) -> None:
        """Give up in time from now on; called by another thread."""
        self._is_ending = True
        with contextlib.suppress(OSError):  # it is closed already
            self._mouth.send(b".")

    def close(self) -> None:
        """Give the files back."""
        super().close()
        self._ear.close()
        self._mouth.close()


def _disable_input(self: LinuxDriver) -> None:
    if _current is not None:
        _current.end()
    _stock_disable_input(self)


def attach() -> None:
    """Take the place of what Textual waits with."""
    stand_in = SimpleNamespace(SelectSelector=PatientSelector, EVENT_READ=selectors.EVENT_READ)
    setattr(linux_driver, "selectors", stand_in)  # noqa: B010 - mypy refuses the assignment
    setattr(LinuxDriver, "disable_input", _disable_input)  # noqa: B010


def works() -> bool:
    """Whether the parts of Textual are there."""
    names = LinuxDriver.run_input_thread.__code__.co_names
    return (
        list(inspect.signature(_stock_disable_input).parameters) == ["self"]
        and {"selectors", "SelectSelector", "EVENT_READ", "exit_event"} <= {*names}
        and hasattr(linux_driver, "selectors")
    )
