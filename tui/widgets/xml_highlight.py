"""XML as styled lines. Pure; a highlighter, not a parser: it never fails."""

from __future__ import annotations

import re

from tui.widgets.text_view import Line, Span

_TOKEN = re.compile(
    r"(?P<comment><!--.*?-->)"
    r"|(?P<tag></?[\w:.-]+|/?>|<\?.*?\?>)"
    r"|(?<![\w:.-])(?P<attribute>[\w:.-]++)(?==['\"])"
    r"|(?P<value>'[^']*'|\"[^\"]*\")",
    re.DOTALL,
)


def highlight(xml: str) -> list[Line]:
    """Lines of ``(text, style)`` with the styles of TextView."""
    lines: list[list[Span]] = [[]]

    def put(text: str, style: str) -> None:
        first, *others = text.split("\n")
        if first:
            lines[-1].append((first, style))
        lines.extend([(other, style)] if other else [] for other in others)

    at = 0
    for match in _TOKEN.finditer(xml):
        put(xml[at : match.start()], "")
        put(match.group(), match.lastgroup or "")
        at = match.end()
    put(xml[at:], "")
    return list(lines)
