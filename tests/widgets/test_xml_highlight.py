"""XML is told apart as it is drawn: by what it is, and in a time that grows with its length."""

from __future__ import annotations

import time

import pytest

from tui.widgets import xml_area, xml_highlight


def test_each_part_has_its_style() -> None:
    (line,) = xml_highlight.highlight("<?xml?><a:b c.d='1' e = \"2\">f=g<!-- h='i' --></a:b>")
    assert [(text, style) for text, style in line if style] == [
        ("<?xml?>", "tag"), ("<a:b", "tag"), ("c.d", "attribute"), ("'1'", "value"),
        ('"2"', "value"), (">", "tag"), ("<!-- h='i' -->", "comment"), ("</a:b", "tag"),
        (">", "tag"),
    ]  # fmt: skip
    assert "".join(text for text, _style in line).endswith("</a:b>")


@pytest.mark.parametrize("pattern", [xml_highlight._TOKEN, xml_area._TOKEN], ids=["tab", "editor"])
def test_a_long_word_holds_nothing_up(pattern) -> None:
    """A title of one word, a key in the metadata: looked at once, not once for each letter."""
    began = time.thread_time()
    found = [match.lastgroup for match in pattern.finditer(f"<a>{'x日' * 20_000}</a>")]
    assert found == ["tag"] * 4
    assert time.thread_time() - began < 1
