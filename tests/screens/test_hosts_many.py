"""Many hosts: groups, ranges, marks, alarms, the dialog's parts, low bandwidth."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from tests.screens.test_hosts import TEST, fill, pane, rows, running, state
from tests.waiting import until
from tui.app import VirttyApp
from tui.hypervisor import lifecycle
from tui.hypervisor.records import HostState
from tui.screens import host_dialog
from tui.screens.dialogs import AskText, Confirm
from tui.screens.host_dialog import HostDialog
from tui.screens.host_form import fault_of, parts_of, uri_of
from tui.screens.marks import HostMarks
from tui.settings import HostEntry, load_settings

DOMAIN = """<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
<name>{name}</name><uuid>00000000-0000-4000-8000-{number:012}</uuid>
<memory unit='MiB'>64</memory><os><type>hvm</type></os>
<test:runstate>{state}</test:runstate></domain>"""
RUNNING, OFF = 1, 5


def host_of(path: Path, *machines: tuple[str, int, int]) -> str:
    """A test host with machines (name, number, state); their runtime numbers go by place."""
    domains = "".join(DOMAIN.format(name=n, number=i, state=s) for n, i, s in machines)
    path.write_text(f"<node>{domains}</node>")
    return f"test://{path}"


def totals(app: object) -> str:
    return str(pane(app).query_one("#hosts-totals", Static).render())


def warned(app: VirttyApp) -> dict[str, str]:
    """What the table of machines warns of, by host."""
    rows = app.main.pane.table.visible_rows
    return {row.record.host: ", ".join(row.warnings) for row in rows if row.warnings}


async def test_a_machine_active_twice_is_an_alarm(tmp_path: Path) -> None:
    hosts = {
        "a": host_of(tmp_path / "a.xml", ("web", 1, RUNNING)),
        "b": host_of(tmp_path / "b.xml", ("other", 2, RUNNING), ("web", 1, RUNNING)),
    }
    async with running(hosts) as (app, pilot):
        await until(lambda: "machine web is active twice: web on a, web on b" in totals(app))
        await until(lambda: not any(host._tasks for host in app.fleet.hosts.values()))
        known = {h.record.key: h.record.facts for h in app.fleet.hosts.values()}
        cpus = {name: facts.cpus for name, facts in known.items() if facts is not None}
        assert "2 of 2 hosts · 3 of 3 machines running" in totals(app)
        await until(lambda: f"on {sum(cpus.values())} CPUs" in totals(app))
        for name, facts in known.items():  # connected twice, it has its processors once
            assert facts is not None
            app.fleet.hosts[name]._set(facts=dataclasses.replace(facts, uuid="one"))
        await until(lambda: f"on {cpus['a']} CPUs" in totals(app))
        await pilot.press("1")
        await until(lambda: warned(app) == {"a": "active on b too", "b": "active on a too"})
        await pilot.press("5")
        # A change after the first look goes through the timer that gathers.
        web = next(domain for domain in app.fleet.domains() if domain.host == "a")
        await lifecycle.force_off(app.fleet.hosts["a"], web)
        await until(lambda: "active twice" not in totals(app))
        await pilot.press("1")
        await until(lambda: warned(app) == {})


async def test_starting_the_second_asks_with_the_reason(tmp_path: Path) -> None:
    hosts = {
        "a": host_of(tmp_path / "a.xml", ("web", 1, OFF)),
        "b": host_of(tmp_path / "b.xml", ("web", 1, RUNNING)),
    }
    book = [HostEntry("a", hosts["a"], tags=["rack1"], mark="PROD", colour="red")]
    async with running(hosts, book) as (app, pilot):
        await until(lambda: all(state(app, name) is HostState.CONNECTED for name in hosts))
        await pilot.press("1")
        await until(lambda: app.main.front == "machines")
        await pilot.press("g")
        table = app.main.pane.table
        key = next(d.key for d in app.fleet.domains() if d.host == "a")
        table.move_cursor_to(key)
        await pilot.press("s")
        await until(lambda: isinstance(app.screen, Confirm))
        asked = app.screen
        assert isinstance(asked, Confirm)
        assert "active on b already" in asked.consequence
        mark = asked.query_one(HostMarks)
        assert "PROD" in str(mark.render())
        await pilot.press("n")
        await until(lambda: app.screen is app.main)
        await pilot.press("slash", *"group:rack1", "enter")
        await until(lambda: [row.record.host for row in table.visible_rows] == ["a"])
        await pilot.press("f2")
        await until(lambda: isinstance(app.screen, AskText) and app.focused is not None)
        assert "PROD" in str(app.screen.query_one(HostMarks).render())
        await pilot.press("escape")
        await until(lambda: app.screen is app.main)
        app.open_machine(key, "overview")
        await until(lambda: app.screen.query("#machine-top"))
        await until(lambda: "on a   PROD" in str(app.screen.query_one("#machine-top").render()))
        record = app.fleet.domain(key)
        assert record is not None
        assert not record.state.is_active


async def test_the_filter_knows_groups_and_ranges() -> None:
    book = [
        HostEntry(f"node{n:02}", TEST, autoconnect=False, tags=["web"] if n < 3 else ["db"])
        for n in range(1, 6)
    ]
    async with running({}, book) as (app, pilot):
        table = pane(app).table

        async def shown(text: str) -> list[str]:
            pane(app).filter_by(text)
            await pilot.pause()
            return list(rows(app))

        assert table.rows_total == 5
        assert await shown("tag:web") == ["node01", "node02"]
        assert await shown("node[02:04]") == ["node02", "node03", "node04"]
        assert await shown("db node05") == ["node05"]
        assert await shown("node[") == []
        assert len(await shown("")) == 5
        await pilot.press("slash", *"tag:db", "enter")
        await until(lambda: len(rows(app)) == 3)
        await pilot.press("escape")
        await until(lambda: len(rows(app)) == 5)


async def test_a_range_is_many_entries(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    for number in (1, 2):
        host_of(tmp_path / f"node{number}.xml", ("vm", 1, OFF))
    async with running({}, settings_file=file) as (app, pilot):
        await pilot.press("a")
        await fill(pilot, "node[1:2]", f"test://{tmp_path}/node.xml")
        assert "same range" in str(app.screen.query_one("#host-fault", Static).render())
        await fill(pilot, "node[1:2]", f"test://{tmp_path}/node[1:2].xml")
        await until(lambda: list(rows(app)) == ["node1", "node2"])
        await until(lambda: len(app.settings.hosts) == 2)
        uris = [entry["uri"] for entry in tomllib.loads(file.read_text())["hosts"]]
        assert uris == [f"test://{tmp_path}/node{n}.xml" for n in (1, 2)]
        await pilot.press("e")
        await fill(pilot, "node[3:4]", f"test://{tmp_path}/node[3:4].xml")
        assert "this is one" in str(app.screen.query_one("#host-fault", Static).render())


async def test_groups_and_mark_are_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    async with running({}, settings_file=file, size=(80, 24)) as (app, pilot):
        await pilot.press("a")
        await until(lambda: isinstance(app.screen, HostDialog) and app.focused is not None)
        for name, text in (("tags", "web rack1"), ("mark", "PROD"), ("colour", "puce")):
            app.screen.query_one(f"#host-{name}", Input).value = text
        await fill(pilot, "new", TEST)
        assert "No such colour" in str(app.screen.query_one("#host-fault", Static).render())
        app.screen.query_one("#host-colour", Input).value = "red"
        await pilot.press("ctrl+s")
        await until(lambda: file.exists() and "PROD" in file.read_text())
        entry = HostEntry("new", TEST, tags=["web", "rack1"], mark="PROD", colour="red")
        assert load_settings(file) == (load_settings(file)[0], [])
        assert load_settings(file)[0].hosts == [entry]


async def test_parts_build_the_uri_and_a_test_tells() -> None:
    async with running({}) as (app, pilot):
        await pilot.press("a")
        await until(lambda: isinstance(app.screen, HostDialog) and app.focused is not None)
        uri = app.screen.query_one("#host-uri", Input)
        app.screen.query_one("#part-host", Input).focus()
        await pilot.press(*"far")
        app.screen.query_one("#part-transport", Input).focus()
        await pilot.press(*"ssh")
        app.screen.query_one("#part-jump", Input).focus()
        await pilot.press(*"gate")
        await until(lambda: uri.value == "qemu+ssh://far/system?jump=gate")
        uri.focus()
        uri.value = ""
        await pilot.press(*TEST)
        await until(lambda: app.screen.query_one("#part-driver", Input).value == "test")
        await pilot.press("ctrl+t")
        told = app.screen.query_one("#host-fault", Static)
        await until(lambda: "It works: TEST" in str(told.render()))
        assert "1 machine," in str(told.render())
        assert app.fleet.hosts == {}
        uri.value = "qemu+unix:///system?socket=/nonexistent"
        await pilot.press("ctrl+t")
        await until(lambda: "No such file" in str(told.render()))
        _words, advice = str(told.render()).split("\n")
        assert advice.startswith("No libvirt daemon answers there.")
        uri.value = "qemu+ssh://a b/system"
        await pilot.press("ctrl+t")
        await until(lambda: "This is no URI" in str(told.render()))


async def test_low_bandwidth_drops_live_columns_and_says_so() -> None:
    async with running({"test": TEST}) as (app, pilot):
        await until(lambda: state(app, "test") is HostState.CONNECTED)
        await pilot.press("1")
        await until(lambda: app.main.front == "machines")
        columns = app.main.pane._column_keys
        assert {"cpu", "disk", "net"} <= set(columns())
        await pilot.press("L")
        await until(lambda: app.fleet.is_thrifty)
        assert not {"cpu", "disk", "net"} & set(columns())
        assert "memory" in columns()
        assert {"cpu", "disk", "net"} <= set(app.main.pane._chosen_keys())
        await until(lambda: "low bandwidth" in str(app.main.query_one("#top", Static).render()))
        await pilot.press("5")
        await until(lambda: app.main.front == "hosts")
        await pilot.press("L")
        await until(lambda: not app.fleet.is_thrifty)
        assert {"cpu", "disk", "net"} <= set(columns())


async def test_low_bandwidth_is_offered_once_where_it_helps() -> None:
    async with running({"far": TEST}) as (app, pilot):
        await until(lambda: app.fleet.hosts["far"].record.facts is not None)
        offers = lambda: [t.message for t in app._notifications if "Low-bandwidth" in t.message]  # noqa: E731
        assert offers() == []
        facts = app.fleet.hosts["far"].record.facts
        assert facts is not None
        for _ in range(2):
            far = dataclasses.replace(facts, is_local=False)
            app.fleet.hosts["far"]._set(round_trip=0.64, facts=far)
            await pilot.pause()
        assert [text.partition(".")[0] for text in offers()] == ["far answers in 640 ms"]
        for _ in range(2):
            app.thrift.terminal_is_slow()
        await until(lambda: len(offers()) > 1)
        await pilot.pause()
        assert len(offers()) == 2
        assert offers()[-1].startswith("This terminal takes its time. Low-bandwidth mode (L)")


async def test_what_libvirt_lacks_is_dimmed_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reason = "libssh2 transport support was not enabled"
    monkeypatch.setattr(host_dialog, "lacking", lambda: {"libssh2": reason})
    async with running({}, size=(80, 24)) as (app, pilot):
        await pilot.press("a")
        await until(lambda: isinstance(app.screen, HostDialog) and app.focused is not None)
        line = app.screen.query_one("#host-choices", Static)
        await until(lambda: not line.display)
        app.screen.query_one("#part-transport", Input).focus()
        await until(lambda: line.display)
        await until(lambda: reason in str(line.render()))
        shown = line.render()
        assert "Transport: unix ssh libssh tls tcp  libssh2 (" in str(shown)
        await pilot.press(*"libssh2")
        await until(lambda: reason in str(app.screen.query_one("#host-fault", Static).render()))
        app.screen.query_one("#part-user", Input).focus()
        await until(lambda: not line.display)


@pytest.mark.parametrize(
    "uri",
    [
        "qemu:///system",
        "qemu+ssh://me@far:2222/session?keyfile=/k&jump=gate&socket=/s&proxy=netcat",
        "qemu+tls://far/system?pkipath=/p",
        "test:///default",
    ],
)
def test_a_uri_comes_back_from_its_parts(uri: str) -> None:
    parts = parts_of(uri)
    assert parts_of(uri_of(parts, uri)) == parts
    assert fault_of(parts) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"transport": "ssl"}, "No such transport"),
        ({"transport": "ssh", "host": ""}, "needs a host"),
        ({"port": "70000"}, "1 to 65535"),
        ({"transport": "", "keyfile": "/k"}, "for SSH"),
        ({"transport": "libssh", "jump": "gate"}, "know none"),
        ({"proxy": "x"}, "No such proxy"),
    ],
)
def test_parts_that_do_not_fit(change: dict[str, str], words: str) -> None:
    assert words in fault_of(parts_of("qemu+ssh://far/system") | change)
