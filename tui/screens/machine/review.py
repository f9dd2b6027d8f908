"""The review: every change with when it takes effect, the XML diff, the commands; then Apply."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.model.changes import ChangeId
from tui.model.diff import xml_diff
from tui.model.domain import Domain
from tui.model.plan import DomainStatus, Effect, Plan, plan
from tui.model.rules import Finding
from tui.model.session import EditSession
from tui.model.text import visible
from tui.screens.machine.hardware_lines import diff_lines, finding_lines, forecast_line
from tui.screens.marks import HostMarks
from tui.widgets.options import Options
from tui.widgets.text_view import TextView


class Review(Screen[bool]):
    """Answers whether to apply. Changes may be taken back or put off until the next boot."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+s", "apply", "Apply", priority=True),
        Binding("escape,q", "dismiss(False)", "Back"),
        Binding("b", "hold_back", "Next boot only / now"),
        Binding("n", "only_now", "Now only / for good"),
        Binding("delete,x", "drop", "Take back"),
        Binding("tab", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        name: str,
        session: EditSession,
        status: DomainStatus,
        live: Domain | None,
        *,
        check: Callable[[Domain], Sequence[Finding]] = lambda _document: (),
        first: Callable[[EditSession], Sequence[str]] = lambda _session: (),
        going: Callable[[EditSession], Sequence[str]] = lambda _session: (),
    ) -> None:
        """``check(document)``: what does not fit in a definition, the worst first.

        ``first(session)``: commands that are run on the host before, as virsh would.
        ``going(session)``: what is deleted in the end, by path.
        """
        super().__init__()
        self.check = check
        self.first = first
        self.going = going
        self.machine = name
        self.session = session
        self.status = status
        self.live = live
        self._shown: Sequence[ChangeId] = ()
        """The changes in the list."""

    @property
    def plan(self) -> Plan:
        """What applying would do now."""
        return plan(
            self.session.changes,
            self.status,
            self.live,
            held_back=self.session.held_back,
            now_only=self.session.now_only,
        )

    def compose(self) -> ComposeResult:
        """Heading, changes, diff and commands, keys."""
        yield HostMarks()
        yield Static(id="heading", markup=False)
        yield Options(id="above")
        yield TextView(id="difference")
        yield Static(
            " Enter apply  b next boot  n now only  Del take back  Tab to the diff  Esc back",
            id="hint",
            markup=False,
        )

    def on_mount(self) -> None:
        """Show it."""
        self._show()
        self.query_one(Options).focus()

    def on_resize(self) -> None:
        """Lines are cut to the width."""
        self._show()

    def follow(self, status: DomainStatus, live: Domain | None) -> None:
        """The machine runs now, or does not, or someone else has changed it: forecast anew."""
        self.status, self.live = status, live
        if not self.is_mounted or self not in self.app.screen_stack:
            return
        if not self.session.changes:
            self.dismiss(False)
            return
        before = self._change()
        self._show()
        if before not in self._shown:
            self.query_one(Options).highlighted = None  # what was aimed at is not hit by a key
        else:
            self.query_one(Options).highlighted = self._shown.index(before)

    def _show(self) -> None:
        made = self.plan
        counts = [
            f"{sum(f.effect is effect for f in made.forecasts)} {effect.value}" for effect in Effect
        ]
        told = ", ".join(count for count in counts if not count.startswith("0 "))
        told += "" if self.status.active else ": it is off"
        word = "change" if len(made.forecasts) == 1 else "changes"
        heading = f" {len(made.forecasts)} {word} to {visible(self.machine)}"
        self.query_one("#heading", Static).update(
            Content.assemble((heading, "bold $text-primary"), (f"   {told}", "$quiet"))
        )
        self._shown = [forecast.change.id for forecast in made.forecasts]
        options = self.query_one(Options)
        here = options.highlighted or 0
        options.clear_options()
        options.add_options(
            Option(forecast_line(forecast, self.size.width - 2)) for forecast in made.forecasts
        )
        if made.forecasts:
            options.highlighted = min(here, len(made.forecasts) - 1)
        lines = finding_lines(self.check(self.session.edited), self.session.edited, self.size.width)
        going = self.going(self.session)
        lines += [[(f" Deleted for good: {visible(path)}", "error")] for path in going]
        lines += diff_lines(xml_diff(self.session.base, self.session.edited))
        last = [shlex.join(["virsh", "vol-delete", path]) for path in going]
        if commands := (*self.first(self.session), *made.commands, *last):
            lines += [[("", "")], [("The same by virsh:", "muted")]]
            lines += [[("  " + visible(command), "")] for command in commands]
        self.query_one(TextView).set_lines(lines)

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_apply()

    def action_apply(self) -> None:
        """Answer yes, unless something is refused."""
        refused = self.plan.refused
        if refused:
            first = refused[0]
            self.notify(
                visible(f"{first.change.label}: {first.change.what} is refused: {first.why}"),
                severity="warning",
                markup=False,
            )
            return
        self.dismiss(True)

    def _change(self) -> ChangeId | None:
        here = self.query_one(Options).highlighted
        return None if here is None else self._shown[here]

    def action_hold_back(self) -> None:
        """Put the change off until the next boot, or not."""
        change = self._change()
        if change is not None:
            self.session.hold_back(change)
            self._show()

    def action_only_now(self) -> None:
        """Not at the next boot, where it can be done now; or for good again."""
        change = self._change()
        made = [f for f in self.plan.forecasts if f.change.id == change and f.call is not None]
        if change is not None and made and self.status.persistent:
            self.session.only_now(change)
            self._show()
        else:
            self.notify("It cannot be done now, so it cannot be now only.", severity="warning")

    def action_drop(self) -> None:
        """Take the change back."""
        change = self._change()
        if change is not None:
            self.session.drop(change)
            if not self.session.changes:
                self.dismiss(False)
            else:
                self._show()
