"""What can be done to the table of machines itself."""

from __future__ import annotations

from tui.actions.base import Scope, ViewAction


class _MachinesView(ViewAction):
    scopes = (Scope.MACHINES,)


class Filter(_MachinesView):
    """Show only machines that match, as you type: web state:running host:a tag:x -word."""

    id = "machines.filter"
    key = "slash"
    name = "Filter"
    method = "start_filter"
    in_bar = 8


class Mark(_MachinesView):
    """Mark the machine, or unmark it, and go on to the next."""

    id = "machines.mark"
    key = "space"
    name = "Mark"
    method = "toggle_mark"
    in_bar = 9


class MarkAll(_MachinesView):
    """Mark every machine that the filter shows."""

    id = "machines.mark-all"
    key = "asterisk"
    name = "Mark all"
    method = "mark_all"


class Clear(_MachinesView):
    """Unmark every machine; once nothing is marked, clear the filter."""

    id = "machines.clear"
    key = "escape"
    name = "Unmark, clear filter"
    method = "clear"


class SortNext(_MachinesView):
    """Sort by the next column."""

    id = "machines.sort-next"
    key = "greater_than_sign"
    name = "Sort by next"
    method = "sort_next"


class SortPrevious(_MachinesView):
    """Sort by the previous column."""

    id = "machines.sort-previous"
    key = "less_than_sign"
    name = "Sort by previous"
    method = "sort_previous"


class SortReverse(_MachinesView):
    """Turn the order round."""

    id = "machines.sort-reverse"
    key = "backslash"
    name = "Reverse the order"
    method = "sort_reverse"


class Columns(_MachinesView):
    """Choose the columns and their order."""

    id = "machines.columns"
    key = "comma"
    name = "Columns"
    method = "choose_columns"
