"""What can be done to machines."""

from __future__ import annotations

from tui.actions.base import Action, Context, MachineAction, Scope
from tui.hypervisor import lifecycle
from tui.hypervisor.change import virsh
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainRecord
from tui.model.states import DomainState
from tui.model.text import visible


def needs_running(domain: DomainRecord) -> str:
    """The reason against what only a running machine can do."""
    return "" if domain.state.is_running else f"it is {domain.state.word}"


def needs_active(domain: DomainRecord) -> str:
    """The reason against what needs a machine that is not off."""
    return "" if domain.state.is_active else f"it is {domain.state.word}"


def needs_persistent(domain: DomainRecord) -> str:
    """The reason against what needs a stored definition."""
    return "" if domain.persistent else "it is transient: it has no stored definition"


def gone_for_good(fleet: Fleet, domain: DomainRecord) -> str:
    """What a machine loses by being off besides what runs in it."""
    if not fleet.hosts[domain.host].inventory.has_flags:
        return "Whether it is transient is still being read: if so, its definition is gone with it."
    return "" if domain.persistent else "It is transient: its definition is gone once it is off."


class Start(MachineAction):
    """Start; resume when paused, restore when saved, wake when suspended."""

    id = "machine.start"
    key = "s"
    name = "Start"
    in_bar = 2

    def unsuitable(self, domain: DomainRecord) -> str:
        if domain.state.is_running:
            return "it is running already"
        if domain.state is DomainState.CRASHED:
            return "it has crashed and is kept as it was: force it off first, or reset it"
        if domain.state is DomainState.SHUTDOWN:
            return "it is shutting down: start it when it is off"
        return ""

    def worry(self, fleet: Fleet, domain: DomainRecord) -> str:
        return "\n".join(
            filter(None, (fleet.against_start(domain), *fleet.device_warnings(domain)))
        )

    def virsh(self, domain: DomainRecord) -> str:
        command = {DomainState.PAUSED: "resume", DomainState.PMSUSPENDED: "dompmwakeup"}
        return virsh(command.get(domain.state, "start"), domain.name)

    async def perform(self, host: Host, domain: DomainRecord) -> None:
        await lifecycle.start(host, domain)


class ShutDown(MachineAction):
    """Ask the guest to power off: by its agent, else by the ACPI button."""

    id = "machine.shutdown"
    key = "S"
    name = "Shut down"
    unheard = "has not shut down"
    otherwise = "{machine.force-off} forces it off"
    in_bar = 3

    def unsuitable(self, domain: DomainRecord) -> str:
        if domain.state.can_resume:
            return f"it is {domain.state.word} and cannot hear: resume it first"
        return needs_running(domain)

    def worry(self, fleet: Fleet, domain: DomainRecord) -> str:
        return gone_for_good(fleet, domain)

    def virsh(self, domain: DomainRecord) -> str:
        return virsh("shutdown", domain.name)

    async def perform(self, host: Host, domain: DomainRecord) -> None:
        await lifecycle.shut_down(host, domain)


class Reboot(MachineAction):
    """Ask the guest to restart."""

    id = "machine.reboot"
    key = "r"
    name = "Reboot"
    unheard = "has not restarted"
    otherwise = "{machine.reset} resets it"
    in_bar = 6

    def unsuitable(self, domain: DomainRecord) -> str:
        return needs_running(domain)

    def virsh(self, domain: DomainRecord) -> str:
        return virsh("reboot", domain.name)

    async def perform(self, host: Host, domain: DomainRecord) -> None:
        await lifecycle.reboot(host, domain)


class Reset(MachineAction):
    """Press the reset button: the guest restarts without shutting down."""

    id = "machine.reset"
    key = "R"
    name = "Reset"
    interrupts = True
    dangerous = True
    consequence = "The guest restarts at once; what it has not written to disk is lost."

    def unsuitable(self, domain: DomainRecord) -> str:
        return needs_active(domain)

    def virsh(self, domain: DomainRecord) -> str:
        return virsh("reset", domain.name)

    async def perform(self, host: Host, domain: DomainRecord) -> None:
        await lifecycle.reset(host, domain)


class Pause(MachineAction):
    """Pause, or resume when paused; of several marked, those that run are paused."""

    id = "machine.pause"
    key = "p"
    name = "Pause/Resume"
    in_bar = 4

    def unsuitable(self, domain: DomainRecord) -> str:
        stoppable = domain.state.is_running or domain.state.can_resume
        return "" if stoppable else f"it is {domain.state.word}"

    def virsh(self, domain: DomainRecord) -> str:
        return virsh("resume" if domain.state.can_resume else "suspend", domain.name)

    async def perform(self, host: Host, domain: DomainRecord) -> None:
        if domain.state.can_resume:
            await lifecycle.resume(host, domain)
        else:
            await lifecycle.pause(host, domain)

    async def run(self, context: Context) -> None:
        """Of several, pause those that run; only where none does, resume."""
        states = [domain.state for domain in context.subjects()]
        mixed = len(states) > 1 and any(state.is_running for state in states)
        await context.act_on_machines(_PauseRunning() if mixed else self)


