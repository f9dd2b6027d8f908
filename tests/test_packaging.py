"""The archives that virtty is shipped in hold all that it needs to run."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import tui

pytestmark = pytest.mark.program

_CHECKOUT = Path(__file__).parents[1]
_ANSWER = f"virtty {tui.__version__}"


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the sdist and the wheel once; return where they are, in this order."""
    target = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "hatchling", "build", "-d", str(target), cwd=_CHECKOUT)
    (sdist,) = target.glob("*.tar.gz")
    (wheel,) = target.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def installed(archives: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel, and nothing else of this checkout; return the environment's `bin`.

    The dependencies are lent by this interpreter's environment: no network is needed.
    """
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    _run(
        *(str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
        str(archives[1]),
        cwd=home,
    )
    return python.parent


def test_the_wheel_holds_the_styles_and_the_demo_host(archives: tuple[Path, Path]) -> None:
    names = set(zipfile.ZipFile(archives[1]).namelist())
    styles = {f"tui/styles/{path.name}" for path in (_CHECKOUT / "styles").glob("*.tcss")}
    demo = {f"tui/demo/{path.name}" for path in (_CHECKOUT / "tui" / "demo").glob("*.xml")}
    assert styles
    assert demo
    assert styles | demo <= names


def test_the_wheel_holds_nothing_but_the_package_and_its_manual_page(
    archives: tuple[Path, Path],
) -> None:
    base = f"virtty-{tui.__version__}"
    names = zipfile.ZipFile(archives[1]).namelist()
    rest = {name for name in names if not name.startswith(("tui/", f"{base}.dist-info/"))}
    assert rest == {f"{base}.data/data/share/man/man1/virtty.1"}


def test_the_sdist_is_a_checkout(archives: tuple[Path, Path], tmp_path: Path) -> None:
    _run("tar", "-xzf", str(archives[0]), cwd=tmp_path)
    (root,) = tmp_path.iterdir()
    for name in (
        "LICENSE",
        "README.md",
        "Makefile",
        ".ci/environment",
        "screenshots/machines.png",
        "tests/lab/namespace.sh",
    ):
        assert (root / name).is_file(), name
    assert sorted(path.name for path in (root / "styles").glob("*.tcss")) == sorted(
        path.name for path in (_CHECKOUT / "styles").glob("*.tcss")
    )
    assert _run(sys.executable, "-m", "tui", "--version", cwd=root).strip() == _ANSWER


def test_the_installed_command_answers(installed: Path, tmp_path: Path) -> None:
    environment = _with_lent_dependencies()
    virtty = str(installed / "virtty")
    assert _run(virtty, "--version", cwd=tmp_path, env=environment).strip() == _ANSWER
    assert (installed.parent / "share" / "man" / "man1" / "virtty.1").is_file()


def test_the_installed_package_finds_its_files(installed: Path, tmp_path: Path) -> None:
    script = (
        "from tui import demo, resources\n"
        "print(resources.PACKAGE)\n"
        "print(len(resources.styles()))\n"
        "print(demo.demo_uri())\n"
    )
    environment = _with_lent_dependencies()
    answer = _run(str(installed / "python"), "-c", script, cwd=tmp_path, env=environment)
    folder, styles, uri = answer.splitlines()
    assert Path(folder).is_relative_to(installed.parent)
    assert Path(uri.removeprefix("test://")).is_relative_to(folder)
    assert int(styles) == len(list((_CHECKOUT / "styles").glob("*.tcss")))


def test_the_checkout_runs_as_a_module() -> None:
    assert _run(sys.executable, "-m", "tui", "--version", cwd=_CHECKOUT).strip() == _ANSWER


def _with_lent_dependencies() -> dict[str, str]:
    """Return an environment in which this interpreter's packages come after the installed ones.

    PYTHONPATH goes first in a process, so it would lend this checkout too, were it
    installed as files; an editable install is a .pth file, which PYTHONPATH ignores.
    """
    return {**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}


def _run(*command: str, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
