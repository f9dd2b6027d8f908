"""What can go wrong with a host, in libvirt's words and with our advice."""

from __future__ import annotations

from typing import Protocol

from tui.hypervisor.advice import advise
from tui.model.text import visible

NO_DOMAIN = 42
"""VIR_ERR_NO_DOMAIN"""


class LibvirtError(Protocol):
    """The part of libvirt.libvirtError that is read here."""

    def get_error_code(self) -> int | None:
        """As in the libvirt module."""
        ...

    def get_error_domain(self) -> int | None:
        """As in the libvirt module."""
        ...

    def get_error_message(self) -> str | None:
        """As in the libvirt module."""
        ...


class HypervisorError(Exception):
    """A call that failed: what was tried, libvirt's words, what to do about it."""

    usual_advice = ""

    def __init__(
        self, what: str, *, words: str, code: int = 0, domain: int = 0, advice: str = ""
    ) -> None:
        super().__init__(f"{what}: {words}")
        self.what = what
        """What was tried: ``Start web-01``."""
        self.words = words
        """libvirt's own words, safe to show."""
        self.code = code
        """virErrorNumber, 0 where it is not libvirt's."""
        self.domain = domain
        """virErrorDomain: the part of libvirt that it came from."""
        self.advice = advice or self.usual_advice
        """What to do; may be empty."""


class NotConnectedError(HypervisorError):
    """The host is not connected."""

    usual_advice = "Connect it first."


class NotRespondingError(HypervisorError):
    """The call had no answer in time; whether it took effect is not known."""

    usual_advice = "It may still take effect: look again when the host answers."


class CutError(HypervisorError):
    """The connection was lost while the call was under way."""

    usual_advice = "The connection to the daemon broke; whether this took effect will show."


class GoneError(HypervisorError):
    """The domain has vanished meanwhile."""


def from_libvirt(error: LibvirtError, what: str) -> HypervisorError:
    """Our error for a libvirtError; words of several lines become one line."""
    code = error.get_error_code() or 0
    message = error.get_error_message() or str(error)
    words = " ".join(filter(None, (line.strip(" \t\r") for line in message.split("\n"))))
    kind = GoneError if code == NO_DOMAIN else HypervisorError
    return kind(
        what,
        words=visible(words),
        code=code,
        domain=error.get_error_domain() or 0,
        advice=advise(words, code),
    )
