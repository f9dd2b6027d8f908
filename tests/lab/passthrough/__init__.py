"""A host for PCI passthrough and SR-IOV, emulated where the machine has no such hardware."""

from tests.lab.passthrough.guest import PassthroughGuest
from tests.lab.passthrough.host import PassthroughHost

__all__ = ["PassthroughGuest", "PassthroughHost"]
