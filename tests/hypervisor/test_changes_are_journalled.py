"""No call that changes a host is made outside of ``changing``: read from the source itself.

Whatever is not known to read only counts as a change, so that a new call has to be thought about
here. From each the way is followed up, through whoever refers to the function that makes it,
until every way is found to lie in ``async with changing(...)`` or in what is handed to ``change``.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import libvirt
import pytest

import tui

PACKAGE = Path(tui.__file__).parent
FRAMES = {"changing", "change", "change_domain", "_do"}
"""``_do`` of device_verbs hands on to ``change``."""

READING = {
    "DHCPLeases", "ID", "UUIDString", "XMLDesc", "autostart", "blockInfo", "blockJobInfo",
    "connect", "domain", "domainListGetStats", "getAllDomainStats", "getCPUMap", "getCapabilities",
    "getDomainCapabilities", "getFreePages", "getHostname", "getInfo", "getLibVersion", "getName",
    "getType", "getVersion", "getXMLDesc", "get_error_code", "get_error_domain",
    "get_error_message", "hasManagedSaveImage", "hostname", "info", "interfaceAddresses",
    "isActive", "isAlive", "isPersistent", "jobStats", "key", "listAllDevices", "listAllDomains",
    "listAllInterfaces", "listAllNWFilters", "listAllNetworks", "listAllSnapshots",
    "listAllStoragePools", "listAllVolumes", "listVolumes", "lookupByName", "lookupByUUIDString",
    "metadata", "name", "networkLookupByName", "nodeDeviceLookupByName", "parent", "path",
    "screenshot", "snapshotCurrent", "snapshotLookupByName", "snapshotNum", "state",
    "storagePoolLookupByName", "storagePoolLookupByVolume", "storageVolLookupByName",
    "storageVolLookupByPath", "value", "vcpus",
}  # fmt: skip
OF_OUR_CONNECTION = {
    "close", "domainEventRegisterAny", "eventAddCallback", "eventRemoveCallback",
    "eventUpdateCallback", "finish", "newStream", "recv", "registerCloseCallback", "setKeepAlive",
    "unregisterCloseCallback",
}  # fmt: skip
"""Say how we are told things."""
ELSEWHERE = {
    ("console", "openConsole"): "what is typed there is the person's own",
    ("console", "send"): "the same",
    ("console", "abort"): "ends the stream of it",
    ("display", "abort"): "ends the stream of a picture",
    ("images", "refresh"): "has a pool look at its own folder",
    ("demo", "setAutostart"): "of the driver inside this process, before it is shown",
    ("demo", "destroy"): "the same",
    ("demo", "setVcpusFlags"): "the same",
    ("guest_agent", "qemuAgentCommand"): "tells a terminal of the guest its size, at each resize",
}
NOT_LIBVIRTS = {
    ("apply", "update"), ("images", "update"), ("monitor", "update"),
    ("node_devices", "update"), ("snapshot_situation", "update"),
    ("rereading", "refresh"), ("ssh", "shutdown"),
}  # fmt: skip
"""Of sets and dictionaries, of a socket, of the host's own list."""

Place = tuple[str, ast.AST]


