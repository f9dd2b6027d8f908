"""The Console tab: a terminal to the guest; Ctrl+] leads out of it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from tui.actions.base import Scope, host_refusal
from tui.actions.machine import Start
from tui.actions.registry import bindings_of
from tui.hypervisor import lifecycle
from tui.hypervisor.apply import apply
from tui.hypervisor.hardware import read_stored
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model.consoles import has_pty
from tui.model.states import DomainState
from tui.model.templates import TEMPLATES
from tui.model.text import visible
from tui.screens.choose import Choose, Offer
from tui.screens.machine.console_help import ConsoleHelp
from tui.screens.machine.console_lines import BAR, Keys, open_consoles, status_line
from tui.screens.machine.console_search import ScrollbackSearch
from tui.screens.machine.console_session import ConsoleSession
from tui.screens.machine.hand_over import hand_over
from tui.screens.machine.special_keys import send_special, why_no_keys
from tui.screens.machine.tab import Tab
from tui.screens.saving import named_path, save_as, usual_name
from tui.widgets.terminal import TerminalView

START = Start()
NEEDS_ATTACHED = ("full_screen", "tell_size")


class ConsoleTab(ScrollbackSearch, Tab, can_focus=True):
    """Shows the machine's session; the session stays when the tab goes.

    It has the focus itself once Ctrl+] has led out of the terminal.
    """

    scope = Scope.CONSOLE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.CONSOLE)]

    _lines: tuple[Content, Content] | None = None
    """What its two lines show."""

    def compose(self) -> ComposeResult:
        """Open consoles, the terminal, what there is to know."""
        yield Static(id="console-tabs", markup=False)
        yield TerminalView()
        yield Static(id="console-status", markup=False)

    @property
    def terminal(self) -> TerminalView:
        """The terminal."""
        return self.query_one(TerminalView)

    @property
    def session(self) -> ConsoleSession:
        """This machine's session, made when it is first looked at."""
        return self.app.consoles.session(self.key, *self._wanted_size())

    def _wanted_size(self) -> tuple[int, int]:
        size = self.terminal.size
        return max(2, size.width or 80), max(2, size.height or 24)

    @property
    def keys(self) -> Keys:
        """Whose the keys are."""
        if self.terminal.marking:
            return Keys.MARK
        return Keys.GUEST if self.screen.focused is self.terminal else Keys.PROGRAM

    @property
    def bar(self) -> list[tuple[str, str, bool]]:
        """The keys that work while the terminal has them."""
        return BAR.get(self.keys, []) if self.is_whole else []

    # -- following the session -----------------------------------------------------------

    def shown(self) -> None:
        """Attach, and give the guest the keys."""
        session = self.session
        session.on_output = self._output
        session.on_change = self._show_status
        session.unseen = False
        self.terminal.show(session.emulator)
        if self.terminal.size:  # not laid out yet after having been hidden
            session.resize(*self.terminal.size)
        self.screen.set_focus(self.terminal)  # at once: attaching may end, and take it, before
        self._show_status()
        self.run_worker(self._open(), group="attach", exclusive=True)

    def seen_again(self) -> None:
        """What came meanwhile was not drawn."""
        session = self.app.consoles.sessions.get(self.key)
        if session is not None and self.is_whole:
            session.unseen = False
            self.terminal.changed()
            self._show_status()

    def on_mount(self) -> None:
        """What is silent is told to be so, and what other consoles have to tell."""
        self.set_interval(1.0, self._show_status)
        # Told at once: in a flood the events of the focus come a frame later.
        self.watch(self.screen, "focused", self._focus_moved, init=False)

    def on_unmount(self) -> None:
        """The session stays."""
        self._look_away()

    def _look_away(self) -> None:
        session = self.app.consoles.sessions.get(self.key)
        if session is not None:
            session.on_output = None
            session.on_change = None

    async def _open(self, *, force: bool = False) -> None:
        session, begun = self.session, time.monotonic()
        await session.attach(force=force)
        if not self.is_whole or session.attached:
            return
        # Nobody to type to. Not in the middle of words, whose rest would act on the machine.
        if self.screen.focused is self.terminal and self.terminal.typed_at < begun:
            self.screen.set_focus(self)
        if session.error is not None and not session.is_explained:
            self.app.tell_error(session.error)

    def _output(self) -> bool:
        """Draw it; False when another tab or screen is in front."""
        front = self.app.screen
        if not self.display or not (front is self.screen or front.is_modal):
            return False
        self.terminal.changed()
        return True

    def machine_changed(self) -> None:
        """The session follows by itself; its line is drawn anew."""
        self._show_status()

    def _show_status(self) -> None:
        session = self.app.consoles.sessions.get(self.key)
        if session is None or not self.display or not self.is_whole:
            return
        lines = (
            open_consoles(self.app.consoles.sessions, self.key, self.size.width),
            status_line(session, self.keys, self.terminal.lines_below),
        )
        if lines != self._lines:
            self._lines = lines
            tabs = self.query_one("#console-tabs", Static)
            tabs.display = bool(lines[0].plain)
            tabs.update(lines[0], layout=False)
            self.query_one("#console-status", Static).update(lines[1], layout=False)

    def _keys_changed(self) -> None:
        self._show_status()
        self.post_message(self.Noted())

    def on_terminal_view_typed(self, event: TerminalView.Typed) -> None:
        """Send what was typed to the guest."""
        session = self.app.consoles.sessions.get(self.key)
        if session is not None:
            session.write(event.data)
            self.say("")  # of a search that is over

    def on_terminal_view_scrolled(self) -> None:
        """Tell how far the view is from the end: what comes there is not seen."""
        self._show_status()

    def on_terminal_view_copied(self, event: TerminalView.Copied) -> None:
        """To the person's own clipboard (OSC 52)."""
        if event.text:
            self.app.copy_to_clipboard(event.text)
            self.app.say(f"Copied {len(event.text)} characters.")
        else:
            self.app.say("No text was selected.", "warning")

    def on_terminal_view_marking_ended(self) -> None:
        """Keys are the program's."""
        self.focus()
        self._keys_changed()

    def _focus_moved(self) -> None:
        """The keys are the guest's now, or the program's."""
        if self.is_whole:
            self._keys_changed()

    def on_terminal_view_sized(self, event: TerminalView.Sized) -> None:
        """The emulator follows."""
        session = self.app.consoles.sessions.get(self.key)
        if session is not None and event.size:
            session.resize(*event.size)
            self.terminal.changed()
            self._show_status()

    # -- commands (tui.actions.console), after Ctrl+] ----------------------------------------

    def refusal(self, command: str) -> str:
        """Why a command cannot be done now; empty when it can."""
        session, machine = self.app.consoles.sessions.get(self.key), self.machine
        if session is None or machine is None:
            return "this machine is gone"
        if command in NEEDS_ATTACHED and not session.attached:
            return f"the console is not attached: {session.status}"
        if command == "take_over" and session.attached:
            return "it is attached here already"
        if command == "choose_port" and not machine[1].state.is_active:
            return "the machine is off: its ports have no names yet"
        if command in ("search_back", "search_on") and not self._needle:
            return self.app.hint("nothing has been searched for: {machine.search} does it")
        if command == "send_keys":
            return why_no_keys(*machine)
        if command == "start_attached":
            return START.refusal(self.app.fleet, machine[1])
        if command == "add_port" and any(not port.why_not for port in session.guest.ports):
            return self.app.hint(
                "it has a port already: {console.port} chooses, {machine.tab-hardware} Hardware "
                "adds more"
            )
        if command == "add_port":
            return host_refusal(machine[0].record, changes=True)
        return ""

    async def back_to_guest(self, *, force: bool = False) -> None:
        """``Enter``: the keys are the guest's again; where it is not attached, try again."""
        self.say("")
        self.terminal.to_the_end()
        self.screen.set_focus(self.terminal)  # at once: what is typed behind it is the guest's
        if not self.session.attached:
            await self._open(force=force)

    async def tell_size(self) -> None:
        """``z``: by the agent, else typed: ``stty rows R cols C``."""
        why_not = await self.session.tell_size()
        if why_not:
            self.app.say(f"Tell size: {why_not}.", "warning")
            return
        self._show_status()
        await self.back_to_guest()

    async def send_keys(self) -> None:
        """``K``: what a terminal keeps to itself, and an NMI: for a guest that hangs."""
        machine = self.machine
        if machine is not None:
            await send_special(self.app, *machine)

    def show_help(self) -> None:
        """``h``: why it may be silent."""
        self.app.push_screen(ConsoleHelp())

    async def choose_port(self) -> None:
        """``a``: another serial port or console of the machine."""
        machine, guest = self.machine, self.session.guest
        if machine is None:
            return
        if not guest.ports:
            with self.app.reading("its serial ports"):
                await guest.read(*machine)
        offers = [
            Offer(port.alias, port.alias, f"{port.name}  {port.tty}", port.why_not)
            for port in guest.ports
        ]
        present = guest.port.alias if guest.port is not None else ""
        chosen = await self.app.push_screen_wait(Choose("Attach to", offers, present))
        if chosen is not None and chosen != present:
            await self.session.switch_to(chosen)
            self.terminal.show(self.session.emulator)
        if chosen is not None:
            await self.back_to_guest()

    async def take_over(self) -> None:
        """``F``: throw the other one out."""
        if await self.app.ask("Take the console over?", "Whoever has it now is thrown out."):
            await self.back_to_guest(force=True)

    async def full_screen(self) -> None:
        """``f``: the person's own terminal, byte for byte."""
        session = self.session
        await session.guest.tell(*self.app.size)
        if session.console is None:
            return
        record = session.record
        hand_over(
            session, session.console, visible(record.name) if record else "", self.app.suspend
        )
        session.guest.resized(*session.size)
        self.terminal.show(session.emulator)
        self.app.refresh(layout=True)
        self._show_status()

    async def log_output(self) -> None:
        """``L``: log to a file, or end that."""
        session, record = self.session, self.session.record
        if session.log is not None or record is None:
            session.log_to(None)
            return
        audit = self.app.fleet.journal.audit_path
        folder = Path.cwd() if audit is None else audit.parent / "consoles"
        name = usual_name(record.name, time.strftime("-%Y%m%d-%H%M%S.log"))
        path = await self.app.ask_text(
            "Log the console", "File; .txt for plain text, else as it comes", str(folder / name)
        )
        file = named_path(self.app, path) if path else None
        if file is not None:
            session.log_to(file, plain=file.suffix == ".txt")

    async def copy(self) -> None:
        """``y``: the screen to the person's own clipboard (OSC 52)."""
        text = self.session.emulator.screen().rstrip()
        self.app.copy_to_clipboard(text)
        self.app.say(f"Copied {len(text)} characters of the screen.")

    def mark(self) -> None:
        """``m``: select a part of the screen or of what is above it."""
        if self.terminal.begin_marking():
            self.screen.set_focus(self.terminal)
            self._keys_changed()

    async def save_scrollback(self) -> None:
        """``w``: everything that is kept, to a file."""
        name = usual_name(self.session.name, ".txt")
        path = await self.app.ask_text("Save what was printed", "File", name)
        if path:
            text = "\n".join(self.session.emulator.history(unwrapped=True)).strip("\n")
            await save_as(self.app, path, lambda file: file.write_text(text + "\n", "utf-8"))

    def scroll_back(self) -> None:
        """``PgUp``: look back by a screen, less a line."""
        self.terminal.scroll_view(-max(1, self.terminal.size.height - 1))

    def scroll_on(self) -> None:
        """``PgDn``: the same forward."""
        self.terminal.scroll_view(max(1, self.terminal.size.height - 1))

    def next_console(self) -> None:
        """``]``: the next open console."""
        self._switch(1)

    def previous_console(self) -> None:
        """``[``: the one before."""
        self._switch(-1)

    def _switch(self, step: int) -> None:
        keys = list(self.app.consoles.sessions)
        key = keys[(keys.index(self.key) + step) % len(keys)]
        if key != self.key:
            self.app.switch_machine(key, "console")

    def close_console(self) -> None:
        """``k``: let go of it for good."""
        if self.key in self.app.consoles.sessions:
            self.app.consoles.close(self.key)
            self.app.back_or_quit()

    async def start_attached(self) -> None:
        """``s``: start paused, attach, resume: nothing of what it prints is lost."""
        machine = self.machine
        if machine is None:
            return
        host, record = machine
        worry = START.worry(self.app.fleet, record)
        if worry and not await self.app.ask(f"Start {visible(record.name)}?", worry, yes="Start"):
            return
        if record.state.is_active:
            await lifecycle.start(host, record)
        else:
            await start_with_console(self.session, host, record)
        await self.back_to_guest()

    async def add_port(self) -> None:
        """``+``: add a serial port for the next boot."""
        machine = self.machine
        if machine is None:
            return
        base = (await read_stored(*machine)).stored
        if has_pty(base):
            self.app.say("It has a serial port from the next boot on.")
            return
        edited = base.copy()
        serial = next(kind for kind in TEMPLATES if kind.name == "serial")
        for xml in serial.xml(edited, {}):
            edited.add_device(xml)
        await apply(*machine, base, edited)
        self.app.say("A serial port is there at the next boot.")
        self.session.note_port_added()


async def start_with_console(session: ConsoleSession, host: Host, record: DomainRecord) -> None:
    """Start a machine with its console attached from the first byte. Raises HypervisorError."""
    await lifecycle.start(host, record, paused=True)
    await session.attach(at_once=True)
    paused = replace(record, state=DomainState.PAUSED)
    await lifecycle.resume(host, paused)
