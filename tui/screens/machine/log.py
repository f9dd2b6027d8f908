"""The Log tab: the end of the QEMU log, and the error that led here."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from tui.hypervisor.definition import read_log
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model.text import visible
from tui.screens.machine.xml import TextTab
from tui.widgets.text_view import TextView, plain_lines

FOLLOW = 2.0
"""Seconds between two looks for more while the tab is in front."""


class LogTab(TextTab):
    """Follows the log's end as long as one looks at it."""

    _text: str | None = None

    def compose(self) -> ComposeResult:
        """The error, if one led here; the log."""
        yield Static(id="log-error", markup=False)
        yield Static(id="log-told", markup=False)
        yield TextView()

    def on_mount(self) -> None:
        """Look again now and then."""
        self.set_interval(FOLLOW, self._follow)

    def shown(self) -> None:
        """Read it."""
        self.screen.set_focus(self.view)
        self._show_error()
        self.read_again()

    def machine_changed(self) -> None:
        """It has started after all, or has more to tell."""
        self._show_error()
        super().machine_changed()

    def _show_error(self) -> None:
        error = getattr(self.screen, "error", None)
        area = self.query_one("#log-error", Static)
        area.display = isinstance(error, HypervisorError)
        if isinstance(error, HypervisorError):
            area.update(
                Content.assemble(
                    (f"{visible(error.what)} failed\n", "bold $text-error"),
                    error.words,
                    (f"\n{error.advice}" if error.advice else "", "$text-warning"),
                )
            )

    def _follow(self) -> None:
        if self.in_front and self._text:
            self.read_again()

    async def read(self, host: Host, record: DomainRecord) -> None:
        """Its end, where that is another."""
        try:
            text, why_not = await read_log(host, record)
        except HypervisorError as error:
            text, why_not = "", error.words
        told = self.query_one("#log-told", Static)
        told.display = bool(why_not)
        told.update(visible(why_not))
        if why_not:
            self.view.set_lines([])
            self.tell("")
        elif text != self._text:
            at_end = self._text is None or self.view.is_at_end
            lines = plain_lines(visible(text.rstrip("\n"), newlines=True))
            self.view.set_lines(lines, at_end=at_end)
            self.tell("QEMU's log, newest last")
        self._text = text
