"""The hosts pane on good hosts and bad ones, driven by keys."""

from __future__ import annotations

import contextlib
import socket
import time
import tomllib
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.waiting import until
from tui.actions.registry import actions
from tui.app import VirttyApp
from tui.hypervisor.errors import HypervisorError
from tui.hypervisor.fleet import Fleet
from tui.hypervisor.records import DomainRecord, HostFacts, HostRecord, HostState
from tui.model.states import DomainState
from tui.screens import hosts as hosts_module
from tui.screens.dialogs import Confirm
from tui.screens.host_columns import (
    ASKS,
    COLUMNS,
    book_row,
    host_details,
    host_row,
    shown_uri,
    why_not_here,
)
from tui.screens.host_dialog import HostDialog, fault
from tui.screens.hosts import HostsPane
from tui.settings import HostEntry, Settings

TEST = "test:///default"
NOBODY = "qemu+unix:///system?socket=/nonexistent"
GIB = 1 << 30


@contextlib.asynccontextmanager
async def running(
    hosts: dict[str, str],
    book: Sequence[HostEntry] = (),
    settings_file: Path | None = None,
    size: tuple[int, int] = (160, 45),
) -> AsyncIterator[tuple[VirttyApp, Pilot[int]]]:
    """The program on these hosts, by name, with the hosts pane in front."""
    fleet = Fleet()
    for name, uri in hosts.items():
        fleet.add(name, uri).open()
    app = VirttyApp(fleet, Settings(hosts=list(book)), settings_file=settings_file)
    async with app.run_test(size=size) as pilot:
        await pilot.press("5")
        await until(lambda: app.main.query(HostsPane) and pane(app).table.has_focus)
        yield app, pilot
    fleet.close()


def pane(app: VirttyApp) -> HostsPane:
    return app.main.query_one(HostsPane)


def rows(app: VirttyApp) -> dict[str, str]:
    """Name to state in a word, as the table has them."""
    return {row.record.name: row.record.word for row in pane(app).table.visible_rows}


def details(app: VirttyApp) -> str:
    return str(pane(app).query_one("#host-details", Static).render())


def state(app: VirttyApp, name: str) -> HostState:
    return app.fleet.hosts[name].record.state


def cells(row: object) -> dict[str, str]:
    return {column.key: column.render(row).text for column in COLUMNS}


async def fill(pilot: Pilot[int], name: str, uri: str) -> None:
    """Write name and URI into the dialog and save."""
    app = pilot.app
    await until(lambda: isinstance(app.screen, HostDialog) and app.focused is not None)
    app.screen.query_one("#host-name").value = name
    app.screen.query_one("#host-uri").value = uri
    await pilot.press("ctrl+s")


@pytest.fixture
def silent_uri(tmp_path: Path) -> Iterator[str]:
    """A daemon's socket behind which nobody ever answers."""
    path = tmp_path / "silent"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield f"qemu+unix:///system?socket={path}"


# -- pure ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("qemu:///system", "qemu:///system"),
        ("qemu+ssh://root@host/system", "qemu+ssh://root@host/system"),
        ("esx://root:se@cret@host/?no_verify=1", "esx://root:***@host/?no_verify=1"),
        ("x://h/?a=1&password=p&b=2", "x://h/?a=1&password=***&b=2"),
        ("x://h/?Token=t", "x://h/?Token=***"),
        ("qemu:///\x1b[2J", "qemu:///␛[2J"),
    ],
)
def test_a_uri_is_shown_without_secrets_and_escapes(uri: str, shown: str) -> None:
    assert shown_uri(uri) == shown


def test_what_is_off_is_not_counted_as_given_away_and_paused_is_not_running() -> None:
    facts = HostFacts("box", "QEMU", "9.0.0", "7.2.0", "x86_64", 8, 16 * GIB, True)
    record = HostRecord("box", "box", TEST, True, HostState.CONNECTED, facts=facts, round_trip=0.02)
    machines = [
        DomainRecord("box", "1", "on", 1, DomainState.RUNNING, vcpus=2, memory=GIB),
        DomainRecord("box", "2", "paused", 2, DomainState.PAUSED, vcpus=1, memory=GIB),
        DomainRecord("box", "3", "off", None, DomainState.SHUTOFF, vcpus=32, memory=64 * GIB),
    ]
    shown = cells(
        host_row(
            record,
            machines,
            HostEntry("box", TEST, tags=["web", "rack1"], mark="PROD", colour="red"),
        )
    )
    assert shown == {
        "state": "• connected",
        "name": "box",
        "mark": "PROD",
        "machines": "1 / 3",
        "cpus": "3 / 8",
        "memory": "2.0 GiB / 16 GiB",
        "uri": TEST,
        "mode": "r/o",
        "book": "autoconnect",
        "groups": "web rack1",
        "versions": "9.0.0 QEMU 7.2.0",
        "answer": "20 ms",
    }


