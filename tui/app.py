"""The application: screens and panes, actions carried out, what is remembered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, TextArea

from tui import clipboard, output, output_frames
from tui.actions.base import Action, MachineAction, Scope
from tui.actions.registry import actions, actions_of
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainKey, DomainRecord, HostRecord
from tui.in_thread import in_thread
from tui.keymap import resolve_keymap
from tui.keys_in_turn import KeysInTurn
from tui.logs import log_file
from tui.model.text import visible
from tui.remembered import Remembered, save_remembered
from tui.resources import styles
from tui.screens.acting import act_on_machines
from tui.screens.commands import ActionCommands
from tui.screens.consoles import Consoles
from tui.screens.main import MainScreen
from tui.screens.named_machine import NamedMachine
from tui.screens.program import Program
from tui.screens.settings_checks import action_keys, unknown_columns
from tui.screens.sign_in import SignInDesk
from tui.screens.target import Target
from tui.screens.thrift import Thrift
from tui.screens.unreached import Unreached
from tui.screens.where import MachineCommands
from tui.settings import Problem, Settings
from tui.signals import end_on_signals
from tui.terminals import has_few_colours
from tui.themes import THEMES, adapted, default_theme
from tui.widgets.key_bar import key_bar, key_word

log = logging.getLogger(__name__)

SAVING_PATIENCE = 1.0
"""Seconds that the end waits for the disk."""
UNNOTICED = 0.5
"""Seconds after which it is told that something is being read."""

ACTION_ID = re.compile(r"\{([a-z]+\.[a-z-]+)\}")
"""An action in a hint: ``{machine.start} starts it``."""

WORDS = {"alt+b": "ctrl+left", "alt+f": "ctrl+right", "alt+backspace": "ctrl+w"}
"""Keys of a shell's line editor, as Textual's inputs know them."""


class VirttyApp(Program):
    """virtty: what the screens and actions use of it, and how it is put together."""

    TITLE = "virtty"
    CSS_PATH: ClassVar[list[str | PurePath]] = [*styles()]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True)
    ]
    COMMANDS: ClassVar = {ActionCommands, MachineCommands}
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]  # noqa: RUF012 (no ClassVar in Textual)
    # Ours has an action of its own; Textual's key comes before every other, a guest's too.
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        fleet: Fleet,
        settings: Settings,
        problems: Sequence[Problem] = (),
        *,
        settings_file: Path | None = None,
        remembered: Remembered | None = None,
        remembered_file: Path | None = None,
        machine: str | None = None,
        tab: str = "overview",
        notice: str = "",
        ends_unreached: bool = False,
    ) -> None:
        # Without colours the terminal's own are kept; Textual would write shades of grey.
        super().__init__(ansi_color="NO_COLOR" in os.environ or None)
        self.fleet = fleet
        self.consoles = Consoles(fleet, self.hint)
        self.settings = settings
        self.settings_file = settings_file
        self.remembered = self._saved = remembered or Remembered()
        self._remembered_file = remembered_file
        self._saving = asyncio.Lock()
        self._typed = KeysInTurn(self, self._hand_out)
        self._problems = list(problems)
        self._machine = machine
        self._tab = tab
        self._notice = notice
        self._ends_unreached = ends_unreached
        self._keys = {action.id: action.key for action in actions().values()}

    # -- start and end -------------------------------------------------------------------

    def get_css_variables(self) -> dict[str, str]:
        """The theme's, such that everything can be read."""
        variables = super().get_css_variables()
        ansi = self.current_theme.ansi
        self.theme_variables = adapted(variables, ansi=ansi, no_color=self.no_color)
        return self.theme_variables

    def get_default_screen(self) -> Screen[None]:
        """The panes."""
        return MainScreen()

    def on_load(self) -> None:
        """Colours and keys, before anything is drawn."""
        for theme in THEMES:
            self.register_theme(theme)
        known = action_keys()
        self._keys, problems = resolve_keymap(self.settings.keys, known)
        self._problems += [*problems, *unknown_columns(self.settings.machines.columns or ())]
        wanted = self.settings.theme or self._remembered_theme() or default_theme()
        if wanted in self.available_themes:
            self.theme = wanted
        else:
            self.theme = default_theme()
            advice = self.hint("{app.theme} shows those there are.")
            self._problems.append(Problem(f"There is no theme {wanted}", advice))
        # Only what differs: Textual goes through the key map at every key.
        self.set_keymap(
            {name: keys for name, keys in self._keys.items() if keys != known[name].keys}
        )
        self.fleet.attach()
        self.fleet.since_input = output_frames.since_input
        end_on_signals(self.exit, self.fleet.journal.flush)

    def _remembered_theme(self) -> str | None:
        """What was chosen last, unless it was on a terminal that has more colours than this."""
        theme = self.available_themes.get(self.remembered.theme or "")
        return None if theme is None or (has_few_colours() and not theme.ansi) else theme.name

    def on_mount(self) -> None:
        """Tell what the settings file has wrong, open what the command line named."""
        self.run_worker(self._typed.run(), group="keys")
        for problem in self._problems:
            self.fleet.journal.event("", "", f"settings: {problem}")
        for problem in self._problems[:1]:
            more = len(self._problems) - 1
            all_of_them = self.hint("{pane.activity} shows them")
            others = f"\nand {more} more: {all_of_them}" if more else ""
            self.say(f"{problem}{others}", "warning")
        self._sign_in_desk = SignInDesk(self)
        self._sign_in_desk.look()
        self.thrift = Thrift(self)
        output.when_slow(self.thrift.terminal_is_slow)
        if self._notice:
            self.say(self._notice)
        if self._machine is not None:
            NamedMachine(self, self._machine, self._tab)
        self.theme_changed_signal.subscribe(self, lambda theme: self.remember(theme=theme.name))

    def on_ready(self) -> None:
        """The first picture is there, and can be taken down again."""
        if self._ends_unreached:
            Unreached(self)

    def remember(self, **changes: object) -> None:
        """Keep how the screen is left for the next run; written in a thread."""
        import msgspec

        self.remembered = msgspec.structs.replace(self.remembered, **changes)
        self.run_worker(self._save_remembered(), group="remember")

    async def _save_remembered(self) -> None:
        """One writing at a time, so that the last one stays."""
        async with self._saving:
            path, fresh = self._remembered_file, self.remembered
            if path is not None and fresh != self._saved:
                await in_thread(lambda: save_remembered(path, fresh))
                self._saved = fresh

    async def _shutdown(self) -> None:
        """Textual takes screens apart from the inside: they are told nothing any more."""
        self.fleet.end_telling()
        await super()._shutdown()

    async def on_unmount(self) -> None:
        """What was chosen just before the end is kept too, unless the disk does not answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SAVING_PATIENCE):
                await self._save_remembered()

    def _handle_exception(self, error: Exception) -> None:
        """A screen that is being opened when the program ends finds itself without its parts."""
        if self._exit:
            log.info("while the program ended", exc_info=error)
        else:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """A fault of ours: the traceback goes to the log, one line to the terminal."""
        log.critical("unhandled", exc_info=True)
        self._exit_renderables.append(
            Text(f"virtty ended by a fault of its own; the details are in {log_file()}")
        )
        self._close_messages_no_wait()

    # -- Context -------------------------------------------------------------------------

    @property
    def main(self) -> MainScreen:
        """The screen with the panes."""
        screen = self.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    def target(self) -> Target:
        """The pane or screen in front; behind a dialog, the one that opened it."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, Target):
                return screen
        return self.main.pane

    def subjects(self) -> Sequence[DomainRecord]:
        """The machines that an action would work on now, as they are now."""
        fresh = [self.fleet.domain(record.key) for record in self.target().subjects()]
        return [record for record in fresh if record is not None]

    def machine_in_view(self) -> DomainRecord | None:
        """The machine that is looked at, as it is now."""
        record = self.target().machine_in_view()
        return None if record is None else self.fleet.domain(record.key)

    def no_subjects(self) -> str:
        """Why there are none."""
        return self.target().no_subjects

    def hosts_in_view(self) -> list[HostRecord]:
        """The hosts that what is done now would be done on."""
        return self.target().hosts_in_view()

    def scopes(self) -> list[Scope]:
        """Whose keys work, the nearest first: a tab's, its screen's or a pane's, everywhere."""
        return [*self.target().scopes(), Scope.EVERYWHERE]

    def actions_here(self) -> list[Action]:
        """The actions of the screen in front and those of every screen."""
        return list(
            dict.fromkeys(action for scope in self.scopes() for action in actions_of(scope))
        )

    def why_not(self, action: Action) -> str:
        """Why an action cannot be done now; empty when it can."""
        return action.why_not(self)

    def key_of(self, action_id: str) -> str:
        """The key that does it, as it is printed on a keyboard."""
        return key_word(self._keys[action_id].split(",")[0])

    def hint(self, text: str) -> str:
        """The text with each ``{action.id}`` replaced by the key that does it."""
        return ACTION_ID.sub(lambda found: self.key_of(found[1]), text)

    def open_machine(self, key: DomainKey, tab: str, error: HypervisorError | None = None) -> None:
        """Show a machine's screen; where it is in front already, that tab of it."""
        from tui.screens.machine.screen import MachineScreen

        screen = self.screen
        if isinstance(screen, MachineScreen) and screen.key == key:
            screen.error = error
            screen.run_worker(screen.show_tab(tab))
        else:
            self.push_screen(MachineScreen(key, tab, error))

    def switch_machine(self, key: DomainKey, tab: str) -> None:
        """Show another machine's screen in place of the one in front."""
        from tui.screens.machine.screen import MachineScreen

        self.switch_screen(MachineScreen(key, tab))

    def say(self, text: str, severity: str = "information") -> None:
        """A toast: plain text, kept by Activity where it matters."""
        level = severity if severity in ("warning", "error") else "information"
        shown = visible(text, newlines=True)
        self.notify(shown, severity=level, markup=False)  # type: ignore[arg-type]

    def copy_to_clipboard(self, text: str) -> None:
        """By OSC 52; in tmux by tmux as well."""
        super().copy_to_clipboard(text)
        if clipboard.in_tmux():
            self.run_worker(in_thread(lambda: clipboard.give_to_tmux(text)), group="clipboard")

    @contextlib.contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """What a dialog is about to show: keys typed meanwhile are for that."""
        text = f"Reading {what}… Escape gives up."
        slow = self.set_timer(UNNOTICED, lambda: self.say(text))
        try:
            with self._typed.held():
                yield
        finally:
            slow.stop()

    async def ask_text(self, title: str, question: str, value: str) -> str | None:
        """Ask for a line of text."""
        from tui.screens.dialogs import AskText

        return await self.push_screen_wait(AskText(title, question, value))

    async def snapshots_of_many(self, records: Sequence[DomainRecord]) -> None:
        """Take or delete a snapshot on several machines."""
        from tui.screens.many_snapshots import snapshots_of_many

        await snapshots_of_many(self, records)

    async def ask(
        self, question: str, consequence: str = "", lines: Sequence[str] = (), yes: str = "Yes"
    ) -> bool:
        """Ask whether to go on; Cancel is what Enter gives."""
        from tui.screens.dialogs import Confirm

        return await self.push_screen_wait(Confirm(question, consequence, lines, yes))

    # -- actions -------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Ctrl+Q ends the program from anywhere, but where every key is a guest's."""
        if action == "quit" and getattr(self.focused, "takes_every_key", False):
            return False
        return super().check_action(action, parameters)

    def action_help_quit(self) -> None:
        """Ctrl+C, which a shell has taught: it ends nothing here."""
        self.say(self.hint("{app.back} goes back and, at the top, quits; Ctrl+Q quits."))

    async def action_quit(self) -> None:
        """Ctrl+Q: asks when edits are open or work is running, as every way out does."""
        if all(worker.group != "quit" for worker in self.workers):  # it is being asked already
            self.run_worker(self._quit(), group="quit")

    async def _quit(self) -> None:
        if await self._may_leave(*self.screen_stack):
            await self._quit_after_asking()

    async def action_act(self, action_id: str) -> None:
        """Do what a key asks for; the keys typed behind it are for what it opens."""
        self.act(action_id)
        await asyncio.sleep(0)  # a dialog is in front now, a line that was opened has the focus

    async def on_event(self, event: events.Event) -> None:
        """Keys and pastes wait for their turn."""
        typed = isinstance(event, events.Key | events.Paste)
        if typed and not event.is_forwarded:
            self._typed.add(event)
            return
        await super().on_event(event)
        if typed:
            # A turn later: the focus is given by messages to the app.
            self.call_later(self._typed.has_been_through, event)

    async def _hand_out(self, event: events.Event) -> None:
        """To what has the focus; where text is edited a shell's keys for words as well."""
        edited = isinstance(self.focused, Input | TextArea)
        if edited and isinstance(event, events.Key) and event.key in WORDS:
            event = events.Key(WORDS[event.key], None)
        await super().on_event(event)

    def act(self, action_id: str) -> None:
        """Do what an action is for in the background, or say why it cannot be done."""
        action = actions()[action_id]
        reason = action.why_not(self)
        if reason:
            self.say(f"{action.name}: {reason}", "warning")
        else:
            self.begin(action.run(self))

    def begin(self, work: Coroutine[Any, Any, object]) -> None:
        """Do it in the background, whatever screens go; a HypervisorError is told."""
        self.run_worker(self._told_where_it_fails(work), group="actions")

    async def _told_where_it_fails(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except HypervisorError as error:
            self.tell_error(error)

    async def act_on_machines(self, action: MachineAction) -> None:
        """Perform it on each of the subjects, asking before where it has to be asked."""
        await act_on_machines(self, action, self.subjects())

    def show_sign_in(self, host: Host) -> None:
        """Bring what a host asks before the person."""
        self._sign_in_desk.show(host)

    def tell_error(self, error: HypervisorError) -> None:
        """What failed, libvirt's words, what to do; Activity keeps it."""
        text = f"{error.what}: {error.words}"
        self.say(f"{text}\n{error.advice}" if error.advice else text, "error")
        self.fleet.journal.keep(error)

    # -- commands (tui.actions.everywhere) -------------------------------------------------

    async def show_pane(self, name: str) -> None:
        """Bring a pane to the front, whatever screens lie over it."""
        if await self._may_leave(*self.screen_stack):
            while len(self.screen_stack) > 1:
                self._close_screen()
            await self.main.show_pane(name)

    async def _may_leave(self, *screens: Screen[object]) -> bool:
        """Edits are never dropped silently: ask where a screen holds some."""
        unsaved = [getattr(screen, "unsaved", "") for screen in screens]
        lines = [text for text in unsaved if text]
        return not lines or await self.ask("Forget what is not applied?", "", lines, "Forget")

    def show_help(self) -> None:
        """Keys of the screen in front."""
        from tui.screens.help import Help

        self.push_screen(
            Help(
                [
                    (s.value, [(action, self._keys[action.id]) for action in actions_of(s)])
                    for s in self.scopes()
                ],
                self,
            )
        )

    def show_palette(self) -> None:
        """Textual's command palette over our actions."""
        from tui.screens.palette import Palette

        self.push_screen(Palette(id="--command-palette"))

    def choose_theme(self) -> None:
        """Textual's theme chooser."""
        from textual.theme import ThemeProvider

        from tui.screens.palette import Palette

        self.push_screen(Palette([ThemeProvider], placeholder="Search for themes…"))

    def toggle_low_bandwidth(self) -> None:
        """Live figures or none."""
        self.thrift.toggle()

    def redraw(self) -> None:
        """Draw everything again, trusting nothing about what the terminal shows."""
        output.forget()
        self.refresh(repaint=True, layout=True)
        self.screen.refresh(repaint=True, layout=True)

    def back_or_quit(self) -> None:
        """One screen back; at the top the end. Asks when edits are open or work is running."""
        if len(self.screen_stack) > 1:
            self.run_worker(self._back(self.screen), group="actions")
        else:
            self.run_worker(self._quit_after_asking(), group="actions")

    async def _back(self, screen: Screen[object]) -> None:
        # A second Escape may have come before the first has led back.
        if await self._may_leave(screen) and screen is self.screen:
            self._close_screen()

    def _close_screen(self) -> None:
        """A machine that was open is under the list's cursor then: the keys go on acting on it."""
        from tui.screens.machine.screen import MachineScreen

        if isinstance(self.screen, MachineScreen):
            self.main.go_to_machine(self.screen.key)
        self.pop_screen()

    async def _quit_after_asking(self) -> None:
        running = [
            visible(f"{entry.text} {entry.subject}")
            for entry in self.fleet.journal.running.values()
        ]
        if not running or await self.ask("Quit while work is running?", "", running, "Quit"):
            self.exit(0)

    # -- lines of the main screen ----------------------------------------------------------

    def show_keys(self) -> None:
        """The key bar, as things are under the cursor."""
        if self.screen_stack and self.screen is self.main:
            self.main.show_keys(self.key_content(self.size.width))

    def key_content(self, width: int) -> Content:
        """The most useful keys of the view in front, dimmed where they cannot."""
        nearest: dict[str, Action] = {}
        for action in self.actions_here():
            nearest.setdefault(self._keys[action.id], action)
        chosen = sorted(
            (action for action in nearest.values() if action.in_bar),
            key=lambda action: action.in_bar,
        )
        entries = [
            (self._keys[a.id], a.name, not a.why_not(self), f"app.act('{a.id}')") for a in chosen
        ]
        return key_bar(entries, width)

    def show_summary(self) -> None:
        """The top line."""
        self.main.show_summary()

    def hosts_changed(self) -> None:
        """A host more or less."""
        from tui.screens.machines import MachinesPane

        self.main.query_one(MachinesPane).hosts_changed()
        self.main.show_summary()
