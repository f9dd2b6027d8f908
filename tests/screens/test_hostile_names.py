"""A host whose every name tries something: markup, escapes, invisible and turning characters.

Every key is pressed on it, while a watch is kept over what may block the loop.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

import libvirt
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.strip import Strip

from tests.loop_watch import loop_watched
from tests.waiting import until
from tui.actions.base import Scope
from tui.actions.registry import actions_of
from tui.app import VirttyApp
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.listing import read_unannounced
from tui.model import Domain
from tui.model.changes import canonical
from tui.model.text import visible
from tui.model.xml import MASK
from tui.screens.choose import Choose, Offer
from tui.screens.devices.ask_fields import AskField, AskFields
from tui.screens.dialogs import AskText, Confirm, Results
from tui.screens.machine.edit_text import EditText
from tui.screens.machine.screen import MachineScreen
from tui.screens.machine.tabs import TABS
from tui.screens.machine.xml_editor import XmlEditor
from tui.screens.main import MainScreen
from tui.settings import Settings, load_settings

Begin = Callable[[], Awaitable[object]]

EVIL = "[bold]\u202e\u200b\x9b2J\u0085\u2066\U000e0041\u0301日本\\[@click=app.quit]x $HOME `id`"
"""XML cannot hold ESC and BEL, but C1 controls: CSI in one character."""
UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"


def node(name: str) -> str:
    """An inventory of libvirt's test driver; all that has a name is called ``name``."""
    one = escape(name, {"'": "&apos;", '"': "&quot;"})
    return f"""<node>
<domain type='test'><name>m {one}</name><uuid>{UUID}</uuid><title>[/]t {one}</title>
<description>[/]d {one}
second line {one}</description><memory>1024</memory><vcpu>2</vcpu><os><type>hvm</type></os>
<devices>
<disk type='file' device='disk'><source file='/i/{one}.qcow2'/><target dev='vda' bus='virtio'/>
<serial>s {one}</serial></disk>
<disk type='volume' device='disk'><source pool='p {one}' volume='v {one}'/>
<target dev='vdb' bus='virtio'/></disk>
<interface type='network'><source network='n {one}'/><model type='virtio'/>
<alias name='ua-{one}'/></interface>
<serial type='pty'><target port='0'/></serial>
<filesystem type='mount'><source dir='/{one}'/><target dir='tag {one}'/></filesystem>
</devices></domain>
<network><name>n {one}</name><bridge name='virbr9'/></network>
<pool type='dir'><name>p {one}</name><target><path>/pool {one}</path></target></pool>
</node>"""


@contextlib.asynccontextmanager
async def hostile(tmp_path: Path, name: str = EVIL) -> AsyncIterator[tuple[VirttyApp, Pilot[int]]]:
    """The program on such a host; nothing that may block is done in its loop meanwhile."""
    file = tmp_path / "node.xml"
    file.write_text(node(name))
    fleet = Fleet()
    host = fleet.add(f"h {name}", f"test://{file}")
    host.open()
    app = VirttyApp(fleet, Settings())
    try:
        async with app.run_test(size=(120, 36), notifications=True) as pilot:
            await until(lambda: host.inventory.domains and host.record.facts)
            with loop_watched() as blocking:
                yield app, pilot
            assert blocking == []
    finally:
        fleet.close()


def acting(text: str) -> set[str]:
    """Characters on a screen that a terminal might act upon, or that nobody sees."""
    return {char for char in text.replace("\n", "") if visible(f"a{char}") != f"a{char}"}


def shown(app: VirttyApp) -> str:
    """The screen but for its fields, in which a text is edited as it is."""
    fields = [field.region for field in app.screen.query("Input, TextArea")]
    lines = []
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        for field in fields:
            if field.y <= y < field.bottom:
                left, right = strip.crop(0, field.x), strip.crop(field.right)
                strip = Strip.join([left, Strip.blank(field.width), right])
        lines.append(strip.text)
    return "\n".join(lines)


def is_in_a_dialog(app: VirttyApp) -> bool:
    return not isinstance(app.screen, MainScreen | MachineScreen)


def acts(app: VirttyApp) -> set[object]:
    """What keys have begun; that of a dialog which was popped waits for its answer for good."""
    return {worker for worker in app.workers if worker.group == "actions"}


def has_come_of(app: VirttyApp, before: set[object]) -> bool:
    """Whether what was begun since ``before`` is done, or asks, and nothing is being read."""
    if any(worker.group == "read" for worker in app.workers):
        return False
    return is_in_a_dialog(app) or acts(app) <= before


async def press_all(app: VirttyApp, pilot: Pilot[int], scope: Scope, begin: Begin) -> set[str]:
    """Press the key of every action of a scope, from ``begin`` on; the screens that came."""
    seen = set()
    for action in actions_of(scope):
        while is_in_a_dialog(app):
            app.pop_screen()
            await pilot.pause()
        await begin()
        before = acts(app)
        await pilot.press(action.key.split(",")[0])
        await until(partial(has_come_of, app, before))
        await pilot.pause()
        text = shown(app)
        assert acting(text) == set(), f"{action.id} on {app.screen}"
        if visible(EVIL)[:12] in text:
            seen.add(type(app.screen).__name__)
    return seen