def test_a_lost_host_says_when_it_was_seen_and_when_it_is_tried() -> None:
    seen = time.mktime((2026, 1, 2, 3, 4, 5, 0, 0, -1))
    error = HypervisorError("Connecting", words="[red]gone[/]", advice="Start it.")
    record = HostRecord(
        "a\x1b[2J",
        "a\x1b[2J",
        TEST,
        state=HostState.LOST,
        error=error,
        last_seen=seen,
        retry_at=seen + 60,
        facts=HostFacts("box", "QEMU", "9.0.0", "7.2.0", "x86_64", 8, 16 * GIB, True),
        round_trip=0.02,
    )
    row = host_row(record, (), None)
    assert cells(row)["state"] == "! lost since 01-02"
    assert cells(row)["answer"] == "seen 01-02 03:04"
    assert why_not_here(record) == "a␛[2J: lost, [red]gone[/]\nStart it."
    asks = HostRecord("b", "b", TEST, state=HostState.NEEDS_AUTHENTICATION)
    assert why_not_here(asks) == f"b: needs you\n{ASKS}"
    closed = HostRecord("c", "c", TEST, state=HostState.CLOSED)
    assert why_not_here(closed) == "c: not connected\nEnter on it in Hosts connects it."
    assert cells(row)["name"] == "a␛[2J"
    text = host_details(row, {}, ()).plain
    assert "answers in" not in text
    assert "[red]gone[/]\nStart it.\nLast seen 01-02 03:04, next attempt at 01-02 03:05" in text


def test_a_host_of_the_book_only_has_no_figures() -> None:
    shown = cells(book_row(HostEntry("lab", TEST, autoconnect=False)))
    assert shown["state"] == "■ not connected"
    assert shown["book"] == "in the book"
    assert {shown[key] for key in ("machines", "cpus", "memory", "answer")} == {""}


@pytest.mark.parametrize(
    ("name", "uri", "words"),
    [
        ("a", "qemu:///system", ""),
        ("a", "web", ""),
        (" ", "qemu:///system", "needs a name"),
        ("taken", "qemu:///system", "already"),
        ("a", "", "needs a URI"),
        ("a", "host", "no URI"),
        ("a", "://x", "no URI"),
        ("a", "qemu ssh:///x", "no URI"),
    ],
)
def test_what_is_wrong_with_an_entry(name: str, uri: str, words: str) -> None:
    found = fault(name, uri, {"taken"}, {"web"})
    assert words in found
    assert bool(found) == bool(words)


# -- on the screen ---------------------------------------------------------------------------


async def test_good_and_bad_hosts_side_by_side(silent_uri: str) -> None:
    started = time.monotonic()
    hosts = {"test": TEST, "nobody": NOBODY, "odd": "nonsense:///x", "silent": silent_uri}
    book = [HostEntry("test", TEST), HostEntry("spare", "qemu+ssh://lab/system", autoconnect=False)]
    async with running(hosts, book) as (app, pilot):
        await until(lambda: rows(app).get("nobody") == "unreachable")
        await until(lambda: rows(app)["odd"] in ("unreachable", "failed"))
        assert list(rows(app)) == ["nobody", "odd", "silent", "spare", "test"]
        await until(lambda: rows(app)["test"] == "connected")
        assert rows(app)["silent"] == "connecting"
        assert rows(app)["spare"] == "not connected"
        assert "No such file" in details(app)
        assert "No libvirt daemon answers there." in details(app)
        await pilot.press("G")
        await until(lambda: "1 network · 1 storage pool" in details(app))
        # The silent host stalls neither keys nor the end of the program.
        await pilot.press("2", "g", "j", "j")
        assert "silent" in details(app)
        await pilot.press("d")
        await until(lambda: rows(app)["silent"] == "not connected")
    assert time.monotonic() - started < 30  # it would never answer


async def test_keys_are_refused_with_a_reason() -> None:
    async with running({"test": TEST}, [HostEntry("zoo", TEST, autoconnect=False)]) as (app, pilot):
        await until(lambda: state(app, "test") is HostState.CONNECTED)

        def reason(action: str) -> str:
            return actions()[f"host.{action}"].why_not(app)

        assert reason("connect") == "it is connected"
        assert reason("edit") == "it is not in the connection book"
        assert (reason("disconnect"), reason("keep"), reason("add"), reason("remove")) == ("",) * 4
        await pilot.press("G")
        assert reason("disconnect") == "it is not connected"
        assert reason("keep") == "it is in the connection book already"
        assert (reason("connect"), reason("edit")) == ("", "")


