"""A text area whose lines are coloured as XML, line by line as they are drawn."""

from __future__ import annotations

import re

from rich.text import Text
from textual.widgets import TextArea

_TOKEN = re.compile(
    r"(?P<comment><!--.*?(?:-->|$))"
    r"|(?P<tag></?[\w:.-]+|/?>)"
    r"|(?P<attribute>[\w:.-]+)(?==)"
    r"|(?P<value>'[^']*'|\"[^\"]*\")"
)
_NAMES = {"comment": "faint", "tag": "primary", "attribute": "secondary", "value": "success"}
"""Theme variables by what a token is."""


class XmlArea(TextArea):
    """Textual's own XML highlighting parses the whole text at every key; this one a line."""

    def get_line(self, line_index: int) -> Text:
        """One line, coloured. A value or comment over several lines is coloured in part."""
        line = super().get_line(line_index)
        colours = self.app.theme_variables
        for match in _TOKEN.finditer(line.plain):
            kind = match.lastgroup
            if kind is not None:
                line.stylize(colours.get(_NAMES[kind], ""), *match.span(kind))
        return line
