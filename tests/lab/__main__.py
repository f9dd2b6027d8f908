"""A playground: guests in every state to look at, until Ctrl+C."""

import shlex
import signal
import sys
from types import FrameType

from tests.lab.commands import LabError
from tests.lab.guests import GuestSpec
from tests.lab.lab import Lab

_GUESTS = {
    GuestSpec(name="web", network=True, agent=True, disk=True): (
        "Linux with a shell on its console, a disk, a network and an agent"
    ),
    GuestSpec(name="quiet", disk=True, network=True): "Linux without an agent",
    GuestSpec(name="paused", state="paused"): "paused before its first instruction",
    GuestSpec(name="off", state="shutoff", disk=True): "shut off; starts with `s`",
    GuestSpec(name="saved", state="saved"): "its memory is saved to disk",
    GuestSpec(name="brief", persistent=False): "transient: gone for good when it stops",
    GuestSpec(name="crashed", state="crashed"): "its Linux has panicked",
    GuestSpec(name="broken", state="shutoff", disk="missing"): (
        "cannot start: its disk image is missing"
    ),
}


def main() -> int:
    """Start the playground, wait to be told to stop, and remove all of it."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        _say("Starting the lab; the first time it fetches a kernel for its guests.")
        with Lab() as lab:
            lab.guests(*_GUESTS)
            _say(_tour(lab))
            signal.pause()
    except KeyboardInterrupt:
        _say("\nEverything is removed.")
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


def _say(words: str) -> None:
    print(words, flush=True)


def _tour(lab: Lab) -> str:
    prefix = lab.host.workspace.prefix
    lines = [f"  {prefix}{spec.name:<9}{about}" for spec, about in _GUESTS.items()]
    arguments = shlex.quote(lab.uri)
    return "\n".join(
        [
            "",
            *lines,
            "",
            "Look at them from another terminal:",
            f'  make run ARGS="{arguments}"',
            f"  virsh -c {arguments} list --all",
            "",
            "Ctrl+C removes them.",
        ]
    )


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
