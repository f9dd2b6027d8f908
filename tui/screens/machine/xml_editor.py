"""The definition as XML, to be edited: by hand here, or in the person's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar

from lxml import etree
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.hypervisor.schema import check_schema
from tui.in_thread import in_thread
from tui.model.changes import to_xml
from tui.model.domain import Domain
from tui.model.text import visible
from tui.model.views import View
from tui.model.xml import hide_secrets, parse, restore_secrets, spelled_out
from tui.screens.program import Program
from tui.widgets.xml_area import XmlArea


class XmlEditor(Screen[Domain | None]):
    """Answers with the edited document; None when the person gives up. Secrets stay hidden."""

    app: Program
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take", "Review", priority=True),
        Binding("ctrl+e", "own_editor", "Own editor", priority=True),
        Binding("f7", "check", "Check", priority=True),
        Binding("escape", "leave", "Give up", priority=True),
    ]

    def __init__(self, name: str, document: Domain, at: View | None = None) -> None:
        super().__init__()
        self.machine = name
        hidden, self._secrets = hide_secrets(to_xml(document.root))
        # Some are line ends for a text area, which would keep a line end in their place.
        self._begin = spelled_out(hidden)
        self._line = 0 if at is None or at.element is document.root else _line_of(at, document)

    def compose(self) -> ComposeResult:
        """Heading, text, what is wrong with it, keys."""
        yield Static(
            Content.assemble((f" XML of {visible(self.machine)}", "bold $text-primary")),
            id="heading",
            markup=False,
        )
        area = XmlArea(self._begin, show_line_numbers=True, tab_behavior="indent", soft_wrap=False)
        area.cursor_blink = False
        yield area
        yield Static(id="xml-trouble", markup=False)
        yield Static(
            " ^S review and apply   F7 check   ^E own editor   Esc give up",
            id="hint",
            markup=False,
        )

    def on_mount(self) -> None:
        """At the device that the person came from."""
        self.area.focus()
        self._go_to(self._line)

    @property
    def area(self) -> XmlArea:
        """The text."""
        return self.query_one(XmlArea)

    def _go_to(self, line: int) -> None:
        self.area.move_cursor((max(0, line), 0), center=True)

    def _tell(self, *lines: Content) -> None:
        self.query_one("#xml-trouble", Static).update(Content("\n").join(lines))

    def _document(self) -> Domain | None:
        """The text as a document; says what is wrong and goes there when it is none."""
        try:
            tree = parse(restore_secrets(self.area.text, self._secrets))
        except etree.XMLSyntaxError as error:
            line = (error.lineno or 1) - 1
            wrong = visible(error.msg or "")
            self._tell(Content.assemble((f"Not well-formed: {wrong}", "$text-error")))
            self._go_to(line)
            return None
        except ValueError as error:
            self._tell(Content.assemble((str(error), "$text-error")))
            return None
        if tree.getroot().tag != "domain":
            self._tell(Content.assemble(("The root has to be <domain>.", "$text-error")))
            return None
        return Domain(tree)

    def action_check(self) -> None:
        """Check it against libvirt's schema."""
        self.run_worker(self._check(), exclusive=True)

    async def _check(self) -> None:
        document = self._document()
        if document is None:
            return
        xml = self.area.text
        report = await in_thread(lambda: check_schema(xml))
        if not self.is_running:
            return  # it was left meanwhile
        if not report.version:
            self._tell(Content("libvirt's schema is not installed here; the host will check it."))
        elif report.troubles:
            line, words = report.troubles[0]
            self._tell(
                Content.assemble(
                    (f"By the schema of libvirt {report.version}, line {line}: ", "$text-warning"),
                    visible(words),
                )
            )
            self._go_to(line - 1)
        else:
            self._tell(Content(f"Valid by the schema of libvirt {report.version}."))

    def action_take(self) -> None:
        """Go on to the review."""
        document = self._document()
        if document is not None:
            self.dismiss(document)

    def action_leave(self) -> None:
        """Give up; asks when something would be lost."""
        self.run_worker(self._leave(), exclusive=True)

    async def _leave(self) -> None:
        if self.area.text == self._begin or await self.app.ask(
            "Forget what you have changed in the XML?", yes="Forget"
        ):
            self.dismiss(None)

    def action_own_editor(self) -> None:
        """Edit it in ``$VISUAL`` or ``$EDITOR``; the program steps aside meanwhile."""
        command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        with tempfile.TemporaryDirectory(prefix="virtty-") as folder:  # 0700
            file = Path(folder, "domain.xml")
            file.write_text(self.area.text, encoding="utf-8")
            try:
                words = shlex.split(command)
                with self.app.suspend():
                    ended = subprocess.run([*words, str(file)], check=False)
                edited = file.read_text(encoding="utf-8")
            except OSError as error:
                self.app.say(f"{command}: {error.strerror}", "error")
                return
            except ValueError as error:  # an open quote in the command, bytes that are no UTF-8
                self.app.say(f"{command}: {error}", "error")
                return
        if ended.returncode:
            self.app.say(f"{command} ended with status {ended.returncode}", "warning")
            return
        self.area.text = edited
        self.action_check()


def _line_of(view: View, document: Domain) -> int:
    """The line of a view's element in the text, from zero."""
    holder = document.root.find("devices")
    if holder is None or view.element.getparent() is not holder:
        return 0
    text = to_xml(document.root)
    again = parse(text).getroot().find("devices")
    if again is None:
        return 0
    place = holder.index(view.element)
    line = again[place].sourceline
    return (line if isinstance(line, int) else 1) - 1