async def test_what_machines_are_called_acts_on_nothing(tmp_path: Path) -> None:
    seen = set()
    async with hostile(tmp_path) as (app, pilot):
        panes = ((Scope.MACHINES, "1"), (Scope.DEVICES, "4"), (Scope.HOSTS, "5"))
        for scope, key in (*panes, (Scope.ACTIVITY, "6")):
            seen |= await press_all(app, pilot, scope, partial(pilot.press, key))
    assert {"MainScreen", "AskText", "Confirm", "MachineScreen", "HostDialog"} <= seen


async def test_what_a_machine_has_acts_on_nothing(tmp_path: Path) -> None:
    seen = set()
    scopes = {"overview": Scope.MACHINE, "hardware": Scope.HARDWARE, "display": Scope.DISPLAY}
    scopes |= {"snapshots": Scope.SNAPSHOTS, "console": Scope.CONSOLE}
    xml = f"""<domainsnapshot><name>s {EVIL}</name><description>[/]{EVIL}
second line {EVIL}</description></domainsnapshot>"""

    def take(connection: libvirt.virConnect) -> None:
        connection.lookupByUUIDString(UUID).snapshotCreateXML(xml, 0)

    async with hostile(tmp_path) as (app, pilot):
        (record,) = app.fleet.domains()
        await app.fleet.hosts[record.host].call(take)
        for tab in TABS:

            async def begin(name: str = tab.name) -> None:
                screen = app.screen
                if not isinstance(screen, MachineScreen):
                    app.open_machine(record.key, name)
                elif screen.tab is None or screen.tab.id != name:
                    await screen.show_tab(name)
                await until(lambda: isinstance(app.screen, MachineScreen) and app.screen.tab)

            await begin()
            await pilot.pause()
            assert acting(shown(app)) == set(), tab.name
            if tab.name in scopes:
                seen |= await press_all(app, pilot, scopes[tab.name], begin)
    named = {"SnapshotXml", "AskText", "EditText", "Chains", "Confirm", "MachineScreen"}
    assert named <= seen


async def test_what_failed_is_told_as_plainly(tmp_path: Path) -> None:
    async with hostile(tmp_path) as (app, pilot):
        error = HypervisorError(f"Start m {EVIL}", words=f"[/]\x1b[2J {EVIL}", advice=EVIL)
        app.tell_error(error)
        await until(lambda: "Start m" in shown(app))
        assert "[bold]\u2039U+202E\u203a" in shown(app)
        assert "[/]\u241b[2J" in shown(app)
        assert acting(shown(app)) == set()
        await pilot.pause()


async def test_the_xml_editor_loses_no_character(tmp_path: Path) -> None:
    """A line separator is a line end to a text area, and would come back as another one."""
    domain = Domain.from_xml(
        f"<domain><name>a</name><description>{EVIL}\u2028 {MASK} \ue0000\ue001</description>"
        "<devices><graphics type='vnc' passwd='hush'/></devices></domain>"
    )
    async with hostile(tmp_path) as (app, pilot):
        answers: list[Domain | None] = []
        app.push_screen(XmlEditor("a", domain), answers.append)
        await until(lambda: bool(app.screen.query("TextArea")))
        editor = app.screen
        assert isinstance(editor, XmlEditor)
        assert acting(editor.area.text) == set()
        assert "hush" not in editor.area.text
        await pilot.press("ctrl+s")
        await until(lambda: bool(answers))
    assert answers[0] is not None
    assert canonical(answers[0].root) == canonical(domain.root)


async def test_a_description_that_is_only_looked_at_stays(tmp_path: Path) -> None:
    async with hostile(tmp_path) as (app, pilot):
        answers: list[str | None] = []
        app.push_screen(EditText("Describe", f" {EVIL}\n"), answers.append)
        await until(lambda: bool(app.screen.query("TextArea")))
        await pilot.press("ctrl+s")
        await until(lambda: bool(answers))
    assert answers == [f" {EVIL}\n"]


async def test_what_would_block_the_loop_is_found(tmp_path: Path) -> None:
    """The watch itself."""
    connection = libvirt.open("test:///default")
    with loop_watched() as blocking:
        read_unannounced(connection)
        load_settings(tmp_path / "none.toml")
    assert any("settings.py" in call for call in blocking)
    assert any("listing.py" in call for call in blocking)


async def test_dialogs_show_every_name_honestly(tmp_path: Path) -> None:
    """Also those that whoever asks has not made visible: a pool's, another machine's."""
    async with hostile(tmp_path) as (app, pilot):
        for dialog in (
            Confirm(f"Start {EVIL}?", f"one\n{EVIL}", [f"virsh start {EVIL}"], "Start"),
            AskText(f"New volume in {EVIL}", f"Name of {EVIL}", "a"),
            Choose(f"Volumes of {EVIL}", [Offer("a", EVIL, EVIL)]),
            AskFields(f"As {EVIL}", [AskField("a", "A")], lambda _answers: ""),
            Results(f"Done: {EVIL}", []),
        ):
            app.push_screen(dialog)
            await until(lambda: isinstance(app.screen, ModalScreen))
            await pilot.pause()
            assert "[bold]" in shown(app)
            assert acting(shown(app)) == set(), type(dialog).__name__
            await pilot.press("escape")
            await until(lambda: not isinstance(app.screen, ModalScreen))
