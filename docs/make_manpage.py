"""Print the manual page virtty(1), made from the options that the program declares."""

import argparse

from tui import __version__
from tui.options import build_parser

FILES = (
    ("~/.config/virtty/settings.toml", "The settings: theme, columns, keys, hosts."),
    ("~/.local/state/virtty/state.json", "What the program remembers by itself."),
    ("~/.local/state/virtty/audit.log", "Every change that was made from here, as JSON lines."),
    ("~/.local/state/virtty/history", "The definitions that were replaced."),
    ("~/.local/state/virtty/log/virtty.log", "The program's log."),
    ("~/.config/libvirt/libvirt.conf", "URI aliases; for root /etc/libvirt/libvirt.conf."),
)
ENVIRONMENT = (
    ("LIBVIRT_DEFAULT_URI", "The host to connect to when nothing else says."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME", "Stand for ~/.config and ~/.local/state above."),
    ("VISUAL, EDITOR", "The editor that XML is handed to; else vi."),
    ("NO_COLOR", "Set to anything: no colours."),
)
STATUS = (
    ("0", "The person quit."),
    ("1", "There is no terminal, or none of the hosts could be reached."),
    ("2", "The arguments were wrong."),
    ("129, 143", "The end by SIGHUP or SIGTERM."),
)
EXAMPLES = (
    ("virtty --demo", "Look around without a hypervisor."),
    ("virtty qemu+ssh://root@host/system", "Manage the machines of another host."),
    ("virtty --readonly qemu:///system", "Watch, and change nothing."),
)


def main() -> str:
    """Return the page as roff source."""
    parser = build_parser()
    page = [
        f'.TH VIRTTY 1 "" "virtty {__version__}" "User Commands"',
        ".SH NAME",
        "virtty \\- manage libvirt virtual machines in a terminal",
        ".SH SYNOPSIS",
        ".B virtty",
        *(f"[{_bold(option)}]" for option in _options(parser)),
        *(rf"[\fI{action.metavar}\fR ...]" for action in _positionals(parser)),
        ".SH DESCRIPTION",
        _text(parser.description or ""),
        "Shows the machines of all connected hosts in one table, live, and changes them.",
        "Press ? on any screen for its keys.",
        ".PP",
        _text(parser.epilog or ""),
        ".SH OPTIONS",
    ]
    for action in _positionals(parser):
        page += [".TP", rf"\fI{action.metavar}\fR", _text(action.help or "")]
    for action in _options(parser):
        page += [".TP", _bold(action), _text(action.help or "")]
    for heading, rows in (
        ("FILES", FILES),
        ("ENVIRONMENT", ENVIRONMENT),
        ("EXIT STATUS", STATUS),
        ("EXAMPLES", EXAMPLES),
    ):
        page.append(f".SH {heading}")
        for name, meaning in rows:
            page += [".TP", rf"\fB{_text(name)}\fR", _text(meaning)]
    page += [".SH SEE ALSO", ".BR virsh (1)"]
    return "\n".join(page) + "\n"


def _options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if action.option_strings]


def _positionals(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if not action.option_strings]


def _bold(action: argparse.Action) -> str:
    names = ", ".join(rf"\fB{_text(name)}\fR" for name in action.option_strings)
    value = action.metavar or ("|".join(action.choices) if action.choices else "")
    return rf"{names} \fI{value}\fR" if value else names


def _text(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-")


if __name__ == "__main__":
    print(main(), end="")
