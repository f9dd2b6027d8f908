"""Sections of the machine itself, in the order in which the device list shows them."""

from __future__ import annotations

from tui.model.sections.boot import Boot
from tui.model.sections.clock import Clock
from tui.model.sections.enlightenments import HyperV
from tui.model.sections.general import General
from tui.model.sections.memory import Memory
from tui.model.sections.processor import Cpu
from tui.model.views import Section

__all__ = ["SECTIONS", "Boot", "Clock", "Cpu", "General", "HyperV", "Memory"]

SECTIONS: tuple[type[Section], ...] = (General, Cpu, Memory, Boot, Clock, HyperV)