def read(source: str) -> ast.Module:
    """Its tree; each node knows what it stands in."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            setattr(child, "above", node)  # noqa: B010 - mypy knows no such attribute
    return tree


@cache
def trees() -> dict[str, ast.Module]:
    """Modules by their name."""
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): read(path.read_text())
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def above(node: ast.AST) -> Iterator[ast.AST]:
    """What a node stands in, from the inside."""
    while (outer := getattr(node, "above", None)) is not None:
        yield outer
        node = outer


def is_frame(node: ast.AST) -> bool:
    """Whether what stands in it is told and logged."""
    calls = [node] if isinstance(node, ast.Call) else []
    if isinstance(node, ast.AsyncWith):
        calls = [
            item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)
        ]
    return any(isinstance(call.func, ast.Name) and call.func.id in FRAMES for call in calls)


@cache
def uses() -> dict[str, list[Place]]:
    """Where each name is read, bare or behind a dot."""
    found = dict[str, list[Place]]()
    for where, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.setdefault(node.id, []).append((where, node))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.setdefault(node.attr, []).append((where, node))
    return found


@cache
def knows(where: str, module: str, name: str) -> bool:
    """Whether a module has a name of another one under that name."""
    return where == module or any(
        isinstance(node, ast.ImportFrom)
        and node.module == f"tui.{module}"
        and any(alias.name == name for alias in node.names)
        for node in trees()[where].body
    )


def references(module: str, name: str, scope: ast.AST | None) -> Iterator[Place]:
    """Where a function or variable is used: in ``scope``, else in the whole program."""
    stem = module.rpartition(".")[2]
    for where, node in uses().get(name, []):
        if scope is not None and scope not in above(node):
            continue
        if isinstance(node, ast.Attribute):
            assert isinstance(node.value, ast.Name)
            if node.value.id == stem:
                yield where, node
        elif knows(where, module, name):
            yield where, node


def bare_ways(place: Place, seen: set[ast.AST]) -> Iterator[str]:
    """The ways to a place that no frame is on, by the outermost function of each."""
    module, node = place
    for outer in above(node):
        if is_frame(outer):
            return
        names: list[str] = []
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [outer.name]
        elif isinstance(outer, ast.Assign | ast.AnnAssign):
            targets = outer.targets if isinstance(outer, ast.Assign) else [outer.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        if not names:
            continue
        if outer in seen:
            return
        seen.add(outer)
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        scope = next((up for up in above(outer) if isinstance(up, functions)), None)
        uses = [use for name in names for use in references(module, name, scope)]
        if not uses:
            yield f"{module}.{names[0]}"
        for use in uses:
            yield from bare_ways(use, seen)
        return
    yield module


@cache
def names_of_libvirt() -> set[str]:
    """Methods of libvirt's objects."""
    kinds = [kind for name, kind in inspect.getmembers(libvirt, inspect.isclass) if "vir" in name]
    found = {name for kind in kinds for name in vars(kind) if not name.startswith("_")}
    return found | {"qemuAgentCommand", "qemuMonitorCommand"}


def changes() -> Iterator[tuple[str, Place]]:
    """Every place that may change a host, named ``module.call``."""
    for where, tree in trees().items():
        folder, _, module = where.rpartition(".")
        if folder != "hypervisor":
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or node.attr in OF_OUR_CONNECTION:
                continue
            if not isinstance(next(above(node)), ast.Call):  # neither called nor handed on
                continue
            of = node.value
            ours = isinstance(of, ast.Name) and f"hypervisor.{of.id}" in trees()
            name = node.attr
            if ours or name not in names_of_libvirt() - READING:
                continue
            yield f"{module}.{name}", (where, node)


def test_every_change_is_made_in_the_frame():
    exempt = {".".join(known) for known in (*ELSEWHERE, *NOT_LIBVIRTS)}
    found = dict[str, list[str]]()
    for name, place in changes():
        found.setdefault(name, []).extend(bare_ways(place, set()))
    assert exempt <= found.keys(), exempt - found.keys()
    framed = {name: ways for name, ways in found.items() if name not in exempt}
    assert len(framed) > 40
    # What is typed is in no log; the first key of it is a line that says that something was.
    assert framed.pop("display.sendKey") == ["hypervisor.display._send_one"]
    bare = {name: ways for name, ways in framed.items() if ways}
    assert bare == {}, "outside of changing(); what only reads belongs into READING"


@pytest.mark.parametrize(
    "name", ["images.make_overlay", "images.delete_file", "device_verbs.set_functions"]
)
def test_so_is_what_the_hosts_shell_does(name: str):
    module, _, function = name.partition(".")
    tree = trees()[f"hypervisor.{module}"]
    runs = [
        node
        for outer in ast.walk(tree)
        if isinstance(outer, ast.AsyncFunctionDef) and outer.name == function
        for node in ast.walk(outer)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("_run", "shell.run", "host.run")
    ]
    assert runs
    assert [way for run in runs for way in bare_ways((f"hypervisor.{module}", run), set())] == []


def test_a_way_around_the_frame_is_found(monkeypatch: pytest.MonkeyPatch):
    """The search itself: a change beside the frame, in it, handed to it, and by another's hand."""
    source = """
async def beside(host): await host.call(lambda c: c.lookup().destroy())
async def inside(host):
    async with changing(host, "a", "b", "c"):
        await helper(host)
async def handed(host): await change(host, lambda c: c.destroy())
async def helper(host): await host.call(lambda c: c.destroy())
async def around(host): await lower(host)
async def lower(host): await host.call(lambda c: c.destroy())
"""
    tree = read(source)
    monkeypatch.setitem(trees(), "hypervisor.sample", tree)
    uses.cache_clear()
    ways = [
        way
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "destroy"
        for way in bare_ways(("hypervisor.sample", node), set())
    ]
    uses.cache_clear()
    assert sorted(ways) == ["hypervisor.sample.around", "hypervisor.sample.beside"]
