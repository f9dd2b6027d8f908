"""Write the list of actions at the end of the guide, from their declarations."""

from __future__ import annotations

import sys
from pathlib import Path

from tui.actions.registry import actions
from tui.widgets.key_bar import key_words

MARK = "<!-- actions -->\n"


def action_list() -> str:
    """One row per action: id, default keys, where it works, what it does."""
    rows = ["| id | keys | where | what it does |", "|---|---|---|---|"]
    for action in actions().values():
        keys = key_words(action.key).replace("|", "\\|")
        where = ", ".join(scope.value for scope in action.scopes)
        rows.append(f"| `{action.id}` | `{keys}` | {where} | {action.help} |")
    return "\n".join(rows) + "\n"


def with_list(text: str) -> str:
    """The guide with the list put in afresh after its mark."""
    return text.partition(MARK)[0] + MARK + "\n" + action_list()


if __name__ == "__main__":
    guide = Path(sys.argv[1])
    guide.write_text(with_list(guide.read_text(encoding="utf-8")), encoding="utf-8")
