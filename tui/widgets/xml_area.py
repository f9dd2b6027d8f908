"""A text area whose lines are coloured as XML, line by line as they are drawn."""

from __future__ import annotations

import re

from rich.text import Text
from textual.widgets import TextArea

_TOKEN = re.compile(
    r"(?P<comment><!--.*?(?:-->|$))"
    r"|(?P<tag></?[\w:.-]+|/?>)"
    r"|(?<![\w:.-])(?P<attribute>[\w:.-]++)(?==)"
    r"|(?P<value>'[^']*'|\"[^\"]*\")"
)
_NAMES = {
    "comment": "quiet",
    "tag": "text-primary",
    "attribute": "text-secondary",
    "value": "text-success",
}
"""Theme variables by what a token is: those that can be read on every ground."""


class XmlArea(TextArea):
    """Textual's own XML highlighting parses the whole text at every key; this one a line."""

    def get_line(self, line_index: int) -> Text:
        """One line, coloured. A value or comment over several lines is coloured in part."""
        line = super().get_line(line_index)
        colours = self.app.theme_variables
        for match in _TOKEN.finditer(line.plain):
            kind = match.lastgroup
            if kind is not None:
                colour = colours[_NAMES[kind]].removeprefix("ansi_")  # as Rich calls it
                line.stylize(colour, *match.span(kind))
        return line
