"""Nothing from a guest or host acts on the terminal or hides on the screen."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tui.model.text import is_storable, visible

ANYTHING = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("web-01", "web-01"),
        ("[red]x[/]", "[red]x[/]"),
        ("a\x1b[2J", "a␛[2J"),
        ("a\nb\tc\0", "a␊b␉c␀"),
        ("\x7f", "␡"),
        ("\x9b2J", "‹U+009B›2J"),
        ("txt.\u202egpj", "txt.‹U+202E›gpj"),
        ("a\u2066b\u2069", "a‹U+2066›b‹U+2069›"),
        ("we\u200bb", "we‹U+200B›b"),
        ("\ufeffweb", "‹U+FEFF›web"),
        ("we\u00adb", "we‹U+00AD›b"),
        ("a\u2028b\u2029", "a‹U+2028›b‹U+2029›"),
        ("\ud800", "‹U+D800›"),
        ("\ue000", "‹U+E000›"),
        ("\ufffe", "‹U+FFFE›"),
        ("\U000e0041", "‹U+E0041›"),
        ("a\U000e0100", "a‹U+E0100›"),
        ("\u3164", "‹U+3164›"),
        ("a\u200db", "a‹U+200D›b"),
        ("\u0301x", "‹U+0301›x"),
        ("a\ufe0f", "a‹U+FE0F›"),
    ],
)
def test_what_acts_or_hides_is_shown(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "naïve café",
        "re\u0301sume\u0301",
        "сервер",
        "サーバー・東京",
        "שרת",
        "خادم",
        "می\u200cخواهم",
        "👩\u200d💻",
        "❤\ufe0f",
        "👩\U0001f3fd\u200d🚀",
        "a\u00a0b",
    ],
)
def test_ordinary_text_stays(text):
    assert visible(text) == text


def test_lines_stay_where_they_are_wanted():
    assert visible("a\n\tb\r\n\x1b[1m", newlines=True) == "a\n        b␍\n␛[1m"


@given(ANYTHING)
def test_nothing_dangerous_is_left(text):
    shown = visible(text)
    for char in shown:
        assert unicodedata.category(char) not in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
        assert unicodedata.bidirectional(char) not in (
            *("LRE", "RLE", "LRO", "RLO", "PDF"),
            *("LRI", "RLI", "FSI", "PDI"),
        )


@given(ANYTHING)
def test_what_is_shown_stays_as_it_is(text):
    assert visible(visible(text)) == visible(text)


@given(ANYTHING, ANYTHING)
def test_different_strings_look_different(one, other):
    if not set(one + other) & set("‹␛"):
        assert (visible(one) == visible(other)) == (one == other)


@given(ANYTHING)
def test_lines_hold_only_line_feeds(text):
    assert all(visible(line) == line for line in visible(text, newlines=True).split("\n"))


def test_what_xml_can_hold_is_storable():
    for code in (*range(0x20), 0x7F, 0x9B, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFD, 0xFFFE, 0x1F600):
        try:
            etree.Element("a").text = chr(code)
        except ValueError:
            takes = False
        else:
            takes = True
        assert is_storable(f"a{chr(code)}") is takes, hex(code)
