"""What can be done on a machine's own screen."""

from __future__ import annotations

from typing import ClassVar

from tui.actions.base import Context, HostedAction, Scope, ViewAction


class _MachineView(ViewAction):
    scopes = (Scope.MACHINE,)


class _ShowTab(_MachineView):
    tab: ClassVar[str]
    method = "show_tab"

    async def run(self, context: Context) -> None:
        await self.view(context).show_tab(self.tab)  # type: ignore[attr-defined]


class ShowOverview(_ShowTab):
    """Show what there is to know of the machine."""

    id = "machine.tab-overview"
    key = "v"
    name = "Overview"
    tab = "overview"


class ShowHardware(_ShowTab):
    """Show and edit its hardware."""

    id = "machine.tab-hardware"
    key = "e"
    name = "Hardware"
    tab = "hardware"


class ShowSnapshots(_ShowTab):
    """Show its snapshots."""

    id = "machine.tab-snapshots"
    key = "n"
    name = "Snapshots"
    tab = "snapshots"


class ShowConsole(_ShowTab):
    """Show its serial console."""

    id = "machine.tab-console"
    key = "c"
    name = "Console"
    tab = "console"


class ShowDisplay(_ShowTab):
    """Show what its graphical screen shows, and type at it."""

    id = "machine.tab-display"
    key = "d"
    name = "Screen"
    tab = "display"


class ShowXml(_ShowTab):
    """Show its definition as XML."""

    id = "machine.tab-xml"
    key = "x"
    name = "XML"
    tab = "xml"


class ShowLog(_ShowTab):
    """Show its QEMU log."""

    id = "machine.tab-log"
    key = "l"
    name = "Log"
    tab = "log"


class LiveOrStored(_MachineView):
    """Show the XML that runs, or the one that the next boot takes."""

    id = "machine.live-or-stored"
    key = "t"
    name = "Live/stored XML"
    elsewhere = "only in the XML tab"
    method = "toggle_live"


class Search(_MachineView):
    """Search in the text; < and > go through what it finds."""

    id = "machine.search"
    key = "slash"
    name = "Search"
    elsewhere = "only in XML, Log and Console"
    method = "start_search"
    in_bar = 8


class _Edit(HostedAction):
    scopes = (Scope.MACHINE,)


class EditTitle(_Edit):
    """Change its title."""

    id = "machine.title"
    key = "T"
    name = "Title"
    method = "edit_title"


class EditDescription(_Edit):
    """Change its description."""

    id = "machine.description"
    key = "D"
    name = "Description"
    method = "edit_description"


class Leave(_MachineView):
    """Go back to the machines."""

    id = "machine.leave"
    key = "escape"
    name = "Back"
    method = "leave"
