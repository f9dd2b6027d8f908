"""Two definitions compared for reading."""

from __future__ import annotations

from tui.model import Domain
from tui.model.diff import xml_diff

BEFORE = """<domain type='kvm'>
  <name>web</name>
  <!-- kept for
-->
  <on_crash>destroy</on_crash>
  <devices><graphics type='vnc' passwd='hush'/></devices>
</domain>"""


def test_only_what_differs_is_told_and_no_secret():
    after = Domain.from_xml(BEFORE.replace("destroy", "preserve").replace("hush", "other"))
    told = xml_diff(Domain.from_xml(BEFORE), after)
    assert ("-", "  <on_crash>destroy</on_crash>") in told
    assert ("+", "  <on_crash>preserve</on_crash>") in told
    assert not any("hush" in text or "other" in text for _sign, text in told)
    assert {sign for sign, _text in told} == {"-", "+", " "}


def test_a_line_that_looks_like_the_name_of_a_file_is_told():
    """The end of a comment, taken away or put in, begins with three signs."""
    without = Domain.from_xml(BEFORE.replace("for\n-->", "for -->"))
    assert ("-", "-->") in xml_diff(Domain.from_xml(BEFORE), without)
    dashes = Domain.from_xml(BEFORE.replace("kept for", "kept for\n++ more"))
    assert ("+", "++ more") in xml_diff(Domain.from_xml(BEFORE), dashes)
