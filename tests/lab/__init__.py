"""A real libvirtd with real guests under it, for tests and for people to look at."""

from tests.lab.commands import LabError
from tests.lab.daemon import IsolatedDaemon
from tests.lab.guests import Guest, GuestSpec
from tests.lab.lab import Lab

__all__ = ["Guest", "GuestSpec", "IsolatedDaemon", "Lab", "LabError"]
