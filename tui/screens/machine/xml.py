"""The XML tab: the definition, live or stored, to read and to search."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Input

from tui.hypervisor.definition import read_xml
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model.text import visible
from tui.model.xml import mask_secrets
from tui.screens.machine.tab import Tab
from tui.widgets.text_view import TextView
from tui.widgets.xml_highlight import highlight


class SearchLine(Input):
    """Searches as you type; Enter keeps it, Escape clears it."""

    BINDINGS: ClassVar = [
        ("escape", "clear_search", "Clear"),
        ("enter,down,tab", "leave", "To the text"),
    ]

    def __init__(self, view: TextView) -> None:
        super().__init__(placeholder="search", compact=True)
        self.cursor_blink = False
        self._view = view

    def watch_value(self, value: str) -> None:
        """Every keystroke searches."""
        if self.is_mounted:
            self._view.search(value)

    def action_clear_search(self) -> None:
        """No search; back in the text."""
        self._view.search("")
        self._view.focus()
        self.remove()

    def action_leave(self) -> None:
        """Keep it: ``>`` and ``<`` go through the matches."""
        self._view.focus()


class TextTab(Tab):
    """A tab that is a text."""

    about = ""
    """What the text is, in words."""

    def compose(self) -> ComposeResult:
        """The text; the search line comes when it is wanted."""
        yield TextView()

    @property
    def view(self) -> TextView:
        """The text."""
        return self.query_one(TextView)

    def start_search(self) -> None:
        """Open the search line."""
        line = next(iter(self.query(SearchLine)), None)
        if line is None:
            line = SearchLine(self.view)
            self.mount(line, before=0)
        # At once, unlike `focus`: what is typed right behind the key is for the line.
        self.screen.set_focus(line)

    def on_text_view_searched(self, event: TextView.Searched) -> None:
        """Say how many there are; of a search that is over, what the text is again."""
        if not self.view.is_searched:
            self.say(self.about)
        elif event.count:
            self.say(f"match {event.place} of {event.count}, < > go on")
        else:
            self.say("no match")

    def tell(self, about: str) -> None:
        """Say what the text is, beside the tab line."""
        self.about = about
        if not self.view.is_searched:
            self.say(about)

    def clear(self) -> bool:
        """``Esc``: first the search ends."""
        for line in self.query(SearchLine):
            line.action_clear_search()
            return True
        return False


class XmlTab(TextTab):
    """Live while the machine runs, unless the stored one is asked for."""

    inactive = False

    def shown(self) -> None:
        """Read it."""
        self.view.focus()
        self.read_again()

    def toggle_live(self) -> None:
        """``t``: the live definition or the stored one."""
        self.inactive = not self.inactive
        self.read_again()

    async def read(self, host: Host, record: DomainRecord) -> None:
        """One of the definitions, where there are two the one that was asked for."""
        both = record.state.is_active and record.persistent
        inactive = self.inactive if both else not record.state.is_active
        xml = await read_xml(host, record, inactive=inactive)
        self.view.set_lines(highlight(visible(mask_secrets(xml), newlines=True)))
        word = "stored: what the next boot takes" if inactive else "live: what runs now"
        other = self.app.hint(", {machine.live-or-stored} for the other one") if both else ""
        self.tell(word + other)
