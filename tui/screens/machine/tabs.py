"""The tabs of a machine's screen, in order; each is imported when it is first looked at."""

from __future__ import annotations

import contextlib
import gc
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.screens.machine.tab import Tab


@dataclass(frozen=True, slots=True)
class TabPlace:
    """One tab: its id, its title, and its class."""

    name: str
    title: str
    where: str
    """``module:Class``, the module below ``tui.screens.machine``."""
    library: str = ""
    """What it does its work with, where that takes long to import and may be missing."""

    def load(self) -> type[Tab]:
        """Its class, a :class:`Tab` made with (machine's key, tab's id).

        The first time may take half a second: not in the event loop.
        """
        if self.library:
            with contextlib.suppress(ImportError, OSError):  # it tells itself what it lacks
                import_module(self.library)
        module, name = self.where.split(":")
        where = f"tui.screens.machine.{module}"
        is_new = where not in sys.modules
        found: type[Tab] = getattr(import_module(where), name)
        if is_new:  # it stays: the garbage collector need not look at it in the middle of a key
            gc.collect(1)
            gc.freeze()
        return found


TABS = (
    TabPlace("overview", "Overview", "overview:OverviewTab"),
    TabPlace("hardware", "Hardware", "hardware:HardwareTab"),
    TabPlace("snapshots", "Snapshots", "snapshots:SnapshotsTab"),
    TabPlace("console", "Console", "console:ConsoleTab", library="pyghostty"),
    TabPlace("display", "Screen", "display:DisplayTab"),
    TabPlace("xml", "XML", "xml:XmlTab"),
    TabPlace("log", "Log", "log:LogTab"),
)
