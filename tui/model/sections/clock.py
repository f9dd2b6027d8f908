"""Clock and timers."""

from __future__ import annotations

from tui.model.fields import Choice, Text
from tui.model.views import Section, View


def _no_catchup(view: View, timer: str) -> None:
    """How fast missed ticks are caught up with is told where they are."""
    if view.get(f"clock/timer[@name='{timer}']/@tickpolicy") != "catchup":
        view.drop(f"clock/timer[@name='{timer}']/catchup")


class Clock(Section):
    """``<clock>`` and its timers."""

    title = "Clock"

    offset = Choice(
        "clock/@offset",
        "Clock",
        "What the guest's hardware clock shows.",
        values={
            "utc": "for most guests",
            "localtime": "the host's local time; Windows expects it",
            "timezone": "a named time zone",
            "variable": "an offset that the guest may change",
        },
        default=None,
    )
    timezone = Text(
        "clock/@timezone",
        "Time zone",
        "A name such as Europe/Paris.",
        unless=lambda view: "" if view.offset == "timezone" else "only for a named time zone",
    )
    rtc_tick = Choice(
        "clock/timer[@name='rtc']/@tickpolicy",
        "RTC ticks",
        "What happens to missed ticks of the real-time clock.",
        values=("delay", "catchup"),
        also=lambda view: _no_catchup(view, "rtc"),
    )
    pit_tick = Choice(
        "clock/timer[@name='pit']/@tickpolicy",
        "PIT ticks",
        "What happens to missed ticks of the interval timer.",
        values=("delay", "catchup", "discard"),
        also=lambda view: _no_catchup(view, "pit"),
    )
    hpet = Choice(
        "clock/timer[@name='hpet']/@present",
        "HPET",
        "High precision timer; off is better for most guests.",
        values=("yes", "no"),
    )
    kvmclock = Choice(
        "clock/timer[@name='kvmclock']/@present",
        "KVM clock",
        "The paravirtual clock of Linux guests.",
        values=("yes", "no"),
    )
    hypervclock = Choice(
        "clock/timer[@name='hypervclock']/@present",
        "Hyper-V clock",
        "The paravirtual clock of Windows guests.",
        values=("yes", "no"),
    )
    tsc = Choice(
        "clock/timer[@name='tsc']/@present",
        "TSC",
        "The processor's time stamp counter.",
        values=("yes", "no"),
    )

    @property
    def summary(self) -> str:
        """The offset."""
        return self.offset
