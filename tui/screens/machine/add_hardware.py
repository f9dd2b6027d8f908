"""Adding hardware: which kind, then what it has to be told."""

from __future__ import annotations

from tui.hypervisor.host import Host
from tui.model.domain import Domain
from tui.model.surroundings import Surroundings
from tui.model.templates import TEMPLATES
from tui.model.text import visible
from tui.screens.choose import Choose, Offer
from tui.screens.machine.disk_data import ask_for_source
from tui.screens.program import Program


async def add_hardware(
    app: Program, host: Host, document: Domain, surroundings: Surroundings
) -> list[str]:
    """Ask; answers the XML of the new devices, nothing when the person backs out."""
    offers = [Offer(kind.name, kind.label, kind.help) for kind in TEMPLATES]
    chosen = await app.push_screen_wait(Choose("Add hardware", offers))
    template = next((kind for kind in TEMPLATES if kind.name == chosen), None)
    if template is None:
        return []
    answers: dict[str, str] = {}
    if template.name == "disk":
        found = await ask_for_source(app, host, document.name, surroundings)
        if found is None:
            return []
        answers["source"], answers["format"] = found
    for question in template.ask(document, surroundings):
        if question.name in answers:
            continue
        title = f"Add {template.label}: {question.text}"
        answer: str | None
        if question.offers:
            choices = [Offer(value, value) for value in question.offers]
            answer = await app.push_screen_wait(Choose(title, choices, question.default))
        else:
            answer = await app.ask_text(f"Add {template.label}", question.text, question.default)
        if answer is None:
            return []
        answers[question.name] = answer
    try:
        return template.xml(document, answers)
    except ValueError as error:
        app.say(visible(str(error)), "error")
        return []
