"""The documents follow the program."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))


def test_the_guide_lists_every_action_as_it_is():
    """Mended by `make man`."""
    script = runpy.run_path(str(ROOT / "docs" / "make_action_list.py"))
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    assert script["with_list"](guide) == guide


def test_every_module_and_class_that_the_architecture_names_is_there():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    words = re.findall(r"`([^`\n]+)`", text)
    modules = [word for word in words if word.endswith(".py")]
    classes = [word for word in words if re.fullmatch(r"([A-Z][a-z]+)+", word)]
    sources = list((ROOT / "tui").rglob("*.py"))
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert modules
    assert classes
    assert [name for name in modules if not _found(name)] == []
    assert [name for name in classes if not re.search(rf"\bclass {name}\b", code)] == []


def _found(module: str) -> bool:
    """Whether there is such a module: in the whole package, or below a folder that is named."""
    return any(ROOT.glob(module)) or any((ROOT / "tui").rglob(module))


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", *DOCS])
def test_every_link_leads_somewhere(name):
    """To a file that is there, and in it to a heading, as GitHub names them."""
    page = ROOT / name
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not heading or heading in _headings(target), link


def _headings(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
