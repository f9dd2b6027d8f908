"""An action is declared once, as one class: key, name, help, conditions, and what it does.

Bindings, key bar, palette, help, key map, dimming, confirmation, read-only mode and bulk
running all come from these declarations.
"""

from __future__ import annotations

import enum
from abc import abstractmethod
from collections.abc import Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, ClassVar

from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.records import DomainKey, DomainRecord, HostRecord

if TYPE_CHECKING:
    from tui.hypervisor.fleet import Fleet
    from tui.hypervisor.host import Host


LEFT_TO_THE_GUEST = ("stopping", "rebooting")
"""Transitions that the guest makes, or never makes: nothing waits for them."""


class Scope(enum.Enum):
    """Where an action's key works; the value is the heading in the help."""

    EVERYWHERE = "Everywhere"
    MACHINES = "Machines"
    MACHINE = "Machine"
    HARDWARE = "Hardware"
    SNAPSHOTS = "Snapshots"
    CONSOLE = "Console"
    DISPLAY = "Screen"
    DEVICES = "Devices"
    HOSTS = "Hosts"
    ACTIVITY = "Activity"


class Context:
    """What an action may use of the program: the application implements it."""

    fleet: Fleet

    @abstractmethod
    def target(self) -> object:
        """The pane or screen in front, whose own commands :class:`ViewAction` calls."""

    @abstractmethod
    def subjects(self) -> Sequence[DomainRecord]:
        """The machines an action would work on now: the marked ones, else the one in view."""

    @abstractmethod
    def machine_in_view(self) -> DomainRecord | None:
        """The machine that is looked at, whatever is marked."""

    @abstractmethod
    def no_subjects(self) -> str:
        """Why there are none, where there are none."""

    @abstractmethod
    def open_machine(self, key: DomainKey, tab: str, error: HypervisorError | None = None) -> None:
        """Show a machine's screen, that tab in front; ``error``: why it did not start."""

    @abstractmethod
    async def show_pane(self, name: str) -> None:
        """Bring a pane to the front."""

    @abstractmethod
    def tell_error(self, error: HypervisorError) -> None:
        """Say what failed, why, and what to do."""

    @abstractmethod
    def say(self, text: str, severity: str = "information") -> None:
        """Tell something in passing (``information``, ``warning``, ``error``)."""

    @abstractmethod
    async def ask_text(self, title: str, question: str, value: str) -> str | None:
        """Ask for a line of text; None when the person backs out."""

    @abstractmethod
    async def act_on_machines(self, action: MachineAction) -> None:
        """Perform it on each of the subjects, asking before where it has to be asked."""

    @abstractmethod
    async def snapshots_of_many(self, records: Sequence[DomainRecord]) -> None:
        """Take or delete a snapshot on several machines."""


class Action:
    """One thing that a person can do. Subclasses declare; the docstring is the help."""

    id: ClassVar[str]
    """Stable name, as the key map uses it: ``machine.start``."""
    key: ClassVar[str]
    """Textual's names of the default keys, comma separated."""
    name: ClassVar[str]
    """As the palette and the key bar show it."""
    scopes: ClassVar[tuple[Scope, ...]]
    in_bar: ClassVar[int] = 0
    """Place in the key bar by importance, 1 first; 0 keeps it out."""

    @property
    def help(self) -> str:
        """One line that says what it does."""
        return (self.__doc__ or "").strip().splitlines()[0]

    def why_not(self, context: Context) -> str:
        """Why it cannot be done now; empty when it can."""
        return ""

    async def run(self, context: Context) -> None:
        """Do it. Raises HypervisorError where a host refuses or fails."""
        raise NotImplementedError(self.id)


