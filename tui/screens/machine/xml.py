"""The XML tab: the definition, live or stored, to read and to search."""

from __future__ import annotations

from textual.app import ComposeResult

from tui.hypervisor.definition import read_xml
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model.text import visible
from tui.model.xml import mask_secrets
from tui.screens.filter_line import FilterLine
from tui.screens.machine.tab import Tab
from tui.widgets.text_view import TextView
from tui.widgets.xml_highlight import highlight


class TextTab(Tab):
    """A tab that is a text."""

    about = ""
    """What the text is, in words."""
    _search_line: FilterLine | None = None

    def compose(self) -> ComposeResult:
        """The text; the search line comes when it is wanted."""
        yield TextView()

    @property
    def view(self) -> TextView:
        """The text."""
        return self.query_one(TextView)

    def start_search(self) -> None:
        """Open the search line."""
        if self._search_line is None:
            self._search_line = FilterLine("search", self.view.search, self.view)
            self.mount(self._search_line, before=0)
        self._search_line.open()

    def on_text_view_searched(self, event: TextView.Searched) -> None:
        """Say how many there are; of a search that is over, what the text is again."""
        if not self.view.is_searched:
            self.say(self.about)
        elif event.count:
            self.say(f"match {event.place} of {event.count}, < > go on")
        else:
            self.say("no match")

    def tell(self, about: str) -> None:
        """Say what the text is, beside the tab line; in a search only where it is another."""
        if about != self.about or not self.view.is_searched:
            self.about = about
            self.say(about)

    def clear(self) -> bool:
        """``Esc``: first the search ends."""
        line = self._search_line
        if line is None or not line.display:
            return False
        line.action_clear()
        return True


class XmlTab(TextTab):
    """Live while the machine runs, unless the stored one is asked for."""

    inactive = False

    def shown(self) -> None:
        """Read it."""
        self.screen.set_focus(self.view)
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
        word, other = ("stored", "live") if inactive else ("live", "stored")
        key = self.app.hint(f" ({{machine.live-or-stored}}: {other})") if both else ""
        self.tell(f"{word}{key}: {'what the next boot takes' if inactive else 'what runs now'}")
