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

from tui.actions.base import Scope
from tui.actions.registry import bindings_of
from tui.hypervisor import lifecycle
from tui.hypervisor.apply import apply
from tui.hypervisor.definition import read_xml
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.hardware import read_stored
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model import Domain
from tui.model.states import DomainState
from tui.model.templates import TEMPLATES
from tui.model.text import visible
from tui.screens.choose import Choose, Offer
from tui.screens.machine.console_search import ScrollbackSearch
from tui.screens.machine.console_session import ConsoleSession
from tui.screens.machine.hand_over import hand_over
from tui.screens.machine.tab import Tab
from tui.widgets.terminal import TerminalView

BOOT_LINES = """
The guest has to use its serial port. On most Linux systems, inside of it:

  GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"    in /etc/default/grub
  GRUB_TERMINAL="console serial"                            there as well, for the menu
  update-grub  or  grub2-mkconfig -o /boot/grub2/grub.cfg
  systemctl enable --now serial-getty@ttyS0.service         for a login prompt
"""


class ConsoleTab(ScrollbackSearch, Tab, can_focus=True):
    """Shows the machine's session; the session stays when the tab goes.

    It has the focus itself once Ctrl+] has led out of the terminal.
    """

    scope = Scope.CONSOLE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.CONSOLE)]

    _tabs = Content("")
    """The line of open consoles as it is shown."""

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
        self.terminal.focus()
        self._show_status()
        self.run_worker(self._open(), group="attach", exclusive=True)

    def on_mount(self) -> None:
        """What is silent is told to be so."""
        self.set_interval(1.0, self._show_silence)

    def on_unmount(self) -> None:
        """The session stays."""
        self._look_away()

    def _look_away(self) -> None:
        session = self.app.consoles.sessions.get(self.key)
        if session is not None:
            session.on_output = None
            session.on_change = None

    async def _open(self) -> None:
        machine = self.machine
        if machine is None:
            return
        host, record = machine
        if record.state.is_active:
            try:
                xml = await read_xml(host, record, inactive=False)
            except HypervisorError as error:
                self.app.tell_error(error)
                return
            if not Domain.from_xml(xml).has_serial:
                self.session.status = "no serial port: + adds one for the next boot"
                self.session.emulator.feed(BOOT_LINES.replace("\n", "\r\n").encode())
                self.terminal.changed()
                self._show_status()
                return
        await self.session.attach()

    def _output(self) -> bool:
        """Draw it; False when another tab or screen is in front."""
        if not self.display or self.screen is not self.app.screen:
            return False
        self.terminal.changed()
        return True

    def machine_changed(self) -> None:
        """The session follows by itself; its line is drawn anew."""
        self._show_status()

    def _show_silence(self) -> None:
        session = self.app.consoles.sessions.get(self.key)
        if session is None or not self.display or not self.is_whole:
            return
        if session.is_silent:
            self._show_status()
        else:
            self._show_tabs()  # another console may have something new

    def _show_status(self) -> None:
        session = self.app.consoles.sessions.get(self.key)
        if session is None or not self.is_whole or not self.query("#console-status"):
            return
        record = session.record
        name = "gone" if record is None else f"{visible(record.name)} on {visible(record.host)}"
        told = session.guest.told == session.size
        columns, rows = session.size
        keys = "Ctrl+] leaves" if self.terminal.has_focus else "Enter back to the guest"
        if self.terminal.marking:
            keys = "mark: arrows move, Space or V begins, y copies, Esc ends"
        parts: list[str | tuple[str, str]] = [
            (f" {name} ", "bold $text-primary"),
            (f" {keys} ", "bold $text-accent"),
            (f" {session.status} ", "$text-success" if session.attached else "$text-warning"),
        ]
        port = session.guest.port
        if session.guest.device is not None and port is not None:
            parts.append((f" {visible(port.alias)}", "bold"))
        if session.attached:
            size = f" {columns}×{rows}" if told else f" guest: 80×24? z tells it {columns}×{rows}"
            parts.append((size, "$quiet"))
        if session.is_silent:
            parts.append(("  silent: Enter wakes it, ? helps", "$text-warning"))
        if session.log is not None:
            parts.append((f"  log {session.log.path}", "$quiet"))
        self.query_one("#console-status", Static).update(Content.assemble(*parts), layout=False)
        self._show_tabs()

    def _show_tabs(self) -> None:
        parts: list[str | tuple[str, str]] = []
        for key, session in self.app.consoles.sessions.items():
            record = session.record
            name = "gone" if record is None else visible(f"{record.name}@{record.host}")
            mark = "●" if session.unseen else " "
            style = "bold $text-primary underline" if key == self.key else "$quiet"
            parts += [(f" {mark}", "$text-accent"), (name, style)]
        parts.append(("   [ ] switch (after Ctrl+])" if len(parts) > 2 else "", "$quiet"))
        content = Content.assemble(*parts)
        if content != self._tabs:
            self._tabs = content
            self.query_one("#console-tabs", Static).update(content, layout=False)

    def on_terminal_view_typed(self, event: TerminalView.Typed) -> None:
        """To the guest."""
        session = self.app.consoles.sessions.get(self.key)
        if session is not None:
            session.write(event.data)

    def on_terminal_view_left(self) -> None:
        """Keys are the program's again."""
        self.focus()

    def on_terminal_view_copied(self, event: TerminalView.Copied) -> None:
        """To the person's own clipboard (OSC 52)."""
        if event.text:
            self.app.copy_to_clipboard(event.text)
            self.app.say(f"Copied {len(event.text)} characters.")

    def on_terminal_view_marking_ended(self) -> None:
        """Keys are the program's."""
        self.focus()
        self._show_status()

    def on_descendant_focus(self) -> None:
        """The guest has the keys."""
        self._show_status()

    def on_focus(self) -> None:
        """The program has the keys."""
        self._show_status()

    def on_terminal_view_sized(self, event: TerminalView.Sized) -> None:
        """The emulator follows."""
        session = self.app.consoles.sessions.get(self.key)
        if session is not None and event.size:
            session.resize(*event.size)
            self.terminal.changed()
            self._show_status()

    # -- commands (tui.actions.console), after Ctrl+] ----------------------------------------

    def back_to_guest(self) -> None:
        """``Enter``: the keys are the guest's again."""
        self.terminal.to_the_end()
        self.terminal.focus()

    async def tell_size(self) -> None:
        """``z``: by the agent, else typed: ``stty rows R cols C``."""
        await self.session.tell_size()
        self._show_status()
        self.back_to_guest()

    async def choose_port(self) -> None:
        """``a``: another serial port or console of the machine."""
        machine, guest = self.machine, self.session.guest
        if machine is None or not machine[1].state.is_active:
            self.app.say("The machine is off: its ports have no names yet.", "warning")
            return
        if not guest.ports:
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
            self.back_to_guest()

    async def take_over(self) -> None:
        """``F``: throw the other one out."""
        if await self.app.ask("Take the console over?", "Whoever has it now is thrown out."):
            await self.session.attach(force=True)
            self.back_to_guest()

    async def full_screen(self) -> None:
        """``f``: the person's own terminal, byte for byte."""
        session = self.session
        await session.guest.tell(*self.app.size)
        if session.console is None:
            self.app.say("The console is not attached.", "warning")
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
        name = f"{record.name}-{time.strftime('%Y%m%d-%H%M%S')}.log".replace("/", "_")
        path = await self.app.ask_text(
            "Log the console", "File; .txt for plain text, else as it comes", str(folder / name)
        )
        if path:
            session.log_to(Path(path), plain=path.endswith(".txt"))

    async def copy(self) -> None:
        """``y``: the screen to the person's own clipboard (OSC 52)."""
        text = self.session.emulator.screen().rstrip()
        self.app.copy_to_clipboard(text)
        self.app.say(f"Copied {len(text)} characters of the screen.")

    def mark(self) -> None:
        """``m``: select a part of the screen or of what is above it."""
        if self.terminal.begin_marking():
            self.terminal.focus()
            self._show_status()

    async def save_scrollback(self) -> None:
        """``w``: everything that is kept, to a file."""
        from tui.in_thread import in_thread

        path = await self.app.ask_text("Save what was printed", "File", "console.txt")
        if not path:
            return
        text = "\n".join(self.session.emulator.history())
        try:
            await in_thread(lambda: Path(path).expanduser().write_text(text + "\n"))
        except OSError as error:
            self.app.say(f"{path}: {error.strerror}", "error")
        else:
            self.app.say(f"Saved to {path}.")

    def scroll_back(self) -> None:
        """``PgUp``."""
        self.terminal.scroll_view(-max(1, self.terminal.size.height - 1))

    def scroll_on(self) -> None:
        """``PgDn``."""
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
        if record.state.is_active:
            self.app.say("It runs already.", "warning")
            return
        await start_with_console(self.session, host, record)
        self.back_to_guest()

    async def add_port(self) -> None:
        """``+``: add a serial port for the next boot."""
        machine = self.machine
        if machine is None:
            return
        base = (await read_stored(*machine)).stored
        edited = base.copy()
        serial = next(kind for kind in TEMPLATES if kind.name == "serial")
        for xml in serial.xml(edited, {}):
            edited.add_device(xml)
        await apply(*machine, base, edited)
        self.app.say("A serial port is there at the next boot.")


async def start_with_console(session: ConsoleSession, host: Host, record: DomainRecord) -> None:
    """Start a machine with its console attached from the first byte. Raises HypervisorError."""
    await lifecycle.start(host, record, paused=True)
    await session.attach(at_once=True)
    paused = replace(record, state=DomainState.PAUSED)
    await lifecycle.resume(host, paused)
