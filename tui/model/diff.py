"""Two definitions compared line by line, for reading: quotes and indentation aside."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from copy import deepcopy

from lxml import etree

from tui.model.domain import Domain
from tui.model.xml import mask_secrets

CONTEXT = 3
"""Lines around each difference."""


def xml_diff(before: Domain, after: Domain) -> Sequence[tuple[str, str]]:
    """``(sign, line)`` pairs: ``-`` gone, ``+`` new, ``" "`` context, ``@`` between two places.

    Secrets are masked on both sides.
    """
    lines = difflib.unified_diff(_lines(before), _lines(after), n=CONTEXT, lineterm="")
    found = []
    for line in list(lines)[2:]:  # behind the names of the two files
        sign = line[:1]
        found.append((sign, "" if sign == "@" else line[1:]))
    return found[1:] if found and found[0][0] == "@" else found


def _lines(document: Domain) -> list[str]:
    root = deepcopy(document.root)
    etree.indent(root)
    return mask_secrets(etree.tostring(root, encoding="unicode")).split("\n")