async def test_disconnect_and_connect_again() -> None:
    async with running({"test": TEST}) as (app, pilot):
        await until(lambda: state(app, "test") is HostState.CONNECTED)
        await pilot.press("d")
        await until(lambda: state(app, "test") is HostState.CLOSED)
        await pilot.press("enter")
        await until(lambda: state(app, "test") is HostState.CONNECTED)
        await pilot.press("d")
        await until(lambda: state(app, "test") is HostState.CLOSED)
        await pilot.press("c")
        await until(lambda: rows(app)["test"] == "connected")


async def test_disconnect_asks_while_work_runs() -> None:
    async with running({"test": TEST}) as (app, pilot):
        await until(lambda: state(app, "test") is HostState.CONNECTED)
        app.fleet.journal.begin("test", "vm", "save", "virsh managedsave vm")
        await pilot.press("d")
        await until(lambda: isinstance(app.screen, Confirm))
        assert app.screen.lines == ["save vm"]
        await pilot.press("n")
        await until(lambda: app.screen is app.main)
        assert state(app, "test") is HostState.CONNECTED


async def test_a_host_is_added_kept_changed_and_removed(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"

    def book() -> list[dict[str, object]]:
        return tomllib.loads(file.read_text()).get("hosts", []) if file.exists() else []

    async with running({"line": TEST}, settings_file=file) as (app, pilot):
        await until(lambda: state(app, "line") is HostState.CONNECTED)
        await pilot.press("a")
        await fill(pilot, "new", "nowhere")
        assert "no URI" in str(app.screen.query_one("#host-fault", Static).render())
        await fill(pilot, "new", TEST)
        await until(lambda: state(app, "new") is HostState.CONNECTED)
        await until(lambda: book() == [{"name": "new", "uri": TEST}])

        pane(app).table.move_cursor_to(("line", TEST))
        await pilot.press("b")
        await until(lambda: [entry["name"] for entry in book()] == ["new", "line"])
        await until(lambda: len(app.settings.hosts) == 2)
        told = [note.message for note in app._notifications]
        assert "line is in the connection book." in told

        pane(app).table.move_cursor_to(("new", TEST))
        connected = app.fleet.hosts["new"]
        await pilot.press("e")
        await until(lambda: isinstance(app.screen, HostDialog) and app.focused is not None)
        await pilot.press("tab", "tab", "space", "ctrl+s")
        await until(lambda: book()[0].get("autoconnect") is False)
        assert app.fleet.hosts["new"] is connected  # nothing of the connection changed
        await until(lambda: app.settings.hosts[0].autoconnect is False)

        await pilot.press("e")
        await fill(pilot, "other", TEST)
        await until(lambda: book()[0]["name"] == "other")
        await until(lambda: list(rows(app)) == ["line", "other"])
        await until(lambda: state(app, "other") is HostState.CONNECTED)

        pane(app).table.move_cursor_to(("other", TEST))
        await pilot.press("delete")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(lambda: [entry["name"] for entry in book()] == ["line"])
        await until(lambda: list(rows(app)) == ["line"])
        assert list(app.fleet.hosts) == ["line"]


async def test_a_book_that_cannot_be_written_is_told_and_the_host_works(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    async with running({}, settings_file=tmp_path / "file" / "settings.toml") as (app, pilot):
        await pilot.press("a")
        await fill(pilot, "new", TEST)
        await until(lambda: rows(app).get("new") == "connected")
        entries = app.fleet.journal.entries
        await until(lambda: any(entry.error for entry in entries))
        failures = [entry.error for entry in entries if entry.error]
        assert len(failures) == 1
        assert "cannot be saved" in failures[0].words
        assert app.settings.hosts == []


async def test_an_alias_stands_for_its_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts_module, "uri_aliases", lambda: {"mine": TEST})
    async with running({}) as (app, pilot):
        await pilot.press("a")
        await fill(pilot, "new", "mine")
        await until(lambda: state(app, "new") is HostState.CONNECTED)
        assert app.settings.hosts == [HostEntry("new", TEST)]


async def test_one_name_for_two_uris_is_two_rows() -> None:
    async with running({"local": TEST}, [HostEntry("local", NOBODY)]) as (app, pilot):
        await until(lambda: pane(app).table.rows_total == 2)
        pane(app).table.move_cursor_to(("local", NOBODY))
        await pilot.pause()
        assert actions()["host.connect"].why_not(app) == "another host of this run has its name"
        pane(app).table.move_cursor_to(("local", TEST))
        await pilot.press("b")
        await fill(pilot, "mine", TEST)
        await until(lambda: app.settings.hosts[1:] == [HostEntry("mine", TEST)])


async def test_a_hidden_pane_catches_up() -> None:
    async with running({"test": TEST}) as (app, pilot):
        await pilot.press("1")
        app.fleet.add("more", TEST).open()
        await until(lambda: state(app, "more") is HostState.CONNECTED)
        assert pane(app).table.rows_total == 1
        await pilot.press("5")
        await until(lambda: rows(app) == {"more": "connected", "test": "connected"})