class ViewAction(Action):
    """Calls a method of what is in front, a tab before its screen: moving, filtering, sorting.

    Where the view has a ``refusal(method)``, that says what stands against it.
    """

    method: ClassVar[str]
    elsewhere: ClassVar[str] = "not here"
    """Why not where the view has no such command."""

    def view(self, context: Context) -> object:
        """Whose method it is."""
        target = context.target()
        tab = getattr(target, "tab", None)
        return tab if hasattr(tab, self.method) else target

    def why_not(self, context: Context) -> str:
        """Only where the view has that command and does not refuse it."""
        view: Any = self.view(context)
        if not hasattr(view, self.method):
            return self.elsewhere
        reason: str = view.refusal(self.method) if hasattr(view, "refusal") else ""
        return reason

    async def run(self, context: Context) -> None:
        """Call the method."""
        result = getattr(self.view(context), self.method)()
        if isawaitable(result):
            await result


class HostedAction(ViewAction):
    """Of the machine in view, where its host lets it be done."""

    changes_host: ClassVar[bool] = True

    def why_not(self, context: Context) -> str:
        """The host's part, then the view's."""
        subjects = context.subjects()
        if not subjects:
            return context.no_subjects()
        record = context.fleet.hosts[subjects[0].host].record
        return host_refusal(record, self.changes_host) or super().why_not(context)


class ProgramAction(ViewAction):
    """Calls a method of the program itself."""

    def view(self, context: Context) -> object:
        """The program, whatever is in front."""
        return context


class MachineAction(Action):
    """Changes machines: those marked, else the one in view; side by side when several."""

    scopes: ClassVar[tuple[Scope, ...]] = (Scope.MACHINES, Scope.MACHINE)
    changes_host: ClassVar[bool] = True
    dangerous: ClassVar[bool] = False
    """Asks before it acts."""
    question: ClassVar[str] = ""
    """What is asked, up to the machine's name; empty where the action's name will do."""
    consequence: ClassVar[str] = ""
    """What the question adds: what is lost."""
    single: ClassVar[bool] = False
    """Works on one machine only."""
    unheard: ClassVar[str] = ""
    """What is told of a guest that does not do what it is asked; empty where nothing is asked."""
    otherwise: ClassVar[str] = ""
    """What helps then, as a hint."""
    interrupts: ClassVar[bool] = False
    """Possible too while its state is being changed."""

    def why_not(self, context: Context) -> str:
        """The reason of the first machine that stands against it, when all do."""
        subjects = context.subjects()
        if not subjects:
            return context.no_subjects()
        if self.single and len(subjects) > 1:
            return "works on one machine at a time"
        reasons = [self.refusal(context.fleet, domain) for domain in subjects]
        return reasons[0] if all(reasons) else ""

    def refusal(self, fleet: Fleet, domain: DomainRecord) -> str:
        """Why not on this machine: the host, what is under way, then :meth:`unsuitable`."""
        host = fleet.hosts.get(domain.host)
        if host is None:
            return "its host has been removed"
        refusal = host_refusal(host.record, self.changes_host)
        under_way = domain.transition not in (None, *LEFT_TO_THE_GUEST) and not self.interrupts
        if not refusal and under_way:
            return f"it is {domain.transition}"
        return refusal or self.unsuitable(domain)

    def unsuitable(self, domain: DomainRecord) -> str:
        """Why not in the machine's state; empty when it can."""
        return ""

    def worry(self, fleet: Fleet, domain: DomainRecord) -> str:
        """Why to ask first although it is not dangerous by itself; mostly empty."""
        return ""

    def virsh(self, domain: DomainRecord) -> str:
        """The equivalent command; empty where there is none."""
        return ""

    async def run(self, context: Context) -> None:
        """Do it to all of them."""
        await context.act_on_machines(self)

    async def perform(self, host: Host, domain: DomainRecord) -> None:
        """Do it to one machine; raises HypervisorError."""
        raise NotImplementedError(self.id)


def host_refusal(host: HostRecord, changes: bool) -> str:
    """Why nothing can be done (or changed) on a host now; empty when it can."""
    if not host.is_current:
        return f"{host.name} is {host.word}"
    if changes and host.readonly:
        return f"{host.name} is connected read-only"
    return ""
