"""What can be done to connections and to the connection book."""

from __future__ import annotations

from tui.actions.base import ProgramAction, Scope, ViewAction


class _HostsView(ViewAction):
    """Done by the pane, which knows the host under the cursor and what stands against it."""

    scopes = (Scope.HOSTS,)


class Connect(_HostsView):
    """Connect, or try again at once."""

    id = "host.connect"
    key = "enter,c"
    name = "Connect"
    method = "connect"
    in_bar = 1


class Disconnect(_HostsView):
    """Disconnect; nothing on the host changes."""

    id = "host.disconnect"
    key = "d"
    name = "Disconnect"
    method = "disconnect"
    in_bar = 2


class Add(_HostsView):
    """Write a host into the connection book and connect."""

    id = "host.add"
    key = "a"
    name = "Add"
    method = "add"
    in_bar = 3


class Edit(_HostsView):
    """Change its entry in the connection book."""

    id = "host.edit"
    key = "e"
    name = "Edit"
    method = "edit"
    in_bar = 4


class Keep(_HostsView):
    """Write a host of this run into the connection book."""

    id = "host.keep"
    key = "b"
    name = "Keep in the book"
    method = "keep"
    in_bar = 6


class Filter(_HostsView):
    """Show only hosts that match, as you type: words, tag:web, node[01:20]."""

    id = "host.filter"
    key = "slash"
    name = "Filter"
    method = "start_filter"
    in_bar = 7


class Clear(_HostsView):
    """Show every host again."""

    id = "host.clear"
    key = "escape"
    name = "Clear filter"
    method = "clear_filter"


class LowBandwidth(ProgramAction):
    """Low-bandwidth mode on or off: no live figures, only what is on the screen is read."""

    scopes = (Scope.HOSTS, Scope.MACHINES)

    id = "host.low-bandwidth"
    key = "L"
    name = "Low bandwidth"

    method = "toggle_low_bandwidth"


class Remove(_HostsView):
    """Take it out of the connection book and disconnect; nothing on the host changes."""

    id = "host.remove"
    key = "delete"
    name = "Remove"
    method = "remove_host"
    in_bar = 5
