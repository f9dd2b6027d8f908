"""What can be done from any screen."""

from __future__ import annotations

from typing import ClassVar

from tui.actions.base import Context, ProgramAction, Scope, ViewAction


class _Everywhere(ProgramAction):
    scopes = (Scope.EVERYWHERE,)


class _ShowPane(_Everywhere):
    method = "show_pane"
    pane: ClassVar[str]

    async def run(self, context: Context) -> None:
        await context.show_pane(self.pane)


class ShowMachines(_ShowPane):
    """Show the machines of all hosts."""

    id = "pane.machines"
    key = "1"
    name = "Machines"
    pane = "machines"


class ShowDevices(_ShowPane):
    """Show the hosts' devices: PCI, SR-IOV, USB, and who has them."""

    id = "pane.devices"
    key = "4"
    name = "Devices"
    pane = "devices"


class ShowHosts(_ShowPane):
    """Show the hosts and the connection book."""

    id = "pane.hosts"
    key = "5"
    name = "Hosts"
    pane = "hosts"


class ShowActivity(_ShowPane):
    """Show running work, events and changes made."""

    id = "pane.activity"
    key = "6"
    name = "Activity"
    pane = "activity"


class Help(_Everywhere):
    """Show what every key does here."""

    id = "app.help"
    key = "question_mark"
    name = "Help"
    method = "show_help"
    in_bar = 5


class Palette(_Everywhere):
    """Find a machine, or what can be done here, by name."""

    id = "app.palette"
    key = "colon,ctrl+p"
    name = "Command palette"
    method = "show_palette"
    in_bar = 91


class Reread(ViewAction):
    """Read everything on the screen again from the hosts."""

    scopes = (Scope.EVERYWHERE,)
    id = "app.reread"
    key = "f5"
    name = "Read again"
    method = "reread"


class Redraw(_Everywhere):
    """Draw the whole screen again."""

    id = "app.redraw"
    key = "ctrl+l"
    name = "Redraw"
    method = "redraw"


class ChangeTheme(_Everywhere):
    """Choose the colours."""

    id = "app.theme"
    key = "ctrl+t"
    name = "Theme"
    method = "choose_theme"


class Back(_Everywhere):
    """Go back; at the top, quit."""

    id = "app.back"
    key = "q"
    name = "Back, quit"
    method = "back_or_quit"
    in_bar = 92
