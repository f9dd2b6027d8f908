"""Each floor is imported on its own, and must not bring along what belongs above it."""

import subprocess
import sys
from pathlib import Path

import pytest

import tui

_PACKAGE = Path(tui.__file__).parent
_TOP = ("tui.app", "tui.cli")
_SCREENS = ("tui.screens",)
_WIDGETS = ("tui.widgets", "tui.actions")
_TEXTUAL = ("textual", "rich")


def _modules(floor: str) -> list[str]:
    """Return every module of a floor, by its dotted name."""
    folder = _PACKAGE.joinpath(*floor.split(".")[1:])
    return sorted(
        ".".join(("tui", *path.relative_to(_PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        )
        for path in folder.rglob("*.py")
    )


def _brought_along(statements: str, forbidden: tuple[str, ...]) -> list[str]:
    """Run *statements* in a fresh Python; return the forbidden modules that it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{statements}\nprint(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        cwd=_PACKAGE.parent,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [
        module
        for module in done.stdout.splitlines()
        if any(module == name or module.startswith(f"{name}.") for name in forbidden)
    ]


def _imports(floor: str) -> str:
    return "\n".join(f"import {module}" for module in _modules(floor))


@pytest.mark.parametrize(
    ("floor", "forbidden"),
    [
        ("tui.model", (*_TOP, *_SCREENS, *_WIDGETS, "tui.hypervisor", "libvirt", *_TEXTUAL)),
        ("tui.hypervisor", (*_TOP, *_SCREENS, *_WIDGETS, *_TEXTUAL)),
        ("tui.widgets", (*_TOP, *_SCREENS, "libvirt")),
        ("tui.actions", (*_TOP, *_SCREENS)),
        ("tui.screens", _TOP),
    ],
)
def test_a_floor_knows_nothing_of_the_floors_above(floor: str, forbidden: tuple[str, ...]) -> None:
    assert _modules(floor)
    assert _brought_along(_imports(floor), forbidden) == []


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_question_to_the_command_line_costs_no_toolkit(option: str) -> None:
    ask = (
        "import contextlib, os\n"
        "from tui.cli import main\n"
        "with contextlib.redirect_stdout(open(os.devnull, 'w')), contextlib.suppress(SystemExit):\n"
        f"    main([{option!r}])\n"
    )
    assert _brought_along(ask, ("libvirt", "pyghostty", *_TEXTUAL)) == []


def test_the_command_line_leaves_the_terminal_emulator_for_later() -> None:
    assert _brought_along("import tui.cli", ("pyghostty", "libvirt", *_TEXTUAL)) == []
