"""The clipboard of a terminal multiplexer: tmux keeps to itself what programs copy by OSC 52."""

from __future__ import annotations

import logging
import os
import subprocess

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that tmux gets."""
COMMANDS = (("tmux", "load-buffer", "-w", "-"), ("tmux", "load-buffer", "-"))
"""With ``-w`` it hands the text on to the terminal around it; before tmux 3.2 it cannot."""


def in_tmux() -> bool:
    """Whether the program runs in tmux."""
    return bool(os.environ.get("TMUX"))


def give_to_tmux(text: str) -> None:
    """Make it tmux's newest buffer, and by its ways the terminal's clipboard. Blocks."""
    for command in COMMANDS:
        try:
            done = subprocess.run(
                command, input=text.encode(), capture_output=True, timeout=PATIENCE, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("%s: %s", command[0], error)
            return
        if done.returncode == 0:
            return
        log.debug("%s: %s", " ".join(command), done.stderr.decode(errors="replace"))
