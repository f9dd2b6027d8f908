"""How a host answers: when it last did, how long a trivial call takes, whether that is slow."""

from __future__ import annotations

import time
from collections import deque

ANSWER_WITHIN, SLOW_WITHIN = 4.0, 30.0
"""Seconds after which a quick call without an answer makes a host "not responding"; over a
slow link one definition may take longer than the first."""
STALE_AFTER = 20.0
"""Seconds without any answer after which what is known of a host may no longer be true."""
GIVE_UP = 45.0
"""Seconds without any answer after which a link that nothing else watches is taken for dead."""
HEARTBEAT = 5.0
"""Seconds of silence after which a host is asked for a sign of life."""
SLOW, QUICK = 0.25, 0.125
"""Round trip in seconds from which a link is called slow, and below which it is so no longer."""
TRIPS = 5
"""Measured round trips whose middle counts: one that was held up says nothing."""
TOLD_FROM, TOLD_TIMES = 0.005, 1.5
"""A round trip is told anew when it has changed so many times over, and is no trifle."""


class Pulse:
    """One host's answers. Belongs to the loop's thread."""

    def __init__(self) -> None:
        self.last_answer = 0.0
        """When anything came from the host (time.monotonic); 0 before the first time."""
        self.last_seen: float | None = None
        """The wall clock then: the other one stands still while a laptop sleeps."""
        self.round_trip: float | None = None
        """Seconds that a trivial call takes; None before the first one."""
        self._trips: deque[float] = deque(maxlen=TRIPS)

    def answered(self) -> None:
        """Something has come."""
        self.last_answer = time.monotonic()
        self.last_seen = time.time()

    def took(self, seconds: float) -> bool:
        """Take the time of a trivial call; whether :attr:`round_trip` is another now."""
        self._trips.append(seconds)
        # Of two the smaller one: what was held up while hosts are being opened says nothing.
        now = sorted(self._trips)[(len(self._trips) - 1) // 2]
        told = self.round_trip
        if told is not None:
            same = now / TOLD_TIMES < told < now * TOLD_TIMES
            if same or max(now, told) < TOLD_FROM or told >= SLOW > now > QUICK:
                return False
        self.round_trip = now
        return True

    def responds(self, oldest: float | None) -> bool:
        """Whether the host answers, given when the oldest quick call began; None: there is none."""
        if oldest is None:
            return True
        patience = SLOW_WITHIN if self._is_slow else ANSWER_WITHIN
        return time.monotonic() - oldest < patience

    @property
    def _is_slow(self) -> bool:
        return (self.round_trip or 0.0) >= SLOW

    @property
    def is_dead(self) -> bool:
        """Whether the host has been silent for so long that it is not coming back."""
        return self.silence > GIVE_UP + self._more

    @property
    def is_stale(self) -> bool:
        """Whether what the host said last is too old to be shown as true."""
        return self.silence > STALE_AFTER + self._more

    @property
    def _more(self) -> float:
        return SLOW_WITHIN if self._is_slow else 0.0

    @property
    def is_silent(self) -> bool:
        """Whether it is time to ask for a sign of life."""
        return self.silence > HEARTBEAT

    @property
    def silence(self) -> float:
        """Seconds since anything came."""
        return time.monotonic() - self.last_answer
