"""Keys that a terminal or its window manager keeps to itself, sent to a guest by name."""

from __future__ import annotations

from dataclasses import dataclass

from tui.actions.base import host_refusal
from tui.hypervisor.display import inject_nmi, send_keys
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model.text import visible
from tui.screens.choose import Choose, Offer
from tui.screens.program import Program

NMI = "NMI"


@dataclass(frozen=True, slots=True)
class Special:
    """One of them."""

    told: str
    keys: tuple[str, ...]
    """Pressed together, by name; none for the interrupt, which no key gives."""
    note: str = ""
    asks: bool = False
    """It may cost the guest what it has not written."""


SPECIAL = (
    Special("Ctrl+Alt+Del", ("leftctrl", "leftalt", "delete"), "most guests reboot"),
    *(
        Special(f"Ctrl+Alt+F{n}", ("leftctrl", "leftalt", f"f{n}"), "another virtual terminal")
        for n in range(1, 8)
    ),
    Special("Ctrl+Alt+Backspace", ("leftctrl", "leftalt", "backspace")),
    Special("Print Screen", ("sysrq",)),
    Special("Alt+SysRq+S", ("leftalt", "sysrq", "s"), "Linux writes its disks"),
    Special("Alt+SysRq+W", ("leftalt", "sysrq", "w"), "Linux tells which tasks hang"),
    Special("Alt+SysRq+B", ("leftalt", "sysrq", "b"), "Linux reboots at once, unsynced", True),
    Special(NMI, (), "a guest set up for it panics and dumps", True),
    Special("Ctrl+]", ("leftctrl", "rightbrace"), "which leads out of here otherwise"),
    Special("Alt+Tab", ("leftalt", "tab")),
    Special("Alt+F4", ("leftalt", "f4")),
    Special("F11", ("f11",)),
    Special("Super", ("leftmeta",), "the key with the logo"),
    Special("Menu", ("compose",)),
    Special("Pause", ("pause",)),
)


def why_no_keys(host: Host, record: DomainRecord) -> str:
    """Why none can be sent; empty when they can."""
    refusal = host_refusal(host.record, changes=True)
    return refusal or ("" if record.state.is_active else "the machine is off")


async def send_special(app: Program, host: Host, record: DomainRecord) -> None:
    """Ask which, and send it. Raises HypervisorError."""
    offers = [Offer(one.told, one.told, one.note) for one in SPECIAL]
    chosen = await app.push_screen_wait(Choose("Send keys to the guest", offers))
    one = next((one for one in SPECIAL if one.told == chosen), None)
    if one is None:
        return
    question = f"Send {one.told} to {visible(record.name)}?"
    if one.asks and not await app.ask(question, f"{one.note}.", yes="Send"):
        return
    if one.keys:
        await send_keys(host, record, one.keys, one.told)
    else:
        await inject_nmi(host, record)