class _PauseRunning(Pause):
    """Pause what runs, and leave the others as they are."""

    name = "Pause"

    def unsuitable(self, domain: DomainRecord) -> str:
        return needs_running(domain)


class ForceOff(MachineAction):
    """Pull the plug: off at once, without a shutdown in the guest."""

    id = "machine.force-off"
    key = "o"
    name = "Force off"
    interrupts = True
    dangerous = True
    consequence = "What the guest has not written to disk is lost. Its disks stay."
    in_bar = 7

    def unsuitable(self, domain: DomainRecord) -> str:
        return needs_active(domain)

    def worry(self, fleet: Fleet, domain: DomainRecord) -> str:
        return gone_for_good(fleet, domain)

    def virsh(self, domain: DomainRecord) -> str:
        return virsh("destroy", domain.name)

    async def perform(self, host: Host, domain: DomainRecord) -> None:
        await lifecycle.force_off(host, domain)


class Save(MachineAction):
    """Save memory to disk and stop; the next start goes on from there."""

    id = "machine.save"
    key = "w"
    name = "Save"
    in_bar = 8

    def unsuitable(self, domain: DomainRecord) -> str:
        return needs_persistent(domain) or needs_active(domain)

    def virsh(self, domain: DomainRecord) -> str:
        return virsh("managedsave", domain.name)

    async def perform(self, host: Host, domain: DomainRecord) -> None:
        await lifecycle.save(host, domain)


class DiscardSavedState(MachineAction):
    """Delete the saved memory: the next start boots afresh."""

    id = "machine.discard-saved"
    key = "ctrl+w"
    name = "Discard saved state"
    dangerous = True
    question = "Discard the saved state of"
    consequence = "The memory it was saved with is lost, as if the plug had been pulled."

    def unsuitable(self, domain: DomainRecord) -> str:
        return "" if domain.managed_save else "it has no saved state"

    def virsh(self, domain: DomainRecord) -> str:
        return virsh("managedsave-remove", domain.name)

    async def perform(self, host: Host, domain: DomainRecord) -> None:
        await lifecycle.discard_saved_state(host, domain)


class Autostart(MachineAction):
    """Start with the host, or no longer; of several marked, on where it is off."""

    id = "machine.autostart"
    key = "A"
    name = "Autostart on/off"
    interrupts = True

    def unsuitable(self, domain: DomainRecord) -> str:
        return needs_persistent(domain)

    def virsh(self, domain: DomainRecord) -> str:
        return virsh("autostart --disable" if domain.autostart else "autostart", domain.name)

    async def perform(self, host: Host, domain: DomainRecord) -> None:
        await lifecycle.set_autostart(host, domain, not domain.autostart)

    async def run(self, context: Context) -> None:
        """Of several, turn it on where it is off; only where it is on for all, turn it off."""
        mixed = len({domain.autostart for domain in context.subjects()}) > 1
        await context.act_on_machines(_AutostartOn() if mixed else self)


class _AutostartOn(Autostart):
    """Start with the host those that do not yet."""

    name = "Autostart on"

    def unsuitable(self, domain: DomainRecord) -> str:
        return needs_persistent(domain) or ("it starts with its host" if domain.autostart else "")


class Rename(MachineAction):
    """Give the machine another name; it must be off."""

    id = "machine.rename"
    key = "f2"
    name = "Rename"
    single = True

    def unsuitable(self, domain: DomainRecord) -> str:
        if domain.state is not DomainState.SHUTOFF:
            return f"it is {domain.state.word}: libvirt renames machines that are off only"
        return needs_persistent(domain)

    def virsh(self, domain: DomainRecord) -> str:
        return virsh("domrename", domain.name, "NEW-NAME")

    async def run(self, context: Context) -> None:
        """Ask for the name, then rename."""
        domain = context.subjects()[0]
        name = await context.ask_text(f"Rename {visible(domain.name)}", "New name", domain.name)
        if name and name != domain.name:
            await lifecycle.rename(context.fleet.hosts[domain.host], domain, name)


class _Open(Action):
    """Shows the machine under the cursor, whatever is marked and whatever its host does."""

    scopes = (Scope.MACHINES,)
    tab: str

    def why_not(self, context: Context) -> str:
        return "" if context.machine_in_view() else context.no_subjects()

    async def run(self, context: Context) -> None:
        """Show the machine's screen."""
        domain = context.machine_in_view()
        if domain is not None:
            context.open_machine(domain.key, self.tab)


class Open(_Open):
    """Open the machine."""

    id = "machine.open"
    key = "enter"
    name = "Open"
    tab = "overview"
    in_bar = 1


class OpenHardware(_Open):
    """Show and edit its hardware."""

    id = "machine.hardware"
    key = "e"
    name = "Hardware"
    tab = "hardware"
    in_bar = 6


class OpenConsole(_Open):
    """Open its serial console."""

    id = "machine.console"
    key = "c"
    name = "Console"
    tab = "console"
    in_bar = 5


class OpenXml(_Open):
    """Show its definition as XML."""

    id = "machine.xml"
    key = "x"
    name = "XML"
    tab = "xml"


class OpenLog(_Open):
    """Show its QEMU log."""

    id = "machine.log"
    key = "l"
    name = "Log"
    tab = "log"
