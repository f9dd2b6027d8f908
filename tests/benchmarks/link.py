"""The speed of a terminal link: a token bucket on the far side of a pseudo-terminal."""

import time

_TICK = 0.002
"""Seconds of traffic that may arrive in one piece: an idle link saves up no more."""


class Link:
    """A line that carries so many bytes a second.

    The reader takes a byte from the pseudo-terminal only when the line has room for it.
    What the program has written beyond that waits in the kernel's buffer (20 KB on
    Linux), as it would in sshd and in TCP, and once that is full the program's write
    waits too. A cell counts as painted when its bytes have come through.
    """

    def __init__(self, bytes_per_second: float) -> None:
        self.rate = bytes_per_second
        self._most = max(16.0, bytes_per_second * _TICK)
        self._tokens = self._most
        self._at = time.monotonic()

    def wait(self) -> int:
        """Wait until the line has room again and return how many bytes may pass now."""
        while True:
            now = time.monotonic()
            self._tokens = min(self._most, self._tokens + (now - self._at) * self.rate)
            self._at = now
            missing = self._most / 2 - self._tokens
            if missing <= 0:
                return int(self._tokens)
            time.sleep(missing / self.rate)

    def passed(self, count: int) -> None:
        """Say how many bytes did pass."""
        self._tokens -= count
