"""The documents follow the program."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_guide_lists_every_action_as_it_is():
    """Mended by `make man`."""
    script = runpy.run_path(str(ROOT / "docs" / "make_action_list.py"))
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    assert script["with_list"](guide) == guide


def test_every_picture_of_the_readme_is_there():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = [part.partition(")")[0] for part in readme.split("](")[1:] if ".png" in part]
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).exists()
