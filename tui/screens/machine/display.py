"""The Screen tab: what the guest's monitor would show, and keys for it; Ctrl+] leads out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from tui.actions.base import Scope, host_refusal
from tui.actions.registry import bindings_of
from tui.hypervisor.definition import read_domain
from tui.hypervisor.display import WAITING, Keyboard, NoPictureError, take_picture
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainKey, DomainRecord
from tui.in_thread import in_thread
from tui.model import Domain
from tui.model.text import visible
from tui.model.viewers import has_screen, viewer_lines
from tui.screens.choose import Choose, Offer
from tui.screens.machine.special_keys import send_special, why_no_keys
from tui.screens.machine.tab import Tab
from tui.screens.saving import save_as, usual_name
from tui.terminal_graphics import TerminalGraphics, find_graphics
from tui.widgets.cells import TextPart
from tui.widgets.picture import PictureView
from tui.widgets.picture_cells import as_png, read_picture

AT_ONCE = 0.05
"""Seconds that a guest gets to react to a key before its screen is looked at."""
QUICK, SLOW = 0.15, 2.0
"""Seconds between two looks while the picture changes, and once it stands still."""
SLOWER = 1.5
"""What each look that finds nothing new makes of the wait for the next one."""
SHARE = 3
"""A wait is at least so many times as long as the last look took: slow links stay usable."""
RETRY = 3.0
"""Seconds after a look that failed."""

NO_SCREEN = [
    "This machine has no screen: it has no graphics card.",
    "",
    "To give it one for the next boot: e Hardware, a Add, Video;",
    "for a viewer elsewhere a Display (VNC or SPICE) as well.",
]

BAR = [
    ("ctrl+right_square_bracket", "Leave the guest", True),
    ("", "all other keys are the guest's", False),
]
"""What the key bar shows while they do."""


class DisplayTab(Tab, can_focus=True):
    """Looks again and again while it is in front, less often while nothing changes."""

    scope = Scope.DISPLAY
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Scope.DISPLAY)]

    def __init__(self, key: DomainKey, tab: str) -> None:
        super().__init__(key, tab)
        self.no_picture = "there is no picture yet"
        """Why there is none; empty when there is."""
        self._data = b""
        self._document: Domain | None = None
        self._following = False
        self._rests: object = None
        """How things stood when there was no use in looking on."""
        self._poke = asyncio.Event()
        self._wait = QUICK
        self._keyboard: Keyboard | None = None
        self._graphics: TerminalGraphics | None = None
        self._told: tuple[bool, str] | None = None
        """What the key bar was last drawn for."""

    def compose(self) -> ComposeResult:
        """The picture, what there is to know."""
        yield PictureView()
        yield Static(id="display-status", markup=False)

    @property
    def view(self) -> PictureView:
        """The picture."""
        return self.query_one(PictureView)

    @property
    def bar(self) -> list[tuple[str, str, bool]]:
        """The keys that work while the guest has them."""
        return BAR if self.is_whole and self.view.has_focus else []

    # -- looking ---------------------------------------------------------------------------

    def shown(self) -> None:
        """Begin to look; the keys stay the program's until Enter gives them away."""
        self.screen.set_focus(self)
        self._look_afresh()
        self._ask_for_graphics()

    def seen_again(self) -> None:
        """Go on looking, now that nothing covers it."""
        self._keep_following()

    def on_resize(self) -> None:
        """The terminal's font may have changed, and with it the size of a cell."""
        if self._graphics is not None:
            self._ask_for_graphics()

    def _ask_for_graphics(self) -> None:
        self.run_worker(self._find_graphics(), group="graphics", exclusive=True)

    async def _find_graphics(self) -> None:
        self._graphics = await find_graphics(self.app)
        self._use_graphics()

    def _use_graphics(self) -> None:
        """Pixels are many bytes: not for a slow link."""
        if self.is_whole:
            self.view.use(None if self.app.fleet.is_thrifty else self._graphics)

    def machine_changed(self) -> None:
        """It may be on or off now, or have another display."""
        self._document = None
        self._look_afresh()

    def _look_afresh(self) -> None:
        self._rests = None
        self._hurry()
        self._keep_following()

    def _hurry(self) -> None:
        self._wait = QUICK
        self._poke.set()

    def _standing(self) -> object:
        machine = self.machine
        if machine is None:
            return "gone"
        host, record = machine
        return host.record.is_current, record.state.is_active

    def _keep_following(self) -> None:
        if self._following or not self.in_front or self._rests == self._standing():
            return
        self._following = True  # one look at a time, whatever happens
        self.run_worker(self._follow(), group="follow")

    async def _follow(self) -> None:
        try:
            while self.in_front:
                wait = await self._look()
                if wait is None:
                    self._rests = self._standing()
                    return
                self._poke.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._poke.wait()
                        await asyncio.sleep(AT_ONCE)
        finally:
            self._following = False

    async def _look(self) -> float | None:
        """Seconds until the next look; None when there is no use in one."""
        machine = self.machine
        if machine is None:
            self._lack("this machine is gone")
            return None
        host, record = machine
        self._use_graphics()
        try:
            lacks = await self._lacks(host, record)
            if lacks:
                self._lack(*lacks)
                return None
            shot = await take_picture(host, record)
            is_new = shot.data != self._data
            if is_new:
                picture = await in_thread(lambda: read_picture(shot.data))
                self._data = shot.data
                is_new = self.is_whole and self.view.show(picture)
        except NoPictureError as error:
            self._lack(error.words)
            return None
        except HypervisorError as error:
            self._lack(error.words)
            return RETRY
        except ValueError as error:
            self._lack(str(error))
            return RETRY
        self.no_picture = ""
        self._wait = QUICK if is_new else min(self._wait * SLOWER, SLOW)
        self._show_status()
        return max(self._wait, SHARE * shot.seconds)

    async def _lacks(self, host: Host, record: DomainRecord) -> list[str]:
        """Why there can be no picture; empty when there can."""
        refusal = host_refusal(host.record, changes=True)
        if refusal:
            needs = ["libvirt gives pictures to connections that may write only."]
            return [refusal, "", *(needs if host.record.readonly else [])]
        if not record.state.is_active:
            return [self.app.hint("the machine is off: {machine.start} starts it")]
        if self._document is None:
            self._document = await read_domain(host, record, inactive=False)
        return [] if has_screen(self._document) else NO_SCREEN

    def _lack(self, *lines: str) -> None:
        self.no_picture = lines[0]
        self._data = b""
        if self.is_whole:
            self.view.say([visible(line) for line in lines])
            self._show_status()

    def _show_status(self) -> None:
        if not self.is_whole:
            return
        parts: list[TextPart] = []
        if self.view.has_focus:
            parts.append((" Ctrl+] leaves ", "bold $text-accent"))
            if not self.no_picture:
                parts.append((" keys go to the guest (US layout) ", "$text-success"))
        elif not self.no_picture:
            parts.append((self.app.hint(" {display.type} types at it "), "bold $text-accent"))
        parts.append((f" {self.view.told}", "$quiet"))
        self.query_one("#display-status", Static).update(Content.assemble(*parts), layout=False)
        standing = (self.view.has_focus, self.no_picture)
        if standing != self._told:
            self._told = standing
            self.post_message(self.Noted())

    # -- typing ----------------------------------------------------------------------------

    def on_picture_view_pressed(self, event: PictureView.Pressed) -> None:
        """Press them on the guest's keyboard."""
        self._press([event.names], "The guest is slow to take keys: this one is lost.")

    def on_picture_view_pasted(self, event: PictureView.Pasted) -> None:
        """To the guest, all of it or nothing: half a line may do harm."""
        count = len(event.keys)
        slow = f"Nothing was pasted: of {count} keys a guest takes {WAITING} at a time."
        self._press(event.keys, slow)

    def _press(self, keys: Sequence[tuple[str, ...]], told_when_full: str) -> None:
        machine = self.machine
        if machine is None or self.no_picture:
            return
        if self._keyboard is None:
            self._keyboard = Keyboard(*machine, self.app.tell_error)
        if not self._keyboard.press(*keys):
            self.app.say(told_when_full, "warning")
        self._hurry()

    def on_picture_view_untypable(self, event: PictureView.Untypable) -> None:
        """Say that a US keyboard has no key for it."""
        self.app.say(f"A US keyboard has no key for {visible(event.what)}.", "warning")

    def on_picture_view_moved(self) -> None:
        """Another part is shown."""
        self._show_status()

    def on_descendant_focus(self) -> None:
        """Keys are the guest's."""
        self._keyboard = None  # another line in the audit log
        self.call_after_refresh(self._show_status)

    def on_descendant_blur(self) -> None:
        """Keys are the program's again."""
        self.call_after_refresh(self._show_status)

    # -- commands (tui.actions.display), after Ctrl+] ------------------------------------------

    def type_at_screen(self) -> None:
        """``Enter``: the keys are the guest's, at once: they are on their way."""
        self.screen.set_focus(self.view)
        self._hurry()

    def refusal(self, command: str) -> str:
        """Why a command cannot be done now; empty when it can."""
        machine = self.machine
        if command != "send_keys":
            return ""
        return "this machine is gone" if machine is None else why_no_keys(*machine)

    async def send_keys(self) -> None:
        """``m``: what a terminal keeps to itself."""
        machine = self.machine
        if machine is not None:
            await send_special(self.app, *machine)
            self._hurry()

    def zoom_in(self) -> None:
        """``+``: a step larger."""
        self.view.zoom_by(1)

    def zoom_out(self) -> None:
        """``-``: a step smaller."""
        self.view.zoom_by(-1)

    def fit(self) -> None:
        """``0``: all of the picture."""
        self.view.fit()

    def switch_text(self) -> None:
        """``t``: text as a picture, or as text again."""
        self.view.switch_text()

    @property
    def no_pixels(self) -> str:
        """Why the terminal draws no pixels; empty when it can."""
        if self.view.graphics is not None:
            return ""
        if self._graphics is not None:
            return "low-bandwidth mode is on"
        return "this terminal has neither kitty nor sixel graphics"

    def switch_pixels(self) -> None:
        """``g``: blocks in place of pixels, or pixels again."""
        self.view.switch_pixels()

    def pan_up(self) -> None:
        """``↑``: look further up."""
        self.view.pan(0, -1)

    def pan_down(self) -> None:
        """``↓``: look further down."""
        self.view.pan(0, 1)

    def pan_left(self) -> None:
        """``←``: look further to the left."""
        self.view.pan(-1, 0)

    def pan_right(self) -> None:
        """``→``: look further to the right."""
        self.view.pan(1, 0)

    async def copy_viewer_line(self) -> None:
        """``y``: a line for a computer with a graphical screen."""
        machine = self.machine
        if machine is None:
            return
        host, record = machine
        with self.app.reading("its displays"):
            document = await read_domain(host, record, inactive=False)
        facts = host.record.facts
        lines = viewer_lines(document, host.record.uri, facts.hostname if facts else "")
        if not lines:
            self.app.say(
                "It has no VNC or SPICE display: e Hardware, a Add, Display adds one.", "warning"
            )
            return
        offers = [Offer(line, line) for line in lines]
        line = await self.app.push_screen_wait(Choose("Copy a line for a viewer", offers))
        if line is not None:
            self.app.copy_to_clipboard(line)
            self.app.say(f"Copied: {visible(line)}")

    async def save_picture(self) -> None:
        """``w``: a PNG file."""
        machine, data = self.machine, self._data
        if machine is None or not data:
            return
        name = usual_name(machine[1].name, ".png")
        path = await self.app.ask_text("Save the picture", "File", name)
        if path:
            await save_as(self.app, path, lambda file: file.write_bytes(as_png(data)))
