"""The chain of images under every disk of a machine, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from posixpath import basename
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.actions.base import host_refusal
from tui.hypervisor import chain_work
from tui.hypervisor.block_jobs import commit_virsh
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.host import Host
from tui.hypervisor.records import DomainKey, DomainRecord
from tui.hypervisor.snapshot_situation import Looked, look_at
from tui.model import units
from tui.model.disk_chains import Chain, Leftover
from tui.model.snapshot_plans import Merge, plan_commit
from tui.model.text import visible
from tui.screens.cancellable import Cancel, cancellable
from tui.screens.machine.chain_lines import COLUMNS, LayerRow, chain_rows, leftover_row, role
from tui.screens.program import Program
from tui.widgets.line_table import LineTable


class Chains(Screen[None]):
    """Layers above, what stands against and for below."""

    app: Program
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back"),
        Binding("f", "flatten", "Flatten"),
        Binding("m", "commit", "Commit down"),
        Binding("o", "look_for_leftovers", "Check for orphans"),
        Binding("delete", "clear_away", "Clear away"),
        Binding("f5", "read", "Read again"),
    ]

    def __init__(self, key: DomainKey) -> None:
        super().__init__()
        self.key = key
        self.looked: Looked | None = None
        self._leftovers: list[Leftover] = []

    def compose(self) -> ComposeResult:
        """Heading, layers, details, keys."""
        yield Static(id="heading", markup=False)
        yield LineTable(COLUMNS, row_key=lambda row: row.key, placeholder="Reading…")
        yield Static(id="chain-told", markup=False)
        yield Static(
            " f flatten   m commit down   o check for orphans   Del clear away   Esc back",
            id="hint",
            markup=False,
        )

    def on_mount(self) -> None:
        """Read it."""
        self.query_one(LineTable).focus()
        self.action_read()

    @property
    def table(self) -> LineTable[LayerRow]:
        """The layers."""
        return self.query_one(LineTable)

    @property
    def machine(self) -> tuple[Host, DomainRecord]:
        """Raises HypervisorError when it is gone."""
        record = self.app.fleet.domain(self.key)
        host = self.app.fleet.hosts.get(self.key[0])
        if record is None or host is None:
            raise HypervisorError("Disk chains", words="the machine is gone")
        return host, record

    def _run(self, work: Coroutine[Any, Any, object]) -> None:
        """In the program's care: it goes on when the screen is left."""

        async def then_read() -> None:
            try:
                await work
            finally:
                if self.is_running and self in self.app.screen_stack:
                    self.action_read()

        self.app.begin(then_read())

    def action_read(self) -> None:
        """``F5``: read layers and sizes again."""
        self.run_worker(self._read(), group="read", exclusive=True)

    async def _read(self) -> None:
        try:
            host, record = self.machine
            self.looked = await look_at(host, record, who_else=True)
        except HypervisorError as error:
            if self.is_running:
                self.table.set_placeholder(f"{visible(error.what)}: {visible(error.words)}")
            return
        self._show()

    def _show(self) -> None:
        looked = self.looked
        if looked is None or not self.is_running:
            return
        rows = chain_rows(looked.situation.chains, looked)
        self.table.set_placeholder("No disk has an image that this host can tell of.")
        self.table.set_rows([*rows, *map(leftover_row, self._leftovers)])
        record = self.app.fleet.domain(self.key)
        state = f"it is {record.state.word}" if record is not None else "it is gone"
        self.query_one("#heading", Static).update(
            Content.assemble(
                (f" Disk chains of {visible(looked.situation.machine)}", "bold $text-primary"),
                (f"  {state}", "$quiet"),
            )
        )
        self._show_details()

    @on(LineTable.CursorMoved)
    def _show_details(self) -> None:
        row, area = self.table.cursor_row, self.query_one("#chain-told", Static)
        if row is None or self.looked is None:
            area.update("")
            return
        lines = [Content.assemble((visible(row.image.path), "bold"), ("  ", ""), role(row).text)]
        now = self.looked.situation
        chain = now.chain(row.target)
        if row.leftover is not None:
            lines.append(Content.assemble((visible(row.leftover.advice), "$text-warning")))
        elif chain is not None:
            if chain.trouble:
                lines.append(Content.assemble((visible(chain.trouble), "$text-warning")))
            merge, refusal = plan_commit(row.target, row.image.path, now)
            told = f"m: {merge.words}" if merge is not None else f"m: no, {refusal}"
            lines.append(Content.assemble((visible(told), "$quiet")))
            lines.append(Content.assemble((visible(self._flat(chain)), "$quiet")))
        area.update(Content("\n").join(lines))

    def _flat(self, chain: Chain) -> str:
        below = sum(layer.allocation or 0 for layer in chain.layers[1:])
        if chain.depth == 0:
            return "f: no, it stands on nothing"
        return f"f: copies up to {units.size(below)} of what {chain.target} stands on into it"

    # -- commands ----------------------------------------------------------------------------

    def _may_change(self, what: str) -> bool:
        """Whether its host lets anything be changed; says why not."""
        host = self.app.fleet.hosts.get(self.key[0])
        reason = "its host is gone" if host is None else host_refusal(host.record, changes=True)
        if reason:
            self.app.say(f"{what}: {reason}", "warning")
        return not reason

    def action_flatten(self) -> None:
        """``f``: pull everything into the active layer."""
        if not self._may_change("Flatten"):
            return
        row = self.table.cursor_row
        chain = self._chain(row)
        if row is None or chain is None or chain.depth == 0:
            self.app.say("It stands on nothing: there is nothing to pull.", "warning")
            return
        self._run(self._flatten(row.target, chain))

    def _chain(self, row: LayerRow | None) -> Chain | None:
        if row is None or self.looked is None:
            return None
        return self.looked.situation.chain(row.target)

    async def _flatten(self, target: str, chain: Chain) -> None:
        host, record = self.machine
        question = f"Flatten {target} of {visible(record.name)}?"
        copies = self._flat(chain).removeprefix("f: ").replace("copies", "Copies", 1)
        consequence = f"{copies}. The images below stay: snapshots and others may need them."
        command = chain_work.flatten_virsh(record, target)
        if await self._agreed(question, consequence, [command], "Flatten"):
            await self._until_done(
                lambda cancel: chain_work.flatten(host, record, target, cancel),
                f"{target} stands on nothing now.",
            )

    async def _agreed(
        self, question: str, consequence: str, lines: Sequence[str], yes: str
    ) -> bool:
        if self.looked is not None and not self.looked.active:
            consequence += " QEMU is started paused meanwhile; the guest does not run in it."
        shown = [visible(line) for line in lines]
        return await self.app.ask(question, visible(consequence), shown, yes)

    async def _until_done(
        self, work: Callable[[Cancel], Coroutine[Any, Any, None]], done: str
    ) -> None:
        if await cancellable(work):
            self.app.say(done)
        else:
            self.app.say("Cancelled: the chain is as it was.", "warning")

    def action_commit(self) -> None:
        """``m``: merge the layer under the cursor into the one below it."""
        if not self._may_change("Commit down"):
            return
        row = self.table.cursor_row
        if row is None or self.looked is None or row.leftover is not None:
            return
        merge, refusal = plan_commit(row.target, row.image.path, self.looked.situation)
        if merge is None:
            self.app.say(f"Commit down: {visible(refusal)}", "warning")
            return
        self._run(self._commit(merge))

    async def _commit(self, merge: Merge) -> None:
        host, record = self.machine
        question = f"Commit a layer of {visible(record.name)} down?"
        consequence = "What the guest sees stays the same; the upper file is deleted afterwards."
        command = commit_virsh(record.name, merge)
        if await self._agreed(question, consequence, [merge.words, command], "Commit"):
            await self._until_done(
                lambda cancel: chain_work.commit_down(
                    host, record, merge.target, merge.top, cancel
                ),
                f"{merge.target}: {visible(basename(merge.top))} is merged.",
            )

    def action_look_for_leftovers(self) -> None:
        """``o``: files of nobody, dangling descriptions, layers that are written under others."""
        self._run(self._look_for_leftovers())

    async def _look_for_leftovers(self) -> None:
        self._leftovers = await chain_work.find_leftovers(*self.machine)
        count = len(self._leftovers)
        self.app.say(f"{count} left over." if count else "Nothing is left over.")

    def action_clear_away(self) -> None:
        """``Delete``: what the check has found, under the cursor."""
        if not self._may_change("Clear away"):
            return
        row = self.table.cursor_row
        if row is None or row.leftover is None or row.leftover.kind == "write":
            self.app.say("Only what o has found left over can be cleared away.", "warning")
            return
        self._run(self._clear_away(row.leftover))

    async def _clear_away(self, one: Leftover) -> None:
        word = "Delete data" if one.kind == "file" else "Forget"
        if await self.app.ask(f"{word}: {visible(one.name)}?", visible(one.advice), [], word):
            await chain_work.clear_away(*self.machine, one)
            # Not remove(): another check may have found meanwhile that it is gone.
            self._leftovers = [other for other in self._leftovers if other != one]
