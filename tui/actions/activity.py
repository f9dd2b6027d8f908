"""What can be done to the entries of Activity."""

from __future__ import annotations

from tui.actions.base import Scope, ViewAction


class _ActivityView(ViewAction):
    """Done by the pane, which knows the entry under the cursor and what stands against it."""

    scopes = (Scope.ACTIVITY,)


class Cancel(_ActivityView):
    """Ask the running work under the cursor to stop."""

    id = "activity.cancel"
    key = "x"
    name = "Cancel work"
    method = "cancel"
    in_bar = 1


class Filter(_ActivityView):
    """Show only entries that hold all the words, as you type."""

    id = "activity.filter"
    key = "slash"
    name = "Filter"
    method = "start_filter"
    in_bar = 3


class Errors(_ActivityView):
    """Show only what failed."""

    id = "activity.errors"
    key = "e"
    name = "Errors only"
    method = "show_errors"
    in_bar = 4


class Changes(_ActivityView):
    """Show only changes made from here."""

    id = "activity.changes"
    key = "m"
    name = "Changes only"
    method = "show_changes"
    in_bar = 5


class Everything(_ActivityView):
    """Show everything."""

    id = "activity.everything"
    key = "v"
    name = "Everything"
    method = "show_everything"
    in_bar = 7


class Earlier(_ActivityView):
    """Show or hide the changes of earlier runs, from the audit log."""

    id = "activity.earlier"
    key = "a"
    name = "Earlier runs"
    method = "toggle_earlier"
    in_bar = 6


class Copy(_ActivityView):
    """Copy the equivalent virsh command."""

    id = "activity.copy"
    key = "y"
    name = "Copy command"
    method = "copy_command"
    in_bar = 2


class Clear(_ActivityView):
    """Clear the words filtered by, then the choice of entries."""

    id = "activity.clear"
    key = "escape"
    name = "Clear filter"
    method = "clear"
