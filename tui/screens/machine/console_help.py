"""What a guest needs so that its serial console says something."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

CLEAR = b"\x1b[0m\x1b[2J\x1b[3J\x1b[H"
GUEST_LINES = """\
In the guest, on most Linux systems:

  in /etc/default/grub:
    GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"
    GRUB_TERMINAL="console serial"      (for the boot menu)
  update-grub  or  grub2-mkconfig -o /boot/grub2/grub.cfg
  systemctl enable --now serial-getty@ttyS0.service

The Screen tab (d) shows what the guest's monitor shows meanwhile."""


def explanation(why: str, hint: str) -> bytes:
    """What stands in the terminal of a machine that has no console; both are safe to show."""
    text = f"\n{why[:1].upper()}{why[1:]}:\n{hint}.\n\n{GUEST_LINES}\n"
    return text.replace("\n", "\r\n ").encode()


class ConsoleHelp(ModalScreen[None]):
    """Why a console may be silent, and what to do."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter,h", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        """The words."""
        with Vertical(classes="dialog -wide"):
            yield Static(Content("A silent console"), classes="dialog--title")
            yield Static(
                Content(
                    "A login prompt that was printed before is not printed again:\n"
                    "press Enter in the guest. If that does nothing, the guest does not\n"
                    "use this port, or stands still.\n\n" + GUEST_LINES
                )
            )
            yield Static("Escape closes", classes="dialog--hint")
