"""What screens and panes use of the program, without knowing how it is put together."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.content import Content

from tui.actions.base import Action, Context
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainKey, HostRecord
from tui.remembered import Remembered
from tui.screens.consoles import Consoles
from tui.settings import Settings


class Program(Context, App[int]):
    """The application as the screens see it; tui.app implements it."""

    settings: Settings
    settings_file: Path | None
    """None: nothing is written."""
    remembered: Remembered
    consoles: Consoles

    if TYPE_CHECKING:  # abstract for the checker only: Textual's App has another metaclass

        @abstractmethod
        def hosts_in_view(self) -> list[HostRecord]:
            """The hosts that the view in front works on; behind a dialog, the one behind it."""

        @abstractmethod
        def act(self, action_id: str) -> None:
            """Do what an action is for in the background, or say why it cannot be done."""

        @abstractmethod
        def begin(self, work: Coroutine[Any, Any, object]) -> None:
            """Do it in the background, whatever screens go; a HypervisorError is told."""

        @abstractmethod
        def actions_here(self) -> list[Action]:
            """The actions of the screen in front and those of every screen."""

        @abstractmethod
        def why_not(self, action: Action) -> str:
            """Why an action cannot be done now; empty when it can."""

        @abstractmethod
        def key_of(self, action_id: str) -> str:
            """The key that does an action, as it is printed on a keyboard."""

        @abstractmethod
        def hint(self, text: str) -> str:
            """The text with each ``{action.id}`` replaced by the key that does it.

            For texts of the program's own only: names and words of others go in afterwards.
            """

        @abstractmethod
        def switch_machine(self, key: DomainKey, tab: str) -> None:
            """Show another machine's screen in place of the one in front."""

        @abstractmethod
        def remember(self, **changes: object) -> None:
            """Keep fields of :class:`Remembered` for the next run."""

        @abstractmethod
        def reading(self, what: str) -> AbstractContextManager[None]:
            """While what a dialog shows is read: keys typed meanwhile are for the dialog.

            ``what`` is told when it takes long; Escape cancels the task.
            """

        @abstractmethod
        async def ask(
            self, question: str, consequence: str = "", lines: Sequence[str] = (), yes: str = "Yes"
        ) -> bool:
            """Ask whether to go on."""

        @abstractmethod
        def show_sign_in(self, host: Host) -> None:
            """Bring what a host asks before the person."""

        @abstractmethod
        def show_keys(self) -> None:
            """Show the key bar of the main screen afresh."""

        @abstractmethod
        def key_content(self, width: int) -> Content:
            """The most useful keys of the view in front."""

        @abstractmethod
        def show_summary(self) -> None:
            """Show the main screen's top line afresh."""

        @abstractmethod
        def hosts_changed(self) -> None:
            """There is a host more or less."""

        @abstractmethod
        def back_or_quit(self) -> None:
            """One screen back; at the top the end."""
