"""What can be done on the Console tab once Ctrl+] has led out of the guest."""

from __future__ import annotations

from tui.actions.base import Scope, ViewAction


class _ConsoleView(ViewAction):
    scopes = (Scope.CONSOLE,)


class BackToGuest(_ConsoleView):
    """Give the keys back to the guest; attach again where it is not attached."""

    id = "console.enter"
    key = "enter"
    name = "To the guest"
    method = "back_to_guest"
    in_bar = 1


class FullScreen(_ConsoleView):
    """Hand this terminal over to the guest, byte for byte; Ctrl+] comes back."""

    id = "console.full-screen"
    key = "f"
    name = "Full screen"
    method = "full_screen"
    in_bar = 2


class StartAttached(_ConsoleView):
    """Start the machine with the console attached from its first byte; resume it when paused."""

    id = "console.start"
    key = "s"
    name = "Start with console"
    method = "start_attached"
    in_bar = 3


class TellSize(_ConsoleView):
    """Tell the guest the size: by its agent, else typed into its shell (stty rows R cols C)."""

    id = "console.size"
    key = "z"
    name = "Tell size"
    method = "tell_size"
    in_bar = 4


class ChoosePort(_ConsoleView):
    """Attach to another serial port or console of the machine."""

    id = "console.port"
    key = "a"
    name = "Other port"
    method = "choose_port"


class TakeOver(_ConsoleView):
    """Take the console from whoever holds it."""

    id = "console.take-over"
    key = "F"
    name = "Take over"
    method = "take_over"


class Mark(_ConsoleView):
    """Select a part of the screen or the scrollback and copy it; the mouse does it as well."""

    id = "console.mark"
    key = "m"
    name = "Mark"
    method = "mark"


class Copy(_ConsoleView):
    """Copy the screen to your own clipboard."""

    id = "console.copy"
    key = "y"
    name = "Copy"
    method = "copy"
    in_bar = 6


class Save(_ConsoleView):
    """Save everything that was printed to a file."""

    id = "console.save"
    key = "w"
    name = "Save"
    method = "save_scrollback"


class Log(_ConsoleView):
    """Log what comes to a file, or end that."""

    id = "console.log"
    key = "L"
    name = "Log to file"
    method = "log_output"
    in_bar = 7


class SearchBack(_ConsoleView):
    """Go to the match before this one."""

    id = "console.search-back"
    key = "less_than_sign"
    name = "Match before"
    method = "search_back"


class SearchOn(_ConsoleView):
    """Go to the next match."""

    id = "console.search-on"
    key = "greater_than_sign"
    name = "Next match"
    method = "search_on"


class ScrollBack(_ConsoleView):
    """Look back at what was printed."""

    id = "console.scroll-back"
    key = "pageup,shift+pageup"
    name = "Scroll back"
    method = "scroll_back"


class ScrollOn(_ConsoleView):
    """Look forward again, to the end."""

    id = "console.scroll-on"
    key = "pagedown,shift+pagedown"
    name = "Scroll on"
    method = "scroll_on"


class NextConsole(_ConsoleView):
    """Go to the next open console."""

    id = "console.next"
    key = "right_square_bracket"
    name = "Next console"
    method = "next_console"
    in_bar = 5


class PreviousConsole(_ConsoleView):
    """Go to the open console before."""

    id = "console.previous"
    key = "left_square_bracket"
    name = "Console before"
    method = "previous_console"


class CloseConsole(_ConsoleView):
    """Let go of the console."""

    id = "console.close"
    key = "k"
    name = "Close"
    method = "close_console"


class SendKeysFromConsole(_ConsoleView):
    """Send Ctrl+Alt+Del, SysRq, an NMI: keyboard and board, not the serial port."""

    id = "console.keys"
    key = "K"
    name = "Send keys"
    method = "send_keys"


class ShowConsoleHelp(_ConsoleView):
    """Say why a console may be silent, and what the guest needs for one."""

    id = "console.help"
    key = "h"
    name = "Silent?"
    method = "show_help"


class AddPort(_ConsoleView):
    """Add a serial port, for the next boot."""

    id = "console.add-port"
    key = "plus"
    name = "Add serial port"
    method = "add_port"
